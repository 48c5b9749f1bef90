/**
 * Classes and labels of a project. Every edit is one command that can be undone; an import too (./label-import.ts), which makes
 * new classes as they appear. What to label next is in ./label-queue.ts.
 */
import { resolve } from 'node:path';
import { labelsCalls, type ProjectClassView } from '#common/contract/labels.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { counted } from '#common/counted.ts';
import { parseLabelsCsv } from '../labels/labels-csv.ts';
import { keptTiles, planClearLabels, planKeepLabels, planMark, planSetLabels } from './label-changes.ts';
import { exportLabels } from './label-export.ts';
import { importTitle, matchRows, planLabelImport } from './label-import.ts';
import { labelOverview, listLabels } from './label-overview.ts';
import { labelQueue } from './label-queue.ts';
import { listClasses } from './labelled-tiles.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import {
  planAddClass,
  planEditClass,
  planRemoveClass,
  planReorderClasses,
  requireClass,
  viewClasses,
  type ClassEdit,
} from './project-classes.ts';
import { RecentColours } from './recent-colours.ts';
import { RecentEmbeddings } from './recent-embeddings.ts';
import { readTextFile } from './text-file.ts';
import type { TileLookups } from './tile-lookup.ts';
import { simulateProject, type SimulatedLabels } from './simulation/simulate-project.ts';
import { currentTileSetId } from './tile-sets.ts';

