import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fnv1a } from '#common/random.ts';
import { defaultTissueSettings } from '#common/domain/tile.ts';
import type { RgbImage } from '#main/slides/slide-reader.ts';
import { flipSmallComponents } from '#main/tiles/connected-components.ts';
import { focusMeasure } from '#main/tiles/focus.ts';
import { MaskShare } from '#main/tiles/mask-share.ts';
import { otsuSplit } from '#main/tiles/otsu.ts';
import { findTissue, isPen } from '#main/tiles/tissue-mask.ts';

/** The golden script's `fill`: element i is mulberry32 at counter fnv1a(name) + (i + 1) * step, in [-1, 1). */
function fill(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const a = (fnv1a(name) + Math.imul(i + 1, 0x6d2b79f5)) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  });
}

function histogramOf(values: readonly number[]): number[] {
  const histogram = new Array<number>(256).fill(0);
  for (const value of values) histogram[value]! += 1;
  return histogram;
}

type Painter = (column: number, row: number) => readonly [number, number, number];

function paint(width: number, height: number, colourAt: Painter): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.set(colourAt(pixel % width, Math.floor(pixel / width)), pixel * 3);
  }
  return { width, height, data };
}

const noise = fill('noise', 40_000);
/** Glass as scanners give it: nearly white, a little colour noise. */
const glass: Painter = (column, row) => {
  const wobble = Math.round(noise[(row * 200 + column) % noise.length]! * 3);
  return [243 + wobble, 242, 244];
};
const eosin: Painter = (column, row) => {
  const wobble = Math.round(noise[(row * 200 + column) % noise.length]! * 20);
  return [215 + wobble, 140 + wobble, 185];
};
const inside = (x: number, y: number, left: number, top: number, size: number): boolean =>
  x >= left && x < left + size && y >= top && y < top + size;
const onesIn = (data: Uint8Array): number => data.reduce((sum, value) => sum + value, 0);

describe('Otsu', () => {
  it("finds scikit-image's threshold within one grey level", () => {
    const golden = JSON.parse(readFileSync(new URL('../../../golden/colour.json', import.meta.url), 'utf8')) as {
      otsu: { threshold: number };
    };
    const grey = (value: number): number => Math.trunc(Math.min(255, Math.max(0, value)));
    const values = [
      ...fill('colour/dark', 3000).map((v) => grey(60 + 20 * v)),
      ...fill('colour/light', 5000).map((v) => grey(220 + 25 * v)),
    ];
    const split = otsuSplit(histogramOf(values));
    expect(Math.abs(split!.threshold - golden.otsu.threshold)).toBeLessThanOrEqual(1);
  });

  it('has nothing to split in an empty or one-valued histogram', () => {
    expect(otsuSplit(histogramOf([]))).toBeNull();
    expect(otsuSplit(histogramOf([9, 9, 9]))).toBeNull();
  });
});

describe('tissue mask', () => {
  // 100 x 100 pixels of 8 um: a hole or speck below 40,000 um2 has fewer than 625 pixels.
  it('finds stained tissue on glass, fills small holes and drops specks', () => {
    const image = paint(100, 100, (x, y) => {
      if (inside(x, y, 35, 35, 10)) return glass(x, y);
      if (inside(x, y, 20, 20, 50)) return eosin(x, y);
      if (inside(x, y, 80, 80, 12)) return eosin(x, y);
      return glass(x, y);
    });
    const mask = findTissue(image, 8, defaultTissueSettings);
    expect(mask.origin).toBe('otsu');
    expect(onesIn(mask.tissue.data)).toBe(2500);
    expect(mask.tissue.data[40 * 100 + 40]).toBe(1);
    expect(mask.tissue.data[85 * 100 + 85]).toBe(0);
    expect(onesIn(mask.pen.data)).toBe(0);
    const fine = findTissue(image, 8, { ...defaultTissueSettings, minHoleUm2: 0, minSpeckUm2: 0 });
    expect(onesIn(fine.tissue.data)).toBe(2500 - 100 + 144);
  });

  it('finds nothing on a blank slide, although Otsu would split its noise', () => {
    const mask = findTissue(paint(100, 100, glass), 8, defaultTissueSettings);
    expect(mask.origin).toBe('blank');
    expect(onesIn(mask.tissue.data)).toBe(0);
    const white = findTissue(
      paint(20, 20, () => [255, 255, 255]),
      8,
      defaultTissueSettings,
    );
    expect(onesIn(white.tissue.data)).toBe(0);
  });

  it('keeps all of an image that is tissue from edge to edge', () => {
    const image = paint(100, 100, (x, y) => (x < 50 ? eosin(x, y) : [120, 70, 160]));
    const mask = findTissue(image, 8, defaultTissueSettings);
    expect(mask.origin).toBe('otsu-not-bimodal');
    expect(onesIn(mask.tissue.data)).toBe(10_000);
  });

  it('does not take pale tissue for glass where strong tissue stands beside both', () => {
    const pale: readonly [number, number, number] = [225, 195, 215];
    const strong: readonly [number, number, number] = [200, 50, 80];
    const image = paint(100, 100, (x, y) => (y < 60 ? glass(x, y) : x < 35 ? pale : strong));
    const mask = findTissue(image, 8, defaultTissueSettings);
    expect(mask.origin).toBe('otsu');
    expect(mask.threshold).toBeLessThan(0.13);
    expect(onesIn(mask.tissue.data)).toBe(4000);
  });

  it('uses the threshold set by hand', () => {
    const image = paint(100, 100, (x) => (x < 50 ? [200, 160, 160] : [200, 190, 190]));
    const settings = { ...defaultTissueSettings, method: 'fixed' as const, saturationThreshold: 0.1 };
    expect(findTissue(image, 8, settings)).toMatchObject({ origin: 'fixed', threshold: 0.1 });
    expect(onesIn(findTissue(image, 8, settings).tissue.data)).toBe(5000);
    expect(onesIn(findTissue(image, 8, { ...settings, saturationThreshold: 0.03 }).tissue.data)).toBe(10_000);
  });

  it('takes pen for pen and not for tissue', () => {
    const image = paint(100, 100, (x, y) => {
      if (inside(x, y, 60, 10, 30)) return [20, 140, 60];
      return inside(x, y, 10, 10, 40) ? eosin(x, y) : glass(x, y);
    });
    const mask = findTissue(image, 8, defaultTissueSettings);
    expect(onesIn(mask.pen.data)).toBe(900);
    expect(onesIn(mask.tissue.data)).toBe(1600);
  });

  it.each([
    ['green ink', [20, 140, 60], true],
    ['blue ink', [30, 90, 190], true],
    ['red ink', [200, 20, 30], true],
    ['black ink', [25, 25, 28], true],
    ['a black border', [0, 0, 0], true],
    ['glass', [243, 242, 244], false],
    ['bluish glass', [225, 235, 240], false],
    ['eosin', [225, 130, 180], false],
    ['red blood cells', [200, 70, 80], false],
    ['haematoxylin', [90, 60, 140], false],
    ['dense nuclei', [70, 50, 110], false],
    ['DAB brown', [140, 90, 50], false],
  ] as const)('says whether %s is pen', (_, [red, green, blue], expected) => {
    expect(isPen(red, green, blue)).toBe(expected);
  });
});

