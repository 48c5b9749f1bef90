import { describe, expect, it } from 'vitest';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import type { Jitter, ViewParameters } from '#common/domain/view-parameters.ts';
import { RandomStream } from '#common/random.ts';
import type { ViewDescription } from '#main/engine/port.ts';
import type { Precision } from '#main/engine/webgpu/kernel-program.ts';
import {
  augmentation,
  packViewRecords,
  type AugmentationBuffer,
} from '#main/engine/webgpu/kernels/augmentation/kernel.ts';
import { drawViewParameters } from '#main/triplets/augmentation/view-parameters.ts';
import { ViewRenderer } from '#main/triplets/augmentation/view-renderer.ts';
import { readNpz } from '#tests/support/npz.ts';
import { openTestDevice, runPrograms, type RunBuffer, type TestDevice } from './test-device.ts';

const opened = await openTestDevice();
const device = opened as TestDevice;
const adapter = opened?.description ?? 'skipped: no WebGPU adapter';
const precisions: readonly Precision[] = opened?.hasF16 ? ['f32', 'f16'] : ['f32'];

/** Largest allowed difference in 0..1 before normalisation: some tens of float32 roundings, amplified up to 3 by the jitter. */
const tolerance = 2e-5;

interface Input {
  readonly tilePx: number;
  readonly viewPx: number;
  /** [tiles, tilePx, tilePx, 3] */
  readonly pixels: Uint8Array;
  readonly views: readonly ViewDescription[];
}

async function onDevice({ tilePx, viewPx, pixels, views }: Input, precision: Precision): Promise<Float32Array> {
  const tiles = pixels.length / (tilePx * tilePx * 3);
  const { programs, elements } = augmentation({
    views: views.length,
    tiles,
    tilePx,
    viewPx,
    precision,
    mean: imageNetMean,
    std: imageNetStandardDeviation,
  });
  const words = new Uint32Array(elements.tiles);
  new Uint8Array(words.buffer).set(pixels);
  const records = packViewRecords(views, tilePx, viewPx);
  expect(records.length).toBe(elements.records);
  // Scratch and output start as NaN, so that anything not written shows.
  const filled = (name: AugmentationBuffer): Float32Array => new Float32Array(elements[name]).fill(NaN);
  const buffers: Record<AugmentationBuffer, RunBuffer> = {
    tiles: { data: words },
    records: { data: records },
    image: { data: filled('image') },
    blurred: { data: filled('blurred') },
    partials: { data: filled('partials') },
    means: { data: filled('means') },
    output: { data: filled('output'), precision },
  };
  const names = Object.keys(buffers) as AugmentationBuffer[];
  const results = await runPrograms(
    device,
    names.map((name) => buffers[name]),
    programs.map(({ program, uses }) => ({ program, uses: uses.map((name) => names.indexOf(name)) })),
  );
  return results[names.indexOf('output')] as Float32Array;
}

function onHost({ tilePx, viewPx, pixels, views }: Input): Float32Array {
  const values = viewPx * viewPx * 3;
  const renderer = new ViewRenderer(tilePx, viewPx);
  const out = new Float32Array(views.length * values);
  views.forEach(({ slot, parameters }, index) => {
    const tile = pixels.subarray(slot * tilePx * tilePx * 3, (slot + 1) * tilePx * tilePx * 3);
    if (parameters) renderer.augmentView(tile, parameters, out, index * values);
    else renderer.plainView(tile, out, index * values);
  });
  return out;
}

/** Largest amount by which a value misses its tolerance; 0 or less passes, NaN counts as infinitely far. Padding must be zero. */
function excess(actual: Float32Array, expected: Float32Array, precision: Precision): number {
  expect(actual.length * 3).toBe(expected.length * 8);
  let worst = -Infinity;
  for (let i = 0; i < actual.length; i += 1) {
    const channel = i % 8;
    const value = actual[i]!;
    if (channel > 2) {
      if (value !== 0) return Infinity;
      continue;
    }
    const wanted = expected[((i - channel) / 8) * 3 + channel]!;
    const allowed = precision === 'f16' ? Math.abs(wanted) * 2 ** -11 : 0;
    const miss = (Math.abs(value - wanted) - allowed) * imageNetStandardDeviation[channel]! - tolerance;
    if (!(miss <= worst)) worst = Number.isNaN(miss) ? Infinity : miss;
  }
  return worst;
}

