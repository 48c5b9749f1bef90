/**
 * Labels from a file, planned before anything is changed: a CSV of points, or GeoJSON annotations of one slide. What a preview
 * tells and what an import does are the same plan, so they cannot differ.
 */
import { basename } from 'node:path';
import type { z } from 'zod';
import type { labelsCalls } from '#common/contract/labels.ts';
import { counted } from '#common/counted.ts';
import { defaultClassColour } from '#common/domain/classes.ts';
import { parseLabelsCsv, type LabelRow, type LabelRowProblem } from '../labels/labels-csv.ts';
import { classShapesFromGeoJson, labelCentres, type SkippedObjects } from '../labels/labels-geojson.ts';
import type { RowChange } from '../store/command-log.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { listClasses, tileFinder, type ProjectClass } from './labelled-tiles.ts';
import { newId, type OpenProject } from './open-projects.ts';
import { chooseSlide } from './slide-of-file.ts';
import { readTextFile } from './text-file.ts';
import type { TileLookup } from './tile-lookup.ts';
import { requireCurrentTileSet } from './tile-sets.ts';

type Wanted = Omit<z.output<typeof labelsCalls.import.input>, 'project'>;
export type ImportReport = z.output<typeof labelsCalls.import.output>;

export interface PlannedImport {
  readonly changes: readonly RowChange[];
  readonly report: ImportReport;
}

export async function planLabelImport(
  project: OpenProject,
  lookup: () => TileLookup,
  { file: path, reader, slide, objects }: Wanted,
): Promise<PlannedImport> {
  const text = await readTextFile(path);
  if (!isGeoJson(text)) {
    const { rows, problems } = parseLabelsCsv(text, path);
    const { matched, unmatched } = matchRows(project, rows);
    return planned(project, 'csv', matched, reader, {
      unmatched: [...problems, ...unmatched].sort((a, b) => a.line - b.line),
      notes: [],
      colours: new Map(),
    });
  }
  const found = classShapesFromGeoJson(text, path, objects);
  const target = chooseSlide(listSlides(project.database), slide, path, found.slide);
  const { labels, contested, withoutTile } = labelCentres(found.shapes, centresOf(lookup(), target.id), (x, y) =>
    lookup().find(target.id, x, y),
  );
  const matched = labels.map(({ x, y, feature, ...label }) => ({
    row: { line: feature, slide: target.id, x, y, class: label.class, reader: '' },
    slide: target,
  }));
  const notes = [`All labels are for ${target.name}.`, ...skippedNotes(found.skipped)];
  if (contested > 0) {
    notes.push(
      `${counted(contested, 'tile lies', 'tiles lie')} under annotations of different classes: the smallest annotation counts.`,
    );
  }
  if (found.isTrefoilMap) {
    notes.push(
      "This is a map Trefoil's classifier made: labels taken from it teach the classifier nothing but itself.",
    );
  }
  return planned(project, 'geojson', matched, reader, {
    unmatched: withoutTile.map((line) => ({ line, reason: `no kept tile of ${target.name} has its centre in it` })),
    notes,
    colours: found.colours,
  });
}

/** Labels of a CSV as they would be imported. */
export interface MatchedRow {
  readonly row: LabelRow;
  readonly slide: SlideRow;
}

/** A label must lie on a kept tile of the current tile set; the others are listed with the reason. */
export function matchRows(
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

function isGeoJson(text: string): boolean {
  return /^\ufeff?\s*[[{]/.test(text.slice(0, 1000));
}

function centresOf({ ranges, place }: TileLookup, slide: string): { tile: number; x: number; y: number }[] {
  const range = ranges.find((each) => each.slide.slide === slide);
  if (range === undefined) return [];
  return Array.from({ length: range.count }, (_, index) => {
    const tile = range.first + index;
    const { rect } = place(tile);
    return { tile, x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
  });
}

function skippedNotes({ withoutClass, ignoredClass, detections, withoutArea }: SkippedObjects): string[] {
  const notes: string[] = [];
  if (withoutClass > 0)
    notes.push(`${counted(withoutClass, 'object has', 'objects have')} no classification: left out.`);
  if (ignoredClass > 0) {
    notes.push(
      `${counted(ignoredClass, 'object has', 'objects have')} a class QuPath ignores (its name ends with *): left out.`,
    );
  }
  if (detections > 0) {
    notes.push(
      `${counted(detections, 'object is', 'objects are')} no annotation but a detection, tile or cell, found by a program: left out.`,
    );
  }
  if (withoutArea > 0)
    notes.push(`${counted(withoutArea, 'object is', 'objects are')} neither area nor points: left out.`);
  return notes;
}

function planned(
  project: OpenProject,
  format: ImportReport['format'],
  matched: readonly MatchedRow[],
  reader: string | undefined,
  { unmatched, notes, colours }: Pick<ImportReport, 'unmatched' | 'notes'> & { colours: ReadonlyMap<string, string> },
): PlannedImport {
  const { changes, classes, created } = planRows(project, matched, reader ?? '', colours);
  const classOf = classFinder(classes);
  const counts = new Map<string, number>();
  for (const { row } of matched) {
    const id = classOf(row.class)?.id ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return {
    changes,
    report: {
      format,
      imported: matched.length,
      classes: classes.flatMap(({ id, name, colour }) => {
        const labels = counts.get(id) ?? 0;
        return labels === 0 ? [] : [{ name, colour, labels, isNew: created.has(id) }];
      }),
      replaced: changes.filter(({ table, before }) => table === 'labels' && before !== null).length,
      unmatched: [...unmatched],
      notes: [...notes],
    },
  };
}

/** Same name but for capitals, as everywhere else in a project. */
function classFinder(classes: readonly ProjectClass[]): (name: string) => ProjectClass | undefined {
  const comparable = (name: string): string => name.normalize('NFC').toLocaleLowerCase();
  const exact = new Map(classes.map((item) => [item.name, item]));
  const byName = new Map(classes.toReversed().map((item) => [comparable(item.name), item]));
  return (name) => exact.get(name) ?? byName.get(comparable(name));
}

/** A label at the same point by the same reader is replaced; the last row counts when a file says two things. */
function planRows(
  project: OpenProject,
  matched: readonly MatchedRow[],
  defaultReader: string,
  colours: ReadonlyMap<string, string>,
): { readonly changes: RowChange[]; readonly classes: readonly ProjectClass[]; readonly created: ReadonlySet<string> } {
  const classes = [...listClasses(project.database)];
  const created = new Set<string>();
  const changes: RowChange[] = [];
  for (const name of new Set(matched.map(({ row }) => row.class))) {
    if (classFinder(classes)(name) !== undefined) continue;
    const colour = colours.get(name) ?? defaultClassColour(classes.length);
    const item = { id: newId('class'), name, colour };
    changes.push({
      table: 'classes',
      id: item.id,
      before: null,
      after: { position: classes.length, name: item.name, colour: item.colour },
    });
    classes.push(item);
    created.add(item.id);
  }
  const classOf = classFinder(classes);
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
      class_id: classOf(row.class)?.id ?? '',
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
  return { changes: [...changes, ...planned.values()], classes, created };
}

/** "Import 12 labels from core 3.geojson" */
export function importTitle({ imported }: ImportReport, path: string): string {
  return `Import ${counted(imported, 'label')} from ${basename(path)}`;
}
