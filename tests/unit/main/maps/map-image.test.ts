import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cellAreaMm2, classAreas } from '#main/maps/areas.ts';
import { drawMap } from '#main/maps/map-image.ts';

describe('the map image', () => {
  it('shows each tile as a square of its colour, transparent elsewhere, aligned to the grid', async () => {
    const { png, georeference } = await drawMap(
      { columns: 3, rows: 2, level0PerCell: 256, level0Origin: 64, coverage: 1 },
      [
        { column: 0, row: 0, colour: '#0072b2', opacity: 1 },
        { column: 2, row: 1, colour: '#e69f00', opacity: 0.5 },
      ],
    );
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const scale = 256 / georeference.level0PerPixel;
    expect([info.width, info.height]).toEqual([3 * scale, 2 * scale]);
    const pixel = (x: number, y: number) => [...data.subarray((y * info.width + x) * 4, (y * info.width + x) * 4 + 4)];
    for (const inset of [0, scale - 1]) {
      expect(pixel(inset, inset)).toEqual([0, 0x72, 0xb2, 255]);
      expect(pixel(2 * scale + inset, scale + inset)).toEqual([0xe6, 0x9f, 0, 128]);
      expect(pixel(scale + inset, inset)[3]).toBe(0);
    }
    expect(georeference).toMatchObject({ width: 3 * scale, height: 2 * scale, level0X: 64, level0Y: 64 });
  });
});

it('leaves the gaps between tiles transparent', async () => {
  const { png, georeference } = await drawMap(
    { columns: 2, rows: 1, level0PerCell: 512, level0Origin: 0, coverage: 0.5 },
    [{ column: 0, row: 0, colour: '#0072b2', opacity: 1 }],
  );
  const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const half = 256 / georeference.level0PerPixel;
  const opacityAt = (x: number) => data[x * 4 + 3];
  expect([opacityAt(0), opacityAt(half - 1), opacityAt(half)]).toEqual([255, 255, 0]);
});

describe('areas', () => {
  it('count the stride cell, so that overlapping tiles are not counted twice', () => {
    expect(cellAreaMm2(128, 128, 1)).toBeCloseTo(0.128 ** 2, 12);
    expect(cellAreaMm2(128, 64, 1)).toBeCloseTo(0.064 ** 2, 12);
    expect(cellAreaMm2(128, 256, 1)).toBeCloseTo(0.128 ** 2, 12);
  });

  it('add up to the classified area and to 100 %', () => {
    expect(classAreas({ classCount: 3, predicted: [0, 2, 2, 2], cellAreaMm2: 0.25 })).toEqual([
      { tiles: 1, areaMm2: 0.25, percent: 25 },
      { tiles: 0, areaMm2: 0, percent: 0 },
      { tiles: 3, areaMm2: 0.75, percent: 75 },
    ]);
  });

  it('of a slide without tiles are zero, not NaN', () => {
    expect(classAreas({ classCount: 1, predicted: [], cellAreaMm2: 1 })).toEqual([
      { tiles: 0, areaMm2: 0, percent: 0 },
    ]);
  });
});
