import { expect, it } from 'vitest';
import { maximumLevel, pyramidTile, slideTilePx, storedLevelOf } from '#common/slide-pyramid.ts';

const level = (width: number, height: number, tilePx = 240) => ({
  width,
  height,
  tileWidth: tilePx,
  tileHeight: tilePx,
});

it.each([
  [240, 240, 240],
  [512, 512, 512],
  [128, 128, 128],
  // Too large or small to ask for one by one, strips, and no tiles at all.
  [1024, 1024, 256],
  [64, 64, 256],
  [2220, 8, 256],
])('tiles of %i x %i px are asked for %i px at a time', (tileWidth, tileHeight, expected) => {
  expect(slideTilePx([{ tileWidth, tileHeight }])).toBe(expected);
});

it('finds the stored level whose tiles are the page’s, with the remainder that scanners cut off', () => {
  // Aperio CMU-1: 46000 x 32914 px, reduced 4 and 16 times.
  const slide = {
    width: 46_000,
    height: 32_914,
    levels: [level(46_000, 32_914), level(11_500, 8228), level(2875, 2057)],
  };
  const top = maximumLevel(slide);
  expect([0, 1, 2, 3, 4, 5].map((halvings) => storedLevelOf(slide, top - halvings, 240))).toEqual([
    0,
    null,
    1,
    null,
    2,
    null,
  ]);
  expect(storedLevelOf(slide, top, 256)).toBeNull();
});

it('takes no level that is a whole pixel off, because its tiles would lie beside those that are cut', () => {
  const slide = { width: 46_000, height: 32_914, levels: [level(46_000, 32_914), level(11_501, 8228)] };
  expect(storedLevelOf(slide, maximumLevel(slide) - 2, 240)).toBeNull();
});

it.each([240, 512])('covers a slide exactly with tiles of %i px', (tilePx) => {
  const slide = { width: 2220, height: 2967 };
  for (let halvings = 0; halvings < 5; halvings += 1) {
    let covered = 0;
    for (let column = 0; ; column += 1) {
      const tile = pyramidTile(slide, maximumLevel(slide) - halvings, column, 0, tilePx);
      if (tile === null) break;
      expect(tile.rect.x).toBe(covered);
      covered += tile.rect.width;
    }
    expect(covered).toBe(2220);
  }
});
