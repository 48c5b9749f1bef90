import { describe, expect, test } from 'vitest';
import { createTileIndex } from '../../../../renderer/viewer/tile-index.ts';
import { packColour, tileCellRect, unpackColour } from '../../../../renderer/viewer/tile-drawing.ts';

const grid = { level: 0, columns: 4, rows: 3, downsample: 2.004, sizePx: 128, stridePx: 128 };
const tiles = { columns: Int32Array.from([0, 3, 2]), rows: Int32Array.from([0, 2, 1]) };

describe('the tiles of a slide', () => {
  const index = createTileIndex(grid, tiles);

  test('are found by column and row, and where there is none that is said', () => {
    expect([index.find(0, 0), index.find(3, 2), index.find(2, 1)]).toEqual([0, 1, 2]);
    expect([index.find(1, 1), index.find(-1, 0), index.find(4, 0), index.find(0, 3)]).toEqual([-1, -1, -1, -1]);
  });

  test('are found by a point, edges belong to the tile that starts there', () => {
    const rect = tileCellRect(index, 2, 1);
    expect(index.at(rect.x, rect.y)).toBe(2);
    expect(index.at(rect.x + rect.width - 0.01, rect.y + rect.height - 0.01)).toBe(2);
    expect(index.at(rect.x - 0.01, rect.y)).toBe(-1);
    expect(index.at(-5, 3)).toBe(-1);
    expect(index.at(1e9, 3)).toBe(-1);
  });

  test('lie edge to edge without a gap', () => {
    for (let column = 1; column < grid.columns; column += 1) {
      const before = tileCellRect(index, column - 1, 0);
      expect(tileCellRect(index, column, 0).x).toBe(before.x + before.width);
    }
  });
});

test('colours are packed as image data holds them', () => {
  const packed = packColour('#0072b2', 0.5);
  expect([...new Uint8Array(Uint32Array.of(packed).buffer)]).toEqual([0x00, 0x72, 0xb2, 128]);
  expect(unpackColour(packed)).toBe('rgb(0 114 178 / 0.502)');
  expect(packColour('#ffffff')).toBe(0xffffffff);
});
