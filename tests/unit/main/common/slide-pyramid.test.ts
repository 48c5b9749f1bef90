import { describe, expect, it } from 'vitest';
import { level0PerPixel, maximumLevel, pyramidTile, pyramidTilePx } from '#common/slide-pyramid.ts';

const sizes = [
  [2220, 2967],
  [256, 256],
  [257, 1],
  [1, 1],
  [46_000, 32_914],
] as const;

describe('the pyramid', () => {
  it.each(sizes)('covers a slide of %i x %i exactly at every level, without gap or overlap', (width, height) => {
    const slide = { width, height };
    for (let level = Math.max(0, maximumLevel(slide) - 6); level <= maximumLevel(slide); level += 1) {
      const side = pyramidTilePx * level0PerPixel(slide, level);
      const columns = Math.ceil(width / side);
      const rows = Math.ceil(height / side);
      let covered = 0;
      for (let column = 0; column < columns; column += 1) {
        const tile = pyramidTile(slide, level, column, 0);
        expect(tile?.rect.x).toBe(column * side);
        covered += tile?.rect.width ?? 0;
      }
      expect(covered).toBe(width);
      expect(pyramidTile(slide, level, columns, 0)).toBeNull();
      expect(pyramidTile(slide, level, 0, rows)).toBeNull();
      const corner = pyramidTile(slide, level, columns - 1, rows - 1);
      expect((corner?.rect.x ?? 0) + (corner?.rect.width ?? 0)).toBe(width);
      expect((corner?.rect.y ?? 0) + (corner?.rect.height ?? 0)).toBe(height);
    }
  });

  it('numbers levels as Deep Zoom does', () => {
    // OpenSeadragon: ceil(log2(max(width, height))).
    expect(maximumLevel({ width: 2220, height: 2967 })).toBe(12);
    expect(maximumLevel({ width: 256, height: 4 })).toBe(8);
    expect(level0PerPixel({ width: 2220, height: 2967 }, 12)).toBe(1);
    expect(level0PerPixel({ width: 2220, height: 2967 }, 10)).toBe(4);
  });

  it('rounds the pixels of an edge tile up and keeps its rectangle exact', () => {
    expect(pyramidTile({ width: 2220, height: 2967 }, 10, 2, 2)).toEqual({
      rect: { x: 2048, y: 2048, width: 172, height: 919 },
      widthPx: 43,
      heightPx: 230,
    });
  });

  it.each([
    [13, 0, 0],
    [-1, 0, 0],
    [12, 1.5, 0],
    [12, -1, 0],
    [12, Number.NaN, 0],
  ])('has no tile at level %d, %d, %d', (level, column, row) => {
    expect(pyramidTile({ width: 2220, height: 2967 }, level, column, row)).toBeNull();
  });
});
