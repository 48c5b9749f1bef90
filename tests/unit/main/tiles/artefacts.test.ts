/** Folds, dirt and corrections by hand on painted overviews of known outline; focus of tiles of other pixel sizes. */
import { describe, expect, it } from 'vitest';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import { focusBinning, focusMeasure } from '#main/tiles/focus.ts';
import { correctByHand } from '#main/tiles/hand-corrections.ts';
import { findTissue } from '#main/tiles/tissue-mask.ts';
import type { RgbImage } from '#main/slides/slide-reader.ts';

const side = 100;
const inside = (x: number, y: number, left: number, top: number, size: number): boolean =>
  x >= left && x < left + size && y >= top && y < top + size;

function paint(colourAt: (x: number, y: number) => readonly [number, number, number]): RgbImage {
  const data = new Uint8Array(side * side * 3);
  for (let at = 0; at < side * side; at += 1) data.set(colourAt(at % side, Math.floor(at / side)), at * 3);
  return { width: side, height: side, data };
}

const count = ({ data }: { readonly data: Uint8Array }): number => data.reduce((sum, value) => sum + value, 0);
const glass = [240, 240, 242] as const;
const eosin = [225, 150, 190] as const;
const folded = [150, 45, 100] as const;
const dirt = [70, 66, 60] as const;

describe('a fold', () => {
  const image = paint((x, y) => (inside(x, y, 40, 20, 20) ? folded : inside(x, y, 10, 10, 80) ? eosin : glass));

  it('is found where two layers of the same tissue lie on each other, when it is asked for', () => {
    const { fold, tissue } = findTissue(image, 8, { ...defaultTissueSettings, foldContrast: 0.25 });
    // The 3 x 3 mean rounds its corners and may widen its edges by a pixel.
    expect(Math.abs(count(fold) - 400)).toBeLessThanOrEqual(84);
    expect(fold.data[30 * side + 50]).toBe(1);
    expect(count(tissue)).toBe(6400);
    expect(count(findTissue(image, 8, defaultTissueSettings).fold)).toBe(0);
  });

  it('is not a clump of nuclei, nor all of a slide that is stained strongly', () => {
    const settings = { ...defaultTissueSettings, foldContrast: 0.25 };
    const clumps = paint((x, y) => (x % 20 < 3 && y % 20 < 3 ? folded : inside(x, y, 10, 10, 80) ? eosin : glass));
    expect(count(findTissue(clumps, 8, settings).fold)).toBe(0);
    const strong = paint((x, y) => (inside(x, y, 10, 10, 80) ? folded : glass));
    expect(count(findTissue(strong, 8, settings).fold)).toBe(0);
  });
});

describe('dirt', () => {
  const image = paint((x, y) =>
    inside(x, y, 40, 40, 10) || y === 95 ? dirt : inside(x, y, 10, 10, 80) ? eosin : glass,
  );

  it('is found on tissue and glass alike and is not called pen', () => {
    const { dark, pen } = findTissue(image, 8, defaultTissueSettings);
    expect(count(dark)).toBe(100 + side);
    expect(count(pen)).toBe(0);
    expect(count(findTissue(image, 8, { ...defaultTissueSettings, darkLimit: 0 }).dark)).toBe(0);
  });

  it('is not haematoxylin, however dark', () => {
    const nuclei = paint((x, y) =>
      inside(x, y, 40, 40, 10) ? [70, 30, 90] : inside(x, y, 10, 10, 80) ? eosin : glass,
    );
    expect(count(findTissue(nuclei, 8, defaultTissueSettings).dark)).toBe(0);
  });
});

describe('a correction by hand', () => {
  const image = paint((x, y) => (inside(x, y, 40, 40, 10) ? dirt : inside(x, y, 10, 10, 80) ? eosin : glass));
  /** Level-0 pixels: 10 a mask pixel. */
  const square = (left: number, top: number, size: number) =>
    [
      [
        [left, top],
        [left + size, top],
        [left + size, top + size],
        [left, top + size],
      ] as const,
    ] as const;

  it('makes tissue of glass and clears the artefacts under it', () => {
    const found = findTissue(image, 8, defaultTissueSettings);
    correctByHand(
      found,
      [
        { kind: 'tissue', name: 'a', polygons: [square(0, 0, 100)] },
        { kind: 'tissue', name: 'b', polygons: [square(400, 400, 100)] },
      ],
      10,
      10,
    );
    expect(count(found.tissue)).toBe(6400 + 100);
    expect(count(found.dark)).toBe(0);
  });

  it('takes tissue away, the last stroke counting, and leaves tiles to regions of other kinds', () => {
    const found = findTissue(image, 8, defaultTissueSettings);
    const stroke = { name: 'a', polygons: [square(100, 100, 200)] } as const;
    correctByHand(
      found,
      [
        { kind: 'exclude', ...stroke },
        { kind: 'no-tissue', ...stroke },
      ],
      10,
      10,
    );
    expect(count(found.tissue)).toBe(6400 - 400);
    correctByHand(
      found,
      [
        { kind: 'no-tissue', ...stroke },
        { kind: 'tissue', ...stroke },
      ],
      10,
      10,
    );
    expect(count(found.tissue)).toBe(6400);
  });
});

describe('the focus of a tile', () => {
  it('is measured at one micrometre per pixel, whatever the tile has', () => {
    expect([0.25, 0.5, 1, 2].map(focusBinning)).toEqual([4, 2, 1, 1]);
    const fine = new Uint8Array(64 * 64 * 3);
    const coarse = new Uint8Array(32 * 32 * 3);
    for (let y = 0; y < 64; y += 1) {
      for (let x = 0; x < 64; x += 1) {
        const value = ((x >> 1) * 37 + (y >> 1) * 91) % 200;
        fine.fill(value, (y * 64 + x) * 3, (y * 64 + x) * 3 + 3);
        coarse.fill(value, ((y >> 1) * 32 + (x >> 1)) * 3, ((y >> 1) * 32 + (x >> 1)) * 3 + 3);
      }
    }
    expect(focusMeasure(coarse, 32, 32)).toBeGreaterThan(1000);
    expect(focusMeasure(fine, 64, 64, 2)).toBeCloseTo(focusMeasure(coarse, 32, 32), 2);
    expect(focusMeasure(fine, 64, 64)).not.toBeCloseTo(focusMeasure(coarse, 32, 32), -2);
  });
});