/** Noise over a gradient, with black, white and grey pixels, whose hue is undefined. */
function tilesOf(count: number, tilePx: number): Uint8Array {
  const random = RandomStream.of('augmentation-test', count, tilePx);
  return Uint8Array.from({ length: count * tilePx * tilePx * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    if (pixel % 17 === 0) return 255;
    if (pixel % 19 === 0) return 0;
    if (pixel % 23 === 0) return 128;
    return (random.nextInteger(128) + Math.floor((pixel * 127) / (tilePx * tilePx)) + (i % 3) * 40) % 256;
  });
}

function still(tilePx: number): ViewParameters {
  return {
    crop: { x: 0, y: 0, width: tilePx, height: tilePx },
    horizontalFlip: false,
    verticalFlip: false,
    quarterTurns: 0,
    stain: null,
    jitter: null,
    grey: false,
    blurSigma: null,
  };
}

const unjittered: Jitter = { order: [], brightness: 1, contrast: 1, saturation: 1, hue: 0 };

const stainShifts = [
  { factors: [1.2, 0.8, 1.1], offsets: [0.02, -0.02, 0.01] },
  { factors: [0.8, 1.2, 1], offsets: [-0.02, 0.02, 0] },
  { factors: [1, 1, 1], offsets: [0, 0, 0] },
] as const satisfies readonly NonNullable<ViewParameters['stain']>[];

/** Every operation alone, each at both ends of its range, all eight flips and turns, and all orders of the jitter. */
function operationsAlone(tilePx: number): ViewParameters[] {
  const base = still(tilePx);
  const alone = (jitter: Partial<Jitter>): ViewParameters => ({ ...base, jitter: { ...unjittered, ...jitter } });
  const crops = [
    { x: 0, y: 0, width: 1, height: 1 },
    { x: tilePx - 1, y: tilePx - 3, width: 1, height: 3 },
    { x: 1, y: 2, width: tilePx - 1, height: Math.ceil(tilePx / 3) },
    { x: Math.floor(tilePx / 2), y: 0, width: Math.floor(tilePx / 2), height: tilePx },
  ];
  const names = ['brightness', 'contrast', 'saturation', 'hue'] as const;
  const orders = names.flatMap((a) =>
    names.flatMap((b) =>
      names.flatMap((c) => names.flatMap((d) => (new Set([a, b, c, d]).size === 4 ? [[a, b, c, d]] : []))),
    ),
  );
  return [
    base,
    ...crops.map((crop) => ({ ...base, crop })),
    ...[0, 1, 2, 3].flatMap((quarterTurns) =>
      [false, true].flatMap((horizontalFlip) =>
        [false, true].map((verticalFlip) => ({ ...base, quarterTurns, horizontalFlip, verticalFlip })),
      ),
    ),
    ...[0.6, 1.4].flatMap((factor) => [
      alone({ order: ['brightness'], brightness: factor }),
      alone({ order: ['contrast'], contrast: factor }),
      alone({ order: ['saturation'], saturation: factor }),
    ]),
    ...[-0.5, -0.1, 0, 0.1, 0.5].map((hue) => alone({ order: ['hue'], hue })),
    ...orders.map((order) => alone({ order, brightness: 1.4, contrast: 0.7, saturation: 1.3, hue: 0.1 })),
    ...stainShifts.map((stain) => ({ ...base, stain })),
    { ...alone({ order: ['contrast', 'hue'], contrast: 1.3, hue: 0.1 }), stain: stainShifts[0] ?? null },
    { ...base, grey: true },
    ...[0.1, 0.5, 1.2, 2].map((blurSigma) => ({ ...base, blurSigma })),
  ];
}

