/**
 * Where the cells of exported tiles lie in level-0 pixels. Where tiles overlap, a tile speaks for the stride cell in its
 * middle, so cells never overlap; where tiles leave gaps, for its own square. Edges are rounded one by one as the tile grid
 * does it, so neighbours share edges exactly.
 */
import type { TileGrid } from '#common/domain/tile.ts';

/** False when the stride leaves gaps between tiles: their cells cannot be merged. */
export function isGapless(grid: TileGrid): boolean {
  return grid.stridePx <= grid.sizePx;
}

/** Level-0 position of the line before cell `index`; for a gapless grid. */
export function cellEdge(grid: TileGrid, index: number): number {
  return Math.round((index * grid.stridePx + (grid.sizePx - grid.stridePx) / 2) * grid.downsample);
}
