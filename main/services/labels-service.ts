/** Labels of a project: imported from CSV as one command that can be undone; new classes are made as they appear. */
import { basename, resolve } from 'node:path';
import { labelsCalls } from '#common/contract/labels.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { defaultClassColour } from '#common/domain/classes.ts';
import { parseLabelsCsv, type LabelRow, type LabelRowProblem } from '../labels/labels-csv.ts';
import type { RowChange } from '../store/command-log.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { listClasses, tileFinder, type ProjectClass } from './labelled-tiles.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import { readTextFile } from './text-file.ts';
import { requireCurrentTileSet } from './tile-sets.ts';

export function createLabelsService(projects: OpenProjects): ClientOf<typeof labelsCalls> {
  return implementService('labels', labelsCalls, {
    import: async ({ project, file, reader }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const { rows, problems } = parseLabelsCsv(await readTextFile(path), path);
      const { matched, unmatched } = matchRows(target, rows);
      const { changes, classes } = planImport(target, matched, reader ?? '');
      target.change(`Import ${matched.length} labels from ${basename(path)}`, 'import', changes);
      const count = (name: string): number => matched.filter(({ row }) => row.class === name).length;
      return {
        imported: matched.length,
        classes: classes.map(({ name }) => ({ name, labels: count(name) })).filter((item) => item.labels > 0),
        unmatched: [...problems, ...unmatched].sort((a, b) => a.line - b.line),
      };
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
  });
}

interface MatchedRow {
  readonly row: LabelRow;
  readonly slide: SlideRow;
}

/** A label must lie on a kept tile of the current tile set; the others are listed with the reason. */
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
    };
    const before =
      known === undefined ? null : { ...after, class_id: String(known['class_id']), source: String(known['source']) };
    if (before !== null && before.class_id === after.class_id) continue;
    planned.set(key, { table: 'labels', id, before, after });
  }
  return { changes: [...changes, ...planned.values()], classes };
}
