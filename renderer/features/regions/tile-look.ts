/** How planned and cut tiles look on the slide: their grid, and a colour for every reason. Pure. */
import type { TileGrid } from '#common/domain/tile.ts';
import { tileReasons, type SlideTileColumns, type TileReason } from '#common/tile-bytes.ts';
import { packColour } from '../../viewer/tile-drawing.ts';
import { createTileIndex, type TileIndexing } from '../../viewer/tile-index.ts';

/** For the legend too. Outside tiles are left blank: the outline says it already. */
export const reasonColours = {
  kept: '#26a69a',
  'outside-region': 'transparent',
  'little-tissue': '#f0a020',
  pen: '#cc79a7',
  blur: '#3d8fd1',
  fold: '#d55e00',
  dark: '#f0e442',
} as const satisfies Record<TileReason, string>;
const alphas: Readonly<Record<TileReason, { readonly fill: number; readonly stroke: number }>> = {
  kept: { fill: 0.12, stroke: 0.9 },
  'outside-region': { fill: 0, stroke: 0 },
  'little-tissue': { fill: 0.3, stroke: 0.9 },
  pen: { fill: 0.45, stroke: 0.95 },
  blur: { fill: 0.35, stroke: 0.95 },
  fold: { fill: 0.4, stroke: 0.95 },
  dark: { fill: 0.4, stroke: 0.95 },
};

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
  const look = (part: 'fill' | 'stroke'): Uint32Array => {
    const table = colourTable(part, isPlan);
    return Uint32Array.from(reasons, (reason, position) => table[reason * 256 + (tissue[position] ?? 0)] ?? 0);
  };
  return { index: createTileIndex(grid, columns), columns, fills: look('fill'), strokes: look('stroke') };
}

/** One colour a reason and tissue share: 100,000 tiles must not parse colours one by one. */
function colourTable(part: 'fill' | 'stroke', isPlan: boolean): Uint32Array {
  return Uint32Array.from({ length: 256 * tileReasons.length }, (_, i) => {
    const reason = tileReasons[i >>> 8] ?? 'kept';
    // Bare glass needs no telling; what came close to being kept does.
    const closeness = 0.25 + Math.min(0.75, ((i & 255) / 255) * 4);
    const alpha = alphas[reason][part] * (isPlan && reason === 'little-tissue' ? closeness : 1);
    return alpha === 0 ? 0 : packColour(reasonColours[reason], alpha);
  });
}
