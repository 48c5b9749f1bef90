/** The kept tiles of one slide as the viewer draws them, and who is where. Pure. */
import type { TileGrid } from '#common/domain/tile.ts';
import { createTileIndex, packColour, type TileIndexing } from '../../../viewer/index.ts';
import type { TileState } from '../label-acts.ts';
import type { KeptTiles } from '../kept-tiles.ts';

export interface SlideTiles {
  readonly kept: KeptTiles;
  readonly index: TileIndexing;
  /** Position in `kept` of a tile of the set; -1 for none. */
  positionOf(tile: number): number;
}

export interface TileSize {
  readonly sizePx: number;
  readonly stridePx: number;
  readonly mpp: number;
}

export function slideTiles(kept: KeptTiles, { sizePx, stridePx, mpp }: TileSize, slideMpp: number): SlideTiles {
  const extent = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value + 1), 0);
  const grid: TileGrid = {
    level: 0,
    columns: extent(kept.columns),
    rows: extent(kept.rows),
    downsample: mpp / slideMpp,
    sizePx,
    stridePx,
  };
  const positions = new Map(Array.from(kept.tiles, (tile, position) => [tile, position]));
  return { kept, index: createTileIndex(grid, kept), positionOf: (tile) => positions.get(tile) ?? -1 };
}

/** The tiles within a radius of a level-0 point, by their middle, and the one under it. */
export function tilesNear({ index, kept }: SlideTiles, x: number, y: number, radius: number): number[] {
  const found = new Set<number>();
  const under = index.at(x, y);
  if (under >= 0) found.add(under);
  for (const position of tilesIn({ index }, { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius })) {
    const [column, row] = [kept.columns[position] ?? 0, kept.rows[position] ?? 0];
    const middleX = ((index.columnEdges.starts[column] ?? 0) + (index.columnEdges.ends[column] ?? 0)) / 2;
    const middleY = ((index.rowEdges.starts[row] ?? 0) + (index.rowEdges.ends[row] ?? 0)) / 2;
    if (Math.hypot(middleX - x, middleY - y) <= radius) found.add(position);
  }
  return [...found];
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The tiles a rectangle touches. */
export function tilesIn({ index }: Pick<SlideTiles, 'index'>, { x, y, width, height }: Rectangle): number[] {
  const found: number[] = [];
  const { columnEdges, rowEdges } = index;
  for (let row = 0; row < index.rowCount; row += 1) {
    if ((rowEdges.ends[row] ?? 0) <= y || (rowEdges.starts[row] ?? 0) >= y + height) continue;
    for (let column = 0; column < index.columnCount; column += 1) {
      if ((columnEdges.ends[column] ?? 0) <= x || (columnEdges.starts[column] ?? 0) >= x + width) continue;
      const position = index.find(column, row);
      if (position >= 0) found.push(position);
    }
  }
  return found;
}

/** The next tile without label and mark after a position, round the end; -1 when every tile has one. */
export function nextUnlabelled({ kept }: SlideTiles, from: number, stateOf: (tile: number) => TileState): number {
  const count = kept.tiles.length;
  for (let step = 1; step <= count; step += 1) {
    const at = (from + step + count) % count;
    const state = stateOf(kept.tiles[at] ?? 0);
    if (state.class === null && state.mark === null) return at;
  }
  return -1;
}

export interface TileColours {
  readonly fills: Uint32Array;
  readonly strokes: Uint32Array;
}

const faint = packColour('#ffffff', 0.25);
const putOff = packColour('#000000', 0.35);

/** Labels filled and outlined in their colour; else, when asked for, the classifier's class fainter the less sure it is. */
export function tileColours(
  { kept }: SlideTiles,
  stateOf: (tile: number) => TileState,
  colourOf: (id: string) => string | null,
  predictionOf: ((tile: number) => { readonly colour: string; readonly probability: number } | null) | null,
): TileColours {
  const fills = new Uint32Array(kept.tiles.length);
  const strokes = new Uint32Array(kept.tiles.length).fill(faint);
  kept.tiles.forEach((tile, at) => {
    const state = stateOf(tile);
    const colour = state.class === null ? null : colourOf(state.class);
    if (colour !== null) {
      fills[at] = packColour(colour, 0.32);
      strokes[at] = packColour(colour);
      return;
    }
    if (state.mark !== null) fills[at] = putOff;
    const said = predictionOf?.(tile) ?? null;
    if (said === null || state.mark !== null) return;
    // Faint: the stain below must stay what it is.
    fills[at] = packColour(said.colour, 0.04 + 0.12 * said.probability);
    strokes[at] = packColour(said.colour, 0.25 + 0.5 * said.probability);
  });
  return { fills, strokes };
}
