import { expect, it } from 'vitest';
import { extractionCacheBytes } from '#main/tiles/extraction-cache.ts';

const gibibyte = 2 ** 30;
const mebibyte = 2 ** 20;
const level = { width: 96_000, height: 80_000, downsample: 1, tileWidth: 240, tileHeight: 240 };
const grid = { downsample: 2, sizePx: 128 };

it.each([
  // 256 px of a level reach into three rows of 240 px: 3 rows x 400 tiles x 240 x 240 x 3 bytes.
  ['holds the stored rows under a row of tiles', level, 1, 64, 3 * 400 * 172_800],
  ['counts pixels of the level that is read', { ...level, width: 24_000, downsample: 4 }, 1, 64, 2 * 100 * 172_800],
  ['is never less than 32 MiB', { ...level, width: 480 }, 1, 64, 32 * mebibyte],
  ['takes an eighth of the memory for all threads together', level, 8, 4, 64 * mebibyte],
  ['stays bounded for an untiled image', { ...level, tileWidth: 96_000, tileHeight: 80_000 }, 1, 8, gibibyte],
])('%s', (_what, of, threads, memory, expected) => {
  expect(extractionCacheBytes(of, grid, threads, memory * gibibyte)).toBe(expected);
});
