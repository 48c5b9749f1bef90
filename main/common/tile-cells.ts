/**
 * Where the cells of tiles on maps and in exports lie in level-0 pixels. Where tiles overlap, a tile speaks for the stride cell in its
 * middle, so cells never overlap; where tiles leave gaps, for its own square. Edges are rounded one by one as the tile grid
 * does it, so neighbours share edges exactly.
 */
import type { TileGrid } from './domain/tile.ts';

/** False when the stride leaves gaps between tiles: their cells cannot be merged. */
export function isGapless(grid: TileGrid): boolean {
  return grid.stridePx <= grid.sizePx;
}

/** Level-0 position of the line before cell `index`; for a gapless grid. */
export function cellEdge(grid: TileGrid, index: number): number {
  return Math.round((index * grid.stridePx + (grid.sizePx - grid.stridePx) / 2) * grid.downsample);
}

/** Level-0 edges of every cell along one axis: [start, end) of cell i; starts ascend, cells never overlap. */
export interface CellEdges {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export function cellEdges(grid: TileGrid, count: number): CellEdges {
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  const gapless = isGapless(grid);
  for (let i = 0; i < count; i += 1) {
    starts[i] = gapless ? cellEdge(grid, i) : Math.round(i * grid.stridePx * grid.downsample);
    ends[i] = gapless ? cellEdge(grid, i + 1) : Math.round((i * grid.stridePx + grid.sizePx) * grid.downsample);
  }
  return { starts, ends };
}

/** Index of the cell that holds a level-0 position, -1 in a gap or outside. */
export function cellAt({ starts, ends }: CellEdges, position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] as number) <= position) low = middle;
    else high = middle - 1;
  }
  const isInside = starts.length > 0 && position >= (starts[low] as number) && position < (ends[low] as number);
  return isInside ? low : -1;
}