describe.skipIf(opened === null)(`augmentation on ${adapter}`, () => {
  describe.each(precisions)('in %s', (precision) => {
    it.each([
      [32, 32],
      [31, 24],
      [24, 41],
      [96, 40],
      [8, 8],
    ])('does every operation alone as the host does, tile %i px, view %i px', async (tilePx, viewPx) => {
      const views = operationsAlone(tilePx).map((parameters, index) => ({ slot: index % 3, parameters }));
      const input = { tilePx, viewPx, pixels: tilesOf(3, tilePx), views: [...views, { slot: 1, parameters: null }] };
      expect(excess(await onDevice(input, precision), onHost(input), precision)).toBeLessThanOrEqual(0);
    });

    it('does 200 drawn views as the host does', async () => {
      const [tilePx, viewPx] = [72, 64];
      const views = Array.from({ length: 200 }, (_, tile) => ({
        slot: tile % 20,
        parameters: drawViewParameters({ ...tissueAugmentation, stainJitter: 0.2 }, tilePx, 11, 3, tile, 0),
      }));
      const input = { tilePx, viewPx, pixels: tilesOf(20, tilePx), views };
      const output = await onDevice(input, precision);
      expect(excess(output, onHost(input), precision)).toBeLessThanOrEqual(0);
      const again = await onDevice(input, precision);
      expect(Buffer.compare(Buffer.from(again.buffer), Buffer.from(output.buffer)), 'the same bits twice').toBe(0);
    });
  });

  it('covers more than 65,535 workgroups', async () => {
    const [tilePx, viewPx] = [4, 7];
    const views = Array.from({ length: 70_000 }, (_, index) => ({
      slot: index % 2,
      parameters: { ...still(tilePx), grey: index % 3 === 0, horizontalFlip: index > 65_000 },
    }));
    const input = { tilePx, viewPx, pixels: tilesOf(2, tilePx), views };
    expect(excess(await onDevice(input, 'f32'), onHost(input), 'f32')).toBeLessThanOrEqual(0);
  });

  describe('against torchvision', () => {
    const golden = readNpz(new URL('../golden/augmentation.npz', import.meta.url).pathname);
    const shape = golden.get('image')!.shape as readonly [number, number, number];
    const [, height, width] = shape;
    const tilePx = Math.max(width, height);
    const pixels = new Uint8Array(tilePx * tilePx * 3);
    const source = golden.get('image')!.data;
    for (let channel = 0; channel < 3; channel += 1) {
      for (let pixel = 0; pixel < width * height; pixel += 1) {
        const [row, column] = [Math.floor(pixel / width), pixel % width];
        pixels[(row * tilePx + column) * 3 + channel] = source[channel * width * height + pixel]!;
      }
    }
    const base = still(tilePx);
    const whole = { x: 0, y: 0, width, height };
    const crop = { x: 22, y: 13, width: 120, height: 97 };

    /** Largest difference to a square of the golden image, `margin` pixels off its edges. */
    async function difference(
      name: string,
      viewPx: number,
      parameters: ViewParameters,
      { left = 0, top = 0, margin = 0 } = {},
    ): Promise<number> {
      const output = await onDevice({ tilePx, viewPx, pixels, views: [{ slot: 0, parameters }] }, 'f32');
      const { shape: goldenShape, data } = golden.get(name)!;
      const [channels, rows, columns] = goldenShape as [number, number, number];
      let worst = 0;
      for (let channel = 0; channel < channels; channel += 1) {
        for (let row = margin; row < viewPx - margin; row += 1) {
          for (let column = margin; column < viewPx - margin; column += 1) {
            const value = output[(row * viewPx + column) * 8 + channel]!;
            const actual = value * imageNetStandardDeviation[channel]! + imageNetMean[channel]!;
            const expected = data[(channel * rows + top + row) * columns + left + column]!;
            worst = Math.max(worst, Math.abs(actual - expected));
          }
        }
      }
      return worst;
    }

    it.each<[string, number, ViewParameters['crop']]>([
      ['resizedCropBilinear', 128, crop],
      ['resizeDownBilinear', 64, whole],
    ])('%s is within 2e-5', async (name, viewPx, of) => {
      expect(await difference(name, viewPx, { ...base, crop: of })).toBeLessThan(tolerance);
    });

    // The golden results are of the whole image, which is not square: the centred square, which flips keep, shows the same
    // where an operation looks at one pixel, and off its edges where it looks at neighbours. Contrast needs the whole
    // image's mean; it is compared with the host above, and the host with torchvision in its own test.
    const alone = (jitter: Partial<Jitter>): Partial<ViewParameters> => ({ jitter: { ...unjittered, ...jitter } });
    it.each<[string, number, Partial<ViewParameters>]>([
      ['brightness1.3', 0, alone({ order: ['brightness'], brightness: 1.3 })],
      ['saturation1.4', 0, alone({ order: ['saturation'], saturation: 1.4 })],
      ['hue0.08', 0, alone({ order: ['hue'], hue: 0.08 })],
      ['hue-0.1', 0, alone({ order: ['hue'], hue: -0.1 })],
      ['grayscale', 0, { grey: true }],
      ['horizontalFlip', 0, { horizontalFlip: true }],
      ['verticalFlip', 0, { verticalFlip: true }],
      ['gaussianBlur13sigma1.2', 6, { blurSigma: 1.2 }],
      ['gaussianBlur13sigma0.1', 6, { blurSigma: 0.1 }],
    ])('%s is within 2e-5', async (name, margin, change) => {
      const viewPx = 128;
      const [left, top] = [(width - viewPx) / 2, (height - viewPx) / 2];
      const parameters = { ...base, crop: { x: left, y: top, width: viewPx, height: viewPx }, ...change };
      expect(await difference(name, viewPx, parameters, { left, top, margin })).toBeLessThan(tolerance);
    });
  });
});
