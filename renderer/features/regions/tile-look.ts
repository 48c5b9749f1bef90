/** How planned and cut tiles look on the slide: their grid, and a colour for every reason. Pure. */
import type { TileGrid } from '#common/domain/tile.ts';
import { tileReasons, type SlideTileColumns } from '#common/tile-bytes.ts';
import { packColour } from '../../viewer/tile-drawing.ts';
import { createTileIndex, type TileIndexing } from '../../viewer/tile-index.ts';

/** By reason: kept, outside-region, little-tissue, pen, blur. Outside tiles are left blank: the outline says it already. */
const colours = ['#26a69a', '#000000', '#f0a020', '#cc79a7', '#3d8fd1'] as const;
const fillAlphas = [0.12, 0, 0.3, 0.45, 0.35] as const;
const strokeAlphas = [0.9, 0, 0.9, 0.95, 0.95] as const;
const littleTissue = tileReasons.indexOf('little-tissue');
/** For the legend. */
export const reasonColours = ['#26a69a', 'transparent', '#f0a020', '#cc79a7', '#3d8fd1'] as const;

export interface ShownTiles {
  readonly index: TileIndexing;
  readonly columns: SlideTileColumns;
  readonly fills: Uint32Array;
  readonly strokes: Uint32Array;
}

/** The core's grid from what a plan tells: columns and rows are those that occur. */
export function gridOf(
  columns: SlideTileColumns,
  { sizePx, stridePx, mpp }: { readonly sizePx: number; readonly stridePx: number; readonly mpp: number },
  slideMpp: number,
): TileGrid {
  const extent = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value + 1), 0);
  return {
    level: 0,
    columns: extent(columns.columns),
    rows: extent(columns.rows),
    downsample: mpp / slideMpp,
    sizePx,
    stridePx,
  };
}

/** Colours of every tile by its reason. */
export function lookOf(columns: SlideTileColumns, grid: TileGrid, isPlan: boolean): ShownTiles {
  const { reasons, tissue } = columns;
  const look = (alphas: readonly number[]): Uint32Array => {
    const table = colourTable(alphas, isPlan);
    return Uint32Array.from(reasons, (reason, position) => table[reason * 256 + (tissue[position] ?? 0)] ?? 0);
  };
  return { index: createTileIndex(grid, columns), columns, fills: look(fillAlphas), strokes: look(strokeAlphas) };
}

/** One colour a reason and tissue share: 100,000 tiles must not parse colours one by one. */
function colourTable(alphas: readonly number[], isPlan: boolean): Uint32Array {
  return Uint32Array.from({ length: 256 * colours.length }, (_, i) => {
    const reason = i >>> 8;
    // Bare glass needs no telling; what came close to being kept does.
    const closeness = 0.25 + Math.min(0.75, ((i & 255) / 255) * 4);
    const alpha = (alphas[reason] ?? 0) * (isPlan && reason === littleTissue ? closeness : 1);
    return alpha === 0 ? 0 : packColour(colours[reason] ?? '#000000', alpha);
  });
}
