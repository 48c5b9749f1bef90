import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  toGrey,
} from '#main/triplets/augmentation/colour-operations.ts';
import { GaussianBlur } from '#main/triplets/augmentation/gaussian-blur.ts';
import { Resampler } from '#main/triplets/augmentation/resample.ts';
import { blurKernelPx, imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { drawViewParameters } from '#main/triplets/augmentation/view-parameters.ts';
import type { ViewParameters } from '#common/domain/view-parameters.ts';
import { ViewRenderer, writeNormalised } from '#main/triplets/augmentation/view-renderer.ts';
import { readNpz } from '#tests/support/npz.ts';

const golden = readNpz(new URL('../../../golden/augmentation.npz', import.meta.url).pathname);

/** [3, h, w] as [h, w, 3]. */
function interleaved<T extends Uint8Array | Float32Array>(name: string): { data: T; width: number; height: number } {
  const { shape, data } = golden.get(name)!;
  const [, height, width] = shape as [number, number, number];
  const result = data.slice() as T;
  for (let channel = 0; channel < 3; channel += 1) {
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      result[pixel * 3 + channel] = data[channel * width * height + pixel]!;
    }
  }
  return { data: result, width, height };
}

const image = interleaved<Uint8Array>('image');
const unit = (): Float32Array => Float32Array.from(image.data, (value) => value / 255);
const still = { horizontalFlip: false, verticalFlip: false, quarterTurns: 0 };

function largestDifference(actual: Float32Array, name: string): number {
  const expected = interleaved<Float32Array>(name).data;
  expect(actual.length).toBe(expected.length);
  return expected.reduce((largest, value, i) => Math.max(largest, Math.abs(value - actual[i]!)), 0);
}

function inPlace(change: (values: Float32Array, length: number) => void): Float32Array {
  const values = unit();
  change(values, values.length);
  return values;
}

function resized(outputPx: number, filter: 'bilinear' | 'bicubic', crop: ViewParameters['crop']): Float32Array {
  const out = new Float32Array(outputPx * outputPx * 3);
  new Resampler(outputPx, filter).resample(image.data, image.width, crop, out);
  return out;
}

/** Undoes the normalisation so that flips, which only the last step makes, can be compared. */
function turned(source: Float32Array, sizePx: number, turn: typeof still): Float32Array {
  const out = new Float32Array(source.length);
  writeNormalised(source, sizePx, turn, out, 0);
  return out.map((value, i) => value * imageNetStandardDeviation[i % 3]! + imageNetMean[i % 3]!);
}

/** The golden flips are of the whole, not square, image: compare the centred square that every flip keeps. */
function square(data: Float32Array, sizePx: number): Float32Array {
  const left = (image.width - sizePx) / 2;
  const top = (image.height - sizePx) / 2;
  const out = new Float32Array(sizePx * sizePx * 3);
  for (let row = 0; row < sizePx; row += 1) {
    const from = ((top + row) * image.width + left) * 3;
    out.set(data.subarray(from, from + sizePx * 3), row * sizePx * 3);
  }
  return out;
}

const crop = { x: 22, y: 13, width: 120, height: 97 };
const whole = { x: 0, y: 0, width: image.width, height: image.height };

