/**
 * How many bytes of decoded stored tiles an extraction thread keeps. Tiles are cut row by row, so a stored tile is wanted again
 * when the next row of tiles reaches into it: a cache that holds the stored rows under one row of tiles decodes each once.
 */
import type { SlideLevel } from '#common/domain/slide.ts';
import type { TileGrid } from '#common/domain/tile.ts';

const mebibyte = 1024 * 1024;
/** Enough for a tile and its neighbours in any slide. */
const leastBytes = 32 * mebibyte;
/** Share of the machine's memory that the caches of all threads together may take. */
const memoryShare = 1 / 8;

/** `level` is the one the grid reads from. */
export function extractionCacheBytes(
  level: Pick<SlideLevel, 'width' | 'height' | 'downsample' | 'tileWidth' | 'tileHeight'>,
  grid: Pick<TileGrid, 'downsample' | 'sizePx'>,
  threads: number,
  memoryBytes: number,
): number {
  const tileSideInLevel = (grid.sizePx * grid.downsample) / level.downsample;
  const storedRows = Math.ceil(tileSideInLevel / level.tileHeight) + 1;
  const rowBytes = Math.ceil(level.width / level.tileWidth) * level.tileWidth * level.tileHeight * 3;
  const most = Math.max(leastBytes, (memoryBytes * memoryShare) / Math.max(1, threads));
  return Math.floor(Math.min(most, Math.max(leastBytes, storedRows * rowBytes)));
}
