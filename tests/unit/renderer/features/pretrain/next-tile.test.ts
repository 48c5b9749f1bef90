/** Arrow keys from tile to tile over gaps, and the tile to begin with. */
import { describe, expect, it } from 'vitest';
import { emptyTileColumns, type SlideTileColumns } from '#common/tile-bytes.ts';
import { middleTile, nextTile } from '../../../../../renderer/features/pretrain/triplet/next-tile.ts';

/** A number is a kept tile by its index, a dot none. */
function grid(...lines: readonly string[]): SlideTileColumns {
  const cells = lines.flatMap((line, row) => line.split(' ').map((cell, column) => ({ cell, column, row })));
  const tiles = emptyTileColumns(cells.length);
  cells.forEach(({ cell, column, row }, at) => {
    tiles.columns[at] = column;
    tiles.rows[at] = row;
    tiles.indices[at] = cell === '.' ? -1 : Number(cell);
  });
  return tiles;
}
const tiles = grid('0 1 . 2', '. 3 . .', '4 . . 5');

describe('the next tile', () => {
  it.each([
    [0, 'right', 1],
    [1, 'right', 2],
    [1, 'down', 3],
    [3, 'up', 1],
    [3, 'left', 0],
    [2, 'down', 5],
    [0, 'left', null],
    [99, 'right', null],
  ] as const)('of %i to the %s is %s', (from, direction, next) => {
    expect(nextTile(tiles, from, direction)).toBe(next);
  });
});

describe('the tile to begin with', () => {
  it('is a kept one near the middle of the kept ones', () => {
    expect(middleTile(grid('. . .', '1 2 3', '. . .'))).toBe(2);
  });
  it('is none where nothing was kept', () => {
    expect(middleTile(grid('. .', '. .'))).toBeNull();
  });
});