describe('augmentation operations', () => {
  it.each<[string, number, () => Float32Array]>([
    ['resizedCropBilinear', 1e-5, () => resized(128, 'bilinear', crop)],
    ['resizedCropBicubic', 1e-5, () => resized(128, 'bicubic', crop)],
    ['resizeDownBilinear', 1e-5, () => resized(64, 'bilinear', whole)],
    ['brightness1.3', 1e-6, () => inPlace((v, n) => adjustBrightness(v, n, 1.3))],
    ['contrast0.7', 1e-5, () => inPlace((v, n) => adjustContrast(v, n, 0.7))],
    ['saturation1.4', 1e-5, () => inPlace((v, n) => adjustSaturation(v, n, 1.4))],
    ['hue0.08', 1e-5, () => inPlace((v, n) => adjustHue(v, n, 0.08))],
    ['hue-0.1', 1e-5, () => inPlace((v, n) => adjustHue(v, n, -0.1))],
    ['grayscale', 1e-6, () => inPlace(toGrey)],
    [
      'gaussianBlur13sigma1.2',
      1e-5,
      () => inPlace((v) => new GaussianBlur(image.width, image.height, 13).blur(v, 1.2)),
    ],
    [
      'gaussianBlur13sigma0.1',
      1e-5,
      () => inPlace((v) => new GaussianBlur(image.width, image.height, 13).blur(v, 0.1)),
    ],
  ])('%s equals torchvision within %f', (name, tolerance, make) => {
    expect(largestDifference(make(), name)).toBeLessThan(tolerance);
  });

  it('flips and normalises as torchvision does', () => {
    const sizePx = 140;
    const source = square(unit(), sizePx);
    const difference = (a: Float32Array, b: Float32Array): number =>
      a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
    const expected = (name: string): Float32Array => square(interleaved<Float32Array>(name).data, sizePx);
    const horizontal = turned(source, sizePx, { ...still, horizontalFlip: true });
    expect(difference(horizontal, expected('horizontalFlip'))).toBeLessThan(1e-6);
    const vertical = turned(source, sizePx, { ...still, verticalFlip: true });
    expect(difference(vertical, expected('verticalFlip'))).toBeLessThan(1e-6);
    const normalised = new Float32Array(source.length);
    writeNormalised(source, sizePx, still, normalised, 0);
    expect(difference(normalised, expected('normalize'))).toBeLessThan(1e-5);
  });

  it('turns a quarter counter-clockwise after the flips', () => {
    // Red channel counts 0 1 / 2 3.
    const source = Float32Array.from([0, 1, 2, 3].flatMap((value) => [value, 0, 0]));
    const red = (turn: typeof still): number[] =>
      [...turned(source, 2, turn)].filter((_, i) => i % 3 === 0).map((value) => Math.round(Math.abs(value)));
    expect(red({ ...still, quarterTurns: 1 })).toEqual([1, 3, 0, 2]);
    expect(red({ ...still, quarterTurns: 2 })).toEqual([3, 2, 1, 0]);
    expect(red({ ...still, quarterTurns: 3 })).toEqual([2, 0, 3, 1]);
    expect(red({ horizontalFlip: true, verticalFlip: false, quarterTurns: 1 })).toEqual([0, 2, 1, 3]);
    expect(red({ horizontalFlip: false, verticalFlip: true, quarterTurns: 1 })).toEqual([3, 1, 2, 0]);
  });

  it('keeps hue in range where rounding reaches a full turn', () => {
    const values = Float32Array.from([0.6, 0.3, 0.3000000119]);
    adjustHue(values, 3, 0);
    expect(values[0]).toBeCloseTo(0.6, 6);
    expect(values[1]).toBeCloseTo(0.3, 6);
    expect(values[2]).toBeCloseTo(0.3, 6);
  });
});

