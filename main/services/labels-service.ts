/**
 * Classes and labels of a project. Every edit is one command that can be undone; a CSV import too, which makes new classes as
 * they appear. What to label next is in ./label-queue.ts.
 */
import { basename, resolve } from 'node:path';
import { labelsCalls, type ProjectClassView } from '#common/contract/labels.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { counted } from '#common/counted.ts';
import { defaultClassColour } from '#common/domain/classes.ts';
import { parseLabelsCsv, type LabelRow, type LabelRowProblem } from '../labels/labels-csv.ts';
import type { RowChange } from '../store/command-log.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { keptTiles, planClearLabels, planKeepLabels, planMark, planSetLabels } from './label-changes.ts';
import { labelOverview, listLabels } from './label-overview.ts';
import { labelQueue } from './label-queue.ts';
import { listClasses, tileFinder, type ProjectClass } from './labelled-tiles.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
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
import { requireCurrentTileSet } from './tile-sets.ts';

export function createLabelsService(projects: OpenProjects, lookups: TileLookups): ClientOf<typeof labelsCalls> {
  const recent = { embeddings: new RecentEmbeddings(), colours: new RecentColours() };
  return implementService('labels', labelsCalls, {
    import: async ({ project, file, reader }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const { rows, problems } = parseLabelsCsv(await readTextFile(path), path);
      const { matched, unmatched } = matchRows(target, rows);
      const { changes, classes } = planImport(target, matched, reader ?? '');
      target.change(`Import ${counted(matched.length, 'label')} from ${basename(path)}`, 'import', changes);
      const count = (name: string): number => matched.filter(({ row }) => row.class === name).length;
      return {
        imported: matched.length,
        classes: classes.map(({ name }) => ({ name, labels: count(name) })).filter((item) => item.labels > 0),
        unmatched: [...problems, ...unmatched].sort((a, b) => a.line - b.line),
      };
    },

    simulate: async (input, context) => {
      const target = projects.get(input.project);
      const rows = input.file === undefined ? null : await rowsOfFile(target, resolve(input.file));
      return simulateProject(target, lookups, recent, input, rows, context);
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

interface MatchedRow {
  readonly row: LabelRow;
  readonly slide: SlideRow;
}

/** A label must lie on a kept tile of the current tile set; the others are listed with the reason. */
/** Labels of a file as they would be imported, and how many rows could not be used. */
async function rowsOfFile(project: OpenProject, path: string): Promise<SimulatedLabels> {
  const { rows, problems } = parseLabelsCsv(await readTextFile(path), path);
  const { matched, unmatched } = matchRows(project, rows);
  return {
    labels: matched.map(({ row, slide }) => ({ slide: slide.id, x: row.x, y: row.y, class: row.class })),
    unused: problems.length + unmatched.length,
  };
}

function matchRows(
  project: OpenProject,
  rows: readonly LabelRow[],
): { readonly matched: MatchedRow[]; readonly unmatched: LabelRowProblem[] } {
  const slides = listSlides(project.database);
  const find = tileFinder(requireCurrentTileSet(project));
  const bySlideName = new Map<string, SlideRow | null>();
  const matched: MatchedRow[] = [];
  const unmatched: LabelRowProblem[] = [];
  for (const row of rows) {
    let slide = bySlideName.get(row.slide);
    if (slide === undefined) bySlideName.set(row.slide, (slide = findSlideByName(slides, row.slide)));
    if (slide === null) unmatched.push({ line: row.line, reason: `the project has no slide "${row.slide}"` });
    else if (find(slide.id, row.x, row.y) === undefined) {
      unmatched.push({ line: row.line, reason: `no kept tile at ${row.x}, ${row.y} of ${slide.name}` });
    } else matched.push({ row, slide });
  }
  return { matched, unmatched };
}

/** A label at the same point by the same reader is replaced; the last row counts when a file says two things. */
function planImport(
  project: OpenProject,
  matched: readonly MatchedRow[],
  defaultReader: string,
): { readonly changes: RowChange[]; readonly classes: readonly ProjectClass[] } {
  const classes = [...listClasses(project.database)];
  const changes: RowChange[] = [];
  for (const name of new Set(matched.map(({ row }) => row.class))) {
    if (classes.some((item) => item.name === name)) continue;
    const item = { id: newId('class'), name, colour: defaultClassColour(classes.length) };
    changes.push({
      table: 'classes',
      id: item.id,
      before: null,
      after: { position: classes.length, name: item.name, colour: item.colour },
    });
    classes.push(item);
  }
  const classIds = new Map(classes.map(({ name, id }) => [name, id]));
  const present = project.database.prepare(
    'SELECT * FROM labels WHERE slide_id = ? AND x = ? AND y = ? AND reader = ?',
  );
  const planned = new Map<string, RowChange>();
  for (const { row, slide } of matched) {
    const reader = row.reader === '' ? defaultReader : row.reader;
    const known = present.get(slide.id, row.x, row.y, reader);
    const key = JSON.stringify([slide.id, row.x, row.y, reader]);
    const id = known === undefined ? (planned.get(key)?.id ?? newId('label')) : String(known['id']);
    const after = {
      slide_id: slide.id,
      x: row.x,
      y: row.y,
      class_id: classIds.get(row.class) ?? '',
      reader,
      source: 'import',
      kept: 0,
    };
    const before =
      known === undefined
        ? null
        : {
            ...after,
            class_id: String(known['class_id']),
            source: String(known['source']),
            kept: Number(known['kept']),
          };
    if (before !== null && before.class_id === after.class_id) continue;
    planned.set(key, { table: 'labels', id, before, after });
  }
  return { changes: [...changes, ...planned.values()], classes };
}
