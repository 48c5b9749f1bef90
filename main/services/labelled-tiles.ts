/** Joins the project's labels (points on slides) with the current tile set: which kept tile has which class. */
import type { DatabaseSync } from 'node:sqlite';
import type { TileGroups } from '../classifier/folds.ts';
import type { SlideRow } from '../store/slide-rows.ts';
import { tileAt } from '../tiles/tile-grid.ts';
import { indexTiles } from '../tiles/tile-set.ts';
import type { TileSet } from './tile-sets.ts';

export interface ProjectClass {
  readonly id: string;
  readonly name: string;
  readonly colour: string;
}

export interface LabelledTiles {
  readonly classes: readonly ProjectClass[];
  /** Parallel lists, ordered by tile; one entry a tile. */
  readonly tiles: readonly number[];
  /** Index into `classes`. */
  readonly classOf: readonly number[];
  readonly slideOf: readonly string[];
  /** Labels whose point lies on no kept tile of this set. */
  readonly withoutTile: number;
  /** Tiles with labels of different classes; the label given last counts. */
  readonly conflicting: number;
}

export function listClasses(database: DatabaseSync): ProjectClass[] {
  return database
    .prepare('SELECT id, name, colour FROM classes ORDER BY position, rowid')
    .all()
    .map((row) => ({ id: String(row['id']), name: String(row['name']), colour: String(row['colour']) }));
}

/** Finds the kept tile under a level-0 point. */
export function tileFinder(set: TileSet): (slide: string, x: number, y: number) => number | undefined {
  const index = indexTiles(set.manifest);
  const grids = new Map(set.slides.map((slide) => [slide.slide, slide.grid]));
  return (slide, x, y) => {
    const grid = grids.get(slide);
    const position = grid === undefined ? null : tileAt(grid, x, y);
    return position === null ? undefined : index({ slide, ...position });
  };
}

export function labelledTiles(
  database: DatabaseSync,
  set: TileSet,
  find: ReturnType<typeof tileFinder> = tileFinder(set),
): LabelledTiles {
  const classes = listClasses(database);
  const classIndex = new Map(classes.map((item, index) => [item.id, index]));
  const byTile = new Map<number, { classIndex: number; slide: string }>();
  let withoutTile = 0;
  const conflicts = new Set<number>();
  for (const row of database.prepare('SELECT slide_id, x, y, class_id FROM labels ORDER BY rowid').iterate()) {
    const slide = String(row['slide_id']);
    const tile = find(slide, Number(row['x']), Number(row['y']));
    const label = classIndex.get(String(row['class_id']));
    if (tile === undefined || label === undefined) {
      withoutTile += 1;
      continue;
    }
    const known = byTile.get(tile);
    if (known !== undefined && known.classIndex !== label) conflicts.add(tile);
    byTile.set(tile, { classIndex: label, slide });
  }
  const sorted = [...byTile].sort(([a], [b]) => a - b);
  return {
    classes,
    tiles: sorted.map(([tile]) => tile),
    classOf: sorted.map(([, label]) => label.classIndex),
    slideOf: sorted.map(([, label]) => label.slide),
    withoutTile,
    conflicting: conflicts.size,
  };
}

/** Image, specimen and patient of every labelled tile. */
export function groupsOf(labelled: Pick<LabelledTiles, 'slideOf'>, slides: readonly SlideRow[]): TileGroups {
  const byId = new Map(slides.map((slide) => [slide.id as string, slide]));
  const name = (pick: (slide: SlideRow) => string): string[] =>
    labelled.slideOf.map((id) => {
      const slide = byId.get(id);
      return slide === undefined ? id : pick(slide);
    });
  return {
    image: [...labelled.slideOf],
    // Two patients may both have a specimen "A1".
    specimen: name((slide) => `${slide.patient} / ${slide.specimen}`),
    patient: name((slide) => slide.patient),
  };
}