describe('view parameters', () => {
  const key = fc.record({
    tilePx: fc.integer({ min: 16, max: 512 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    epoch: fc.nat(1000),
    tile: fc.nat(1_000_000),
    view: fc.constantFrom(0 as const, 1 as const, 2 as const),
  });

  it('are a pure function of seed, epoch, tile and view, within the recipe', () => {
    fc.assert(
      fc.property(key, ({ tilePx, seed, epoch, tile, view }) => {
        const drawn = drawViewParameters(tissueAugmentation, tilePx, seed, epoch, tile, view);
        expect(drawViewParameters(tissueAugmentation, tilePx, seed, epoch, tile, view)).toEqual(drawn);
        expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
        const { x, y, width, height } = drawn.crop;
        expect(x >= 0 && y >= 0 && x + width <= tilePx && y + height <= tilePx).toBe(true);
        // Rounding of both sides to whole pixels moves area and aspect by a pixel's worth.
        expect((width + 1) * (height + 1)).toBeGreaterThanOrEqual(0.2 * tilePx * tilePx);
        expect((width + 1) / (height - 0.5)).toBeGreaterThan(3 / 4);
        if (drawn.jitter) {
          expect([...drawn.jitter.order].sort()).toEqual(['brightness', 'contrast', 'hue', 'saturation']);
          expect(Math.abs(drawn.jitter.hue)).toBeLessThanOrEqual(0.1);
        }
        if (drawn.blurSigma !== null) expect(drawn.blurSigma >= 0.1 && drawn.blurSigma < 2).toBe(true);
      }),
    );
  });

  it('occur as often as the recipe says', () => {
    const count = 4000;
    const drawn = Array.from({ length: count }, (_, tile) =>
      drawViewParameters(tissueAugmentation, 128, 7, 3, tile, 0),
    );
    const share = (test: (view: ViewParameters) => boolean): number => drawn.filter(test).length / count;
    expect(share((view) => view.jitter !== null)).toBeCloseTo(0.8, 1);
    expect(share((view) => view.grey)).toBeCloseTo(0.2, 1);
    expect(share((view) => view.blurSigma !== null)).toBeCloseTo(0.5, 1);
    expect(share((view) => view.horizontalFlip)).toBeCloseTo(0.5, 1);
    expect(share((view) => view.quarterTurns === 3)).toBeCloseTo(0.25, 1);
    expect(share((view) => view.jitter?.order[0] === 'hue')).toBeCloseTo(0.2, 1);
    const meanArea = drawn.reduce((sum, view) => sum + view.crop.width * view.crop.height, 0) / count / 128 ** 2;
    expect(meanArea).toBeGreaterThan(0.53);
    expect(meanArea).toBeLessThan(0.62);
  });

  it('fall back to the whole tile when no crop fits', () => {
    const impossible = { ...tissueAugmentation, cropScale: [4, 5] as [number, number] };
    expect(drawViewParameters(impossible, 64, 1, 0, 0, 0).crop).toEqual({ x: 0, y: 0, width: 64, height: 64 });
  });

  it('use a kernel of 13 at 128 px and an odd one at every size', () => {
    expect(blurKernelPx(128)).toBe(13);
    for (let sizePx = 8; sizePx < 600; sizePx += 1) expect(blurKernelPx(sizePx) % 2).toBe(1);
  });
});

describe('view renderer', () => {
  const tile = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) % 256);

  it('gives the same floats whatever it rendered before, and writes only its own view', () => {
    const parameters = drawViewParameters(tissueAugmentation, 32, 1, 2, 3, 0);
    const jittered: ViewParameters = {
      ...parameters,
      grey: true,
      blurSigma: 1.5,
      jitter: {
        order: ['hue', 'contrast', 'saturation', 'brightness'],
        brightness: 1.3,
        contrast: 0.7,
        saturation: 1.2,
        hue: 0.1,
      },
    };
    const values = 24 * 24 * 3;
    const fresh = new Float32Array(values);
    new ViewRenderer(32, 24).augmentView(tile, jittered, fresh, 0);
    const used = new ViewRenderer(32, 24);
    const both = new Float32Array(values * 3).fill(9);
    used.augmentView(tile, parameters, both, 0);
    used.augmentView(tile, jittered, both, values);
    expect(both.subarray(values, values * 2)).toEqual(fresh);
    expect(both.subarray(values * 2).every((value) => value === 9)).toBe(true);
    expect(fresh.every(Number.isFinite)).toBe(true);
  });

  it('leaves a tile of the view size as it is in a plain view', () => {
    const out = new Float32Array(tile.length);
    new ViewRenderer(32, 32).plainView(tile, out, 0);
    out.forEach((value, i) => {
      expect(value * imageNetStandardDeviation[i % 3]! + imageNetMean[i % 3]!).toBeCloseTo(tile[i]! / 255, 5);
    });
  });
});
