/** What is labelled so far: per class and slide, against the budget, and the labels themselves in pages. */
import type { z } from 'zod';
import type { labelsCalls } from '#common/contract/labels.ts';
import { counted } from '#common/counted.ts';
import { listSlides } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import { viewClasses } from './project-classes.ts';
import { currentTileSetId } from './tile-sets.ts';
import type { TileLookup, TileLookups } from './tile-lookup.ts';

type Overview = z.output<typeof labelsCalls.overview.output>;
type ListInput = z.output<typeof labelsCalls.list.input>;
type ListOutput = z.output<typeof labelsCalls.list.output>;

/** "Teach it from 1 % of the labels": the share of the kept tiles a person is asked for. */
export const budgetShare = 0.01;

export function labelOverview(project: OpenProject, lookups: TileLookups): Overview {
  const { database } = project;
  const lookup = lookupOrNull(project, lookups);
  const classes = viewClasses(database);
  const position = new Map(classes.map((item, index) => [item.class, index]));
  const labelsOf = new Map<string, number[]>();
  const counted = database.prepare('SELECT slide_id, class_id, count(*) AS n FROM labels GROUP BY slide_id, class_id');
  for (const row of counted.all()) {
    const slide = String(row['slide_id']);
    let own = labelsOf.get(slide);
    if (own === undefined) labelsOf.set(slide, (own = classes.map(() => 0)));
    own[position.get(String(row['class_id'])) ?? -1] = Number(row['n']);
  }
  const tilesOf = new Map((lookup?.ranges ?? []).map((range) => [range.slide.slide, range.count]));
  const marks = (kind: string): number =>
    Number(database.prepare('SELECT count(*) AS n FROM marks WHERE kind = ?').get(kind)?.['n'] ?? 0);
  // Not the whole set: it may hold tiles of slides removed since.
  const tiles = listSlides(database).reduce((sum, slide) => sum + (tilesOf.get(slide.id) ?? 0), 0);
  const labelled = classes.reduce((sum, item) => sum + item.labels, 0);
  const wanted = Math.max(2 * classes.length, Math.ceil(tiles * budgetShare));
  return {
    tileSet: lookup?.set.id ?? null,
    classes,
    slides: listSlides(database).map((slide) => ({
      slide: slide.id,
      name: slide.name,
      tiles: tilesOf.get(slide.id) ?? 0,
      labels: labelsOf.get(slide.id) ?? classes.map(() => 0),
    })),
    budget: {
      share: budgetShare,
      tiles,
      wanted,
      labelled,
      unsure: marks('unsure'),
      skipped: marks('skipped'),
      sentence: budgetSentence(tiles, wanted, labelled, classes),
    },
  };
}

function budgetSentence(
  tiles: number,
  wanted: number,
  labelled: number,
  classes: readonly { readonly name: string; readonly labels: number }[],
): string {
  if (tiles === 0) return 'Make tiles first; then one tile in a hundred is enough to begin.';
  if (classes.length < 2) return 'Add at least two classes to begin.';
  const thin = classes.filter((item) => item.labels < 2).map((item) => item.name);
  if (thin.length > 0) return `Still fewer than two labels: ${thin.join(', ')}.`;
  if (labelled >= wanted)
    return `The goal of ${counted(wanted, 'label')} (1 % of ${counted(tiles, 'tile')}) is reached.`;
  return `${labelled} of about ${counted(wanted, 'label')} (1 % of ${counted(tiles, 'tile')}).`;
}

export function listLabels(project: OpenProject, lookups: TileLookups, input: ListInput): ListOutput {
  const lookup = lookupOrNull(project, lookups);
  const isLabel = input.kind === 'label';
  const conditions: string[] = [];
  const values: string[] = [];
  const where = (column: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(`${column} = ?`);
    values.push(value);
  };
  where('slide_id', input.slide);
  if (isLabel) {
    where('class_id', input.class);
    where('source', input.source);
  } else where('kind', input.kind);
  const from = `FROM ${isLabel ? 'labels' : 'marks'} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}`;
  const total = Number(project.database.prepare(`SELECT count(*) AS n ${from}`).get(...values)?.['n'] ?? 0);
  const rows = project.database
    .prepare(`SELECT * ${from} ORDER BY rowid DESC LIMIT ? OFFSET ?`)
    .all(...values, input.limit, input.offset);
  return {
    tileSet: lookup?.set.id ?? null,
    total,
    labels: rows.map((row) => {
      const [slide, x, y] = [String(row['slide_id']), Number(row['x']), Number(row['y'])];
      return {
        slide,
        x,
        y,
        tile: lookup?.find(slide, x, y) ?? null,
        class: isLabel ? String(row['class_id']) : null,
        source: isLabel ? String(row['source']) : 'person',
        reader: isLabel ? String(row['reader']) : '',
      };
    }),
  };
}

function lookupOrNull(project: OpenProject, lookups: TileLookups): TileLookup | null {
  return currentTileSetId(project) === null ? null : lookups.current(project);
}