describe('connected components', () => {
  it('leaves holes that run out of the image and does not overflow on a long snake', () => {
    const side = 301;
    // A serpentine of glass, one pixel wide, touching the edge only at its start.
    const snake = new Uint8Array(side * side).fill(1);
    for (let row = 1; row < side - 1; row += 2) {
      snake.fill(0, row * side + 1, (row + 1) * side - 1);
      if (row + 2 < side - 1) snake[(row + 1) * side + (row % 4 === 1 ? side - 2 : 1)] = 0;
    }
    const closed = snake.slice();
    flipSmallComponents(
      { width: side, height: side, data: closed },
      { value: 0, minimumPixels: 1e9, diagonal: false, keepAtEdge: true },
    );
    expect(onesIn(closed)).toBe(side * side);
    snake[1] = 0;
    const open = snake.slice();
    flipSmallComponents(
      { width: side, height: side, data: open },
      { value: 0, minimumPixels: 1e9, diagonal: false, keepAtEdge: true },
    );
    expect(open).toEqual(snake);
  });

  it('joins diagonal tissue only', () => {
    const data = (): Uint8Array => Uint8Array.from([1, 0, 0, 1]);
    const rule = { minimumPixels: 2, keepAtEdge: false };
    const specks = data();
    flipSmallComponents({ width: 2, height: 2, data: specks }, { ...rule, value: 1, diagonal: true });
    expect([...specks]).toEqual([1, 0, 0, 1]);
    flipSmallComponents({ width: 2, height: 2, data: specks }, { ...rule, value: 0, diagonal: false });
    expect([...specks]).toEqual([1, 1, 1, 1]);
  });
});

describe('mask share', () => {
  it('is exact for whole pixels and for parts of them', () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(side, side, fc.infiniteStream(fc.boolean()), (width, height, bits) => {
        const data = Uint8Array.from({ length: width * height }, () => Number(bits.next().value));
        const shares = new MaskShare({ width, height, data });
        expect(shares.share(0, 0, 1, 1)).toBeCloseTo(onesIn(data) / data.length, 10);
        for (let row = 0; row < height; row += 1) {
          for (let column = 0; column < width; column += 1) {
            const value = data[row * width + column]!;
            // A quarter of one pixel, from its middle to its lower right corner.
            const found = shares.share(
              (column + 0.5) / width,
              (row + 0.5) / height,
              (column + 1) / width,
              (row + 1) / height,
            );
            expect(found).toBeCloseTo(value, 6);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is 0 for an empty rectangle', () => {
    const shares = new MaskShare({ width: 2, height: 2, data: Uint8Array.from([1, 1, 1, 1]) });
    expect(shares.share(0.5, 0.5, 0.5, 0.9)).toBe(0);
    expect(shares.share(1.2, 0, 1.4, 1)).toBe(0);
  });
});

describe('focus measure', () => {
  it('is 0 on flat tiles, falls with blur and is the known value of a single bright pixel', () => {
    const flat = paint(16, 16, () => [200, 100, 150]);
    expect(focusMeasure(flat.data, 16, 16)).toBeCloseTo(0, 6);
    const sharp = paint(32, 32, (x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? [220, 220, 220] : [60, 60, 60]));
    const soft = paint(32, 32, (x) => {
      const grey = Math.round(140 + 80 * Math.sin(x / 5));
      return [grey, grey, grey];
    });
    expect(focusMeasure(sharp.data, 32, 32)).toBeGreaterThan(100 * focusMeasure(soft.data, 32, 32));
    const point = paint(5, 5, (x, y) => (x === 2 && y === 2 ? [10, 10, 10] : [0, 0, 0]));
    // Nine inner pixels: -40 once and 10 four times.
    expect(focusMeasure(point.data, 5, 5)).toBeCloseTo((1600 + 400) / 9, 3);
  });
});