export function createLabelsService(
  projects: OpenProjects,
  lookups: TileLookups,
  now: () => Date,
): ClientOf<typeof labelsCalls> {
  const recent = { embeddings: new RecentEmbeddings(), colours: new RecentColours() };
  return implementService('labels', labelsCalls, {
    import: async ({ project, ...wanted }) => {
      const target = projects.get(project);
      const file = resolve(wanted.file);
      const { changes, report } = await planLabelImport(target, () => lookups.current(target), { ...wanted, file });
      target.change(importTitle(report, file), 'import', changes);
      return report;
    },
    previewImport: async ({ project, ...wanted }) => {
      const target = projects.get(project);
      const file = resolve(wanted.file);
      return (await planLabelImport(target, () => lookups.current(target), { ...wanted, file })).report;
    },
    export: async ({ project, out }, { signal }) => {
      const target = projects.get(project);
      const lookup = currentTileSetId(target) === null ? null : lookups.current(target);
      return exportLabels(target, lookup, resolve(out), signal);
    },

    simulate: async (input, context) => {
      const target = projects.get(input.project);
      const rows = input.file === undefined ? null : await rowsOfFile(target, resolve(input.file));
      return simulateProject(target, lookups, recent, input, rows, context, now);
    },

    counts: async ({ project }) => {
      const { database } = projects.get(project);
      const count = database.prepare('SELECT count(*) AS n FROM labels WHERE class_id = ?');
      return listClasses(database).map(({ id, name, colour }) => ({
        class: name,
        colour,
        labels: Number(count.get(id)?.['n'] ?? 0),
      }));
    },

    classes: async ({ project }) => viewClasses(projects.get(project).database),
    addClass: async ({ project, name, colour, key }) => {
      const target = projects.get(project);
      const { id, changes } = planAddClass(target.database, { name, colour, key });
      target.change(`Add class ${name}`, 'person', changes);
      return viewClass(target, id);
    },
    editClass: async ({ project, class: id, ...edit }) => {
      const target = projects.get(project);
      const { name } = requireClass(target.database, id);
      target.change(describeEdit(name, edit), 'person', planEditClass(target.database, id, edit));
      return viewClass(target, id);
    },
    reorderClasses: async ({ project, classes }) => {
      const target = projects.get(project);
      target.change('Reorder classes', 'person', planReorderClasses(target.database, classes));
      return viewClasses(target.database);
    },
    mergeClasses: async ({ project, from, into }) => {
      const target = projects.get(project);
      const [source, goal] = [requireClass(target.database, from), requireClass(target.database, into)];
      const changes = planRemoveClass(target.database, from, into);
      target.change(`Merge class ${source.name} into ${goal.name}`, 'person', changes);
      return viewClasses(target.database);
    },
    removeClass: async ({ project, class: id, moveLabelsTo }) => {
      const target = projects.get(project);
      const { name } = requireClass(target.database, id);
      const changes = planRemoveClass(target.database, id, moveLabelsTo ?? null);
      const labels = changes.filter(({ table }) => table === 'labels').length;
      const fate = moveLabelsTo === undefined ? 'removed' : 'moved';
      target.change(
        `Remove class ${name}${labels === 0 ? '' : ` (${counted(labels, 'label')} ${fate})`}`,
        'person',
        changes,
      );
      return viewClasses(target.database);
    },

    set: async ({ project, tileSet, tiles, class: id, source, reader }) => {
      const target = projects.get(project);
      const { name } = requireClass(target.database, id);
      const changes = planSetLabels(target.database, lookups.current(target, tileSet), tiles, {
        class: id,
        source,
        reader,
      });
      const command = target.change(`Label ${countTiles(tiles)} ${name}`, source, changes);
      return { changed: changes.length, command };
    },
    clear: async ({ project, tileSet, tiles }) => {
      const target = projects.get(project);
      const changes = planClearLabels(target.database, lookups.current(target, tileSet), tiles);
      const command = target.change(`Clear the label of ${countTiles(tiles)}`, 'person', changes);
      return { changed: changes.length, command };
    },
    mark: async ({ project, tileSet, tiles, mark }) => {
      const target = projects.get(project);
      const changes = planMark(target.database, lookups.current(target, tileSet), tiles, mark);
      const command = target.change(`Mark ${countTiles(tiles)} as ${mark ?? 'not looked at'}`, 'person', changes);
      return { changed: changes.length, command };
    },
    keep: async ({ project, tileSet, tiles, isKept }) => {
      const target = projects.get(project);
      const changes = planKeepLabels(target.database, lookups.current(target, tileSet), tiles, isKept);
      const what = isKept ? `Keep the label of ${countTiles(tiles)}` : `Doubt the label of ${countTiles(tiles)} again`;
      return { changed: changes.length, command: target.change(what, 'person', changes) };
    },
    kept: async ({ project, tileSet }) => {
      const target = projects.get(project);
      return { tiles: [...keptTiles(target.database, lookups.of(target, tileSet).find)].sort((a, b) => a - b) };
    },
    list: async (input) => listLabels(projects.get(input.project), lookups, input),
    overview: async ({ project }) => labelOverview(projects.get(project), lookups),
    queue: async (input, context) => labelQueue(projects.get(input.project), lookups, recent, input, context),
  });
}

function viewClass(project: OpenProject, id: string): ProjectClassView {
  const found = viewClasses(project.database).find((item) => item.class === id);
  if (found === undefined) throw new Error(`class ${id} is gone`);
  return found;
}

function describeEdit(name: string, edit: ClassEdit): string {
  if (edit.name !== undefined && edit.name !== name) return `Rename class ${name} to ${edit.name}`;
  const what = (['colour', 'letter', 'key'] as const).filter((field) => edit[field] !== undefined);
  return `Change the ${what.join(' and ')} of class ${name}`;
}

function countTiles(tiles: readonly number[]): string {
  return counted(tiles.length, 'tile');
}

/** Labels of a file as they would be imported, and how many rows could not be used. */
async function rowsOfFile(project: OpenProject, path: string): Promise<SimulatedLabels> {
  const { rows, problems } = parseLabelsCsv(await readTextFile(path), path);
  const { matched, unmatched } = matchRows(project, rows);
  return {
    labels: matched.map(({ row, slide }) => ({ slide: slide.id, x: row.x, y: row.y, class: row.class })),
    unused: problems.length + unmatched.length,
  };
}
