/**
 * The row changes behind labelling tiles. One tile has one label: what was said before on the tile is replaced, and stays in
 * the command log. Labels and marks are points at the tile's centre in level-0 pixels.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Row, RowChange } from '../store/command-log.ts';
import { newId } from './open-projects.ts';
import type { TileLookup } from './tile-lookup.ts';

export interface LabelToSet {
  readonly class: string;
  readonly source: 'person' | 'suggestion';
  readonly reader: string;
}

/** Tiles that already are as asked change nothing. */
export function planSetLabels(
  database: DatabaseSync,
  lookup: TileLookup,
  tiles: readonly number[],
  label: LabelToSet,
): RowChange[] {
  const pointsOn = pointFinder(database, lookup);
  return [...new Set(tiles)].flatMap((tile): RowChange[] => {
    const marks = pointsOn('marks', tile).map((mark) => removal('marks', mark));
    const [first, ...others] = pointsOn('labels', tile);
    const { slide, rect } = lookup.place(tile);
    const said = { class_id: label.class, reader: label.reader, source: label.source, kept: 0 };
    if (first === undefined) {
      const after = { slide_id: slide.slide, x: rect.x + rect.width / 2, y: rect.y + rect.height / 2, ...said };
      return [...marks, { table: 'labels', id: newId('label'), before: null, after }];
    }
    const removed = others.map((other) => removal('labels', other));
    if (others.length === 0 && first.row['class_id'] === label.class) return marks;
    return [
      ...marks,
      ...removed,
      { table: 'labels', id: first.id, before: first.row, after: { ...first.row, ...said } },
    ];
  });
}

export function planClearLabels(database: DatabaseSync, lookup: TileLookup, tiles: readonly number[]): RowChange[] {
  const pointsOn = pointFinder(database, lookup);
  return [...new Set(tiles)].flatMap((tile) => pointsOn('labels', tile).map((label) => removal('labels', label)));
}

export function planMark(
  database: DatabaseSync,
  lookup: TileLookup,
  tiles: readonly number[],
  kind: 'unsure' | 'skipped' | null,
): RowChange[] {
  const pointsOn = pointFinder(database, lookup);
  return [...new Set(tiles)].flatMap((tile): RowChange[] => {
    const marks = pointsOn('marks', tile);
    if (kind === null) return marks.map((mark) => removal('marks', mark));
    const labels = pointsOn('labels', tile).map((label) => removal('labels', label));
    const [first, ...others] = marks;
    if (first !== undefined && others.length === 0 && first.row['kind'] === kind) return labels;
    const { slide, rect } = lookup.place(tile);
    const after = { slide_id: slide.slide, x: rect.x + rect.width / 2, y: rect.y + rect.height / 2, kind };
    return [
      ...labels,
      ...marks.map((mark) => removal('marks', mark)),
      { table: 'marks', id: newId('mark'), before: null, after },
    ];
  });
}

/** Of each tile the label that counts; a tile without one changes nothing. */
export function planKeepLabels(
  database: DatabaseSync,
  lookup: TileLookup,
  tiles: readonly number[],
  isKept: boolean,
): RowChange[] {
  const pointsOn = pointFinder(database, lookup);
  const kept = isKept ? 1 : 0;
  return [...new Set(tiles)].flatMap((tile): RowChange[] => {
    const label = pointsOn('labels', tile).at(-1);
    if (label === undefined || label.row['kept'] === kept) return [];
    return [{ table: 'labels', id: label.id, before: label.row, after: { ...label.row, kept } }];
  });
}

/** Tiles of the set whose label a person kept although a classifier contradicted it. */
export function keptTiles(database: DatabaseSync, find: TileLookup['find']): ReadonlySet<number> {
  const rows = database.prepare('SELECT slide_id, x, y FROM labels WHERE kept = 1').all();
  const tiles = rows.map((row) => find(String(row['slide_id']), Number(row['x']), Number(row['y'])));
  return new Set(tiles.filter((tile) => tile !== undefined));
}

/** The class that counts on a tile: of the label given last. */
export function classOnTile(database: DatabaseSync, lookup: TileLookup, tile: number): string | null {
  const last = pointFinder(database, lookup)('labels', tile).at(-1);
  return last === undefined ? null : String(last.row['class_id']);
}

interface Point {
  readonly id: string;
  readonly row: Row;
}

function removal(table: 'labels' | 'marks', { id, row }: Point): RowChange {
  return { table, id, before: row, after: null };
}

/** Points whose tile is the given one, oldest first; where tiles overlap a point belongs to one of them only. */
function pointFinder(database: DatabaseSync, lookup: TileLookup): (table: 'labels' | 'marks', tile: number) => Point[] {
  const query = (table: string) =>
    database.prepare(
      `SELECT * FROM ${table} WHERE slide_id = ? AND x >= ? AND x < ? AND y >= ? AND y < ? ORDER BY rowid`,
    );
  const queries = { labels: query('labels'), marks: query('marks') };
  return (table, tile) => {
    const { slide, rect } = lookup.place(tile);
    return queries[table]
      .all(slide.slide, rect.x, rect.x + rect.width, rect.y, rect.y + rect.height)
      .filter((row) => lookup.find(slide.slide, Number(row['x']), Number(row['y'])) === tile)
      .map((found) => {
        const { id, ...row } = found as Row & { id: string };
        return { id, row };
      });
  };
}
