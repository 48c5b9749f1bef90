/** The convolution's three products and column sums on the adapter that is there, against float64. */
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { RandomStream } from '#common/random.ts';
import type { KernelProgram, Precision } from '#main/engine/webgpu/kernel-program.ts';
import {
  columnSums,
  convolutionForward,
  convolutionInputGradient,
  convolutionOutput,
  convolutionWeightGradient,
  type ConvolutionShape,
  type ProductFamily,
} from '#main/engine/webgpu/kernels/convolution/kernel.ts';
import {
  referenceForward,
  referenceInputGradient,
  referenceTransform,
  referenceWeightGradient,
} from '#main/engine/webgpu/kernels/convolution/reference.ts';
import { emulateMatrixUnits } from './emulated-matrix-units.ts';
import { fromHalf, openTestDevice, runPrograms, toHalf, type TestDevice } from './test-device.ts';

let device: TestDevice | null = null;
beforeAll(async () => {
  device = await openTestDevice();
});

function require(context: TestContext, precision: Precision): TestDevice {
  if (device === null) return context.skip('no Vulkan, Metal or Direct3D driver');
  if (precision === 'f16' && !device.hasF16) return context.skip('the adapter has no 16-bit floats');
  return device;
}

interface Variant {
  readonly precision: Precision;
  readonly family: ProductFamily;
  /** Makes the program one that this adapter can run. */
  readonly run: (program: KernelProgram) => KernelProgram;
}

const units = (m: number, n: number, k: number): Variant => ({
  precision: 'f16',
  family: { kind: 'subgroup-matrix', m, n, k, subgroupSize: 32 },
  run: (program) => emulateMatrixUnits(program, m, n, k),
});
const family = { kind: 'fma' } as const;
const variants: Readonly<Record<string, Variant>> = {
  f32: { precision: 'f32', family, run: (program) => program },
  f16: { precision: 'f16', family, run: (program) => program },
  'emulated matrix units 16 x 16 x 16': units(16, 16, 16),
  'emulated matrix units 8 x 8 x 8': units(8, 8, 8),
};

function shapeOf(
  images: number,
  [inHeight, inWidth]: readonly [number, number],
  [inChannels, outChannels]: readonly [number, number],
  [kernel, stride, padding]: readonly [number, number, number],
): ConvolutionShape {
  return { images, inHeight, inWidth, inChannels, outChannels, kernel, stride, padding };
}

const shapes: readonly (readonly [string, ConvolutionShape])[] = [
  ['7 x 7, stride 2, 8 to 64 channels, odd size', shapeOf(3, [15, 13], [8, 64], [7, 2, 3])],
  ['3 x 3, 24 to 40 channels', shapeOf(3, [7, 5], [24, 40], [3, 1, 1])],
  ['3 x 3, stride 2, 16 to 72 channels, odd and even size', shapeOf(3, [7, 8], [16, 72], [3, 2, 1])],
  ['1 x 1, 64 to 136 channels', shapeOf(6, [5, 3], [64, 136], [1, 1, 0])],
  ['1 x 1, stride 2, 16 to 8 channels', shapeOf(3, [7, 6], [16, 8], [1, 2, 0])],
  ['one pixel, one image', shapeOf(1, [1, 1], [8, 8], [3, 1, 1])],
  ['a linear layer of 99 rows, 72 to 200', shapeOf(99, [1, 1], [72, 200], [1, 1, 0])],
  ['many rows, so that the largest tile is chosen', shapeOf(3, [75, 73], [8, 8], [3, 1, 1])],
];
const precisions: readonly Precision[] = ['f32', 'f16'];
const variantOfShape: readonly (string | undefined)[] = [
  undefined,
  undefined,
  'emulated matrix units 16 x 16 x 16',
  undefined,
  'emulated matrix units 8 x 8 x 8',
];
const cases = shapes.flatMap(([name, shape], index) =>
  Object.entries(variants)
    // Emulation is slow to compile: one shape for a kind of matrix units.
    .filter(([variant]) => !variant.startsWith('emulated') || variantOfShape[index] === variant)
    .map(([variant, { precision, family, run }]) => ({ name, shape, variant, precision, family, run })),
);

function draw(key: string, count: number, precision: Precision): Float32Array {
  const stream = RandomStream.of('convolution-test', key);
  return Float32Array.from({ length: count }, () => {
    const value = Math.fround(stream.nextUnit() * 2 - 1);
    return precision === 'f16' ? fromHalf(toHalf(value)) : value;
  });
}

const absolute = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, Math.abs);

/** Any order of n float32 additions errs by at most n * 2^-24 of the sum of magnitudes; storing costs one rounding more. */
function expectClose(
  actual: ArrayLike<number>,
  expected: Float64Array,
  magnitudes: Float64Array,
  terms: number,
  stored: Precision,
  label: string,
): void {
  expect(actual.length).toBe(expected.length);
  const rounding = stored === 'f16' ? 2 ** -11 : 2 ** -24;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const sums = (terms + 4) * 2 ** -24 * magnitudes[i]!;
    const bound = sums + rounding * (Math.abs(expected[i]!) + sums) + 2 ** -25;
    const ratio = Math.abs(actual[i]! - expected[i]!) / bound;
    if (!(ratio <= worst)) worst = ratio;
  }
  expect(worst, `${label}: largest error in units of its bound`).toBeLessThanOrEqual(1);
}

function sizes(shape: ConvolutionShape): {
  rows: number;
  input: number;
  weights: number;
  output: number;
  terms: number;
} {
  const { height, width } = convolutionOutput(shape);
  const rows = shape.images * height * width;
  const terms = shape.kernel ** 2 * shape.inChannels;
  return {
    rows,
    terms,
    input: shape.images * shape.inHeight * shape.inWidth * shape.inChannels,
    weights: terms * shape.outChannels,
    output: rows * shape.outChannels,
  };
}

/** Bound on the transform's own error, which the products pass on: two float32 roundings, and f16's. */
function transformed(
  shape: ConvolutionShape,
  input: Float32Array,
  statistics: Float32Array,
  imagesPerGroup: number,
  precision: Precision,
): Float64Array {
  const exact = referenceTransform(shape, input, statistics, imagesPerGroup);
  return precision === 'f16' ? exact.map((value) => fromHalf(toHalf(value))) : exact;
}

describe('convolution forward', () => {
  test.for(cases)('$name, $variant', async ({ shape, precision, family, run: adapt }, context) => {
    const gpu = require(context, precision);
    const { input, weights, output, terms } = sizes(shape);
    const x = draw('x', input, precision);
    const w = draw('w', weights, precision);
    const bias = draw('bias', shape.outChannels, 'f32');
    const withBias = shape.outChannels % 16 === 0;
    const { program } = convolutionForward(shape, {
      precision,
      family,
      inputTransform: null,
      bias: withBias,
      statistics: null,
    });
    const result = await runPrograms(
      gpu,
      [{ data: x, precision }, { data: w, precision }, { data: new Float32Array(output), precision }, { data: bias }],
      [{ program: adapt(program), uses: withBias ? [0, 1, 2, 3] : [0, 1, 2] }],
    );
    const expected = referenceForward(shape, x, w, withBias ? bias : null);
    const magnitudes = referenceForward(shape, absolute(x), absolute(w), withBias ? absolute(bias) : null);
    expectClose(result[2]!, expected, magnitudes, terms, precision, 'output');
  });

  test.for(
    // Half a minute of compilation on a software adapter for the emulated 8 x 8 x 8.
    cases.filter(({ shape, variant }) => shape.images % 3 === 0 && !variant.includes('8 x 8')),
  )(
    'normalises while loading and leaves partial statistics: $name, $variant',
    async ({ shape, precision, family, run: adapt }, context) => {
      const gpu = require(context, precision);
      const { input, weights, output, terms, rows } = sizes(shape);
      const imagesPerGroup = shape.images / 3;
      const x = draw('x', input, precision);
      const w = draw('w', weights, precision);
      const bias = draw('bias', shape.outChannels, 'f32');
      const statistics = draw('statistics', 3 * 4 * shape.inChannels, 'f32');
      const product = convolutionForward(shape, {
        precision,
        family,
        inputTransform: { imagesPerGroup },
        bias: true,
        statistics: { imagesPerGroup },
      });
      const run = (): Promise<(Float32Array | Uint32Array)[]> =>
        runPrograms(
          gpu,
          [
            { data: x, precision },
            { data: w, precision },
            { data: new Float32Array(output), precision },
            { data: statistics },
            { data: bias },
            { data: new Float32Array(product.partialsElements).fill(NaN) },
          ],
          [{ program: adapt(product.program), uses: [0, 1, 2, 3, 4, 5] }],
        );
      const result = await run();
      const stored = result[2]!;
      const z = transformed(shape, x, statistics, imagesPerGroup, precision);
      // The transform's float32 roundings (f16: rarely to the neighbouring float16) are terms of the sums too.
      const slack = precision === 'f16' ? 2 ** 13 * 2 : 8;
      const magnitudes = referenceForward(
        shape,
        z.map((value) => value + (precision === 'f16' ? 0 : 1)),
        absolute(w),
        absolute(bias),
      );
      expectClose(stored, referenceForward(shape, z, w, bias), magnitudes, terms + slack, precision, 'output');

      const { partsPerGroup, rowsPerPart, partialsElements } = product;
      const channels = shape.outChannels;
      const rowsPerGroup = rows / 3;
      const expected = new Float64Array(partialsElements);
      const bounds = new Float64Array(partialsElements);
      for (let part = 0; part < 3 * partsPerGroup; part++) {
        const group = Math.floor(part / partsPerGroup);
        const first = group * rowsPerGroup + (part % partsPerGroup) * rowsPerPart;
        const end = Math.min(first + rowsPerPart, (group + 1) * rowsPerGroup);
        for (let c = 0; c < channels; c++) {
          const values = Array.from({ length: end - first }, (_, row) => stored[(first + row) * channels + c]!);
          const sum = values.reduce((total, value) => total + value, 0);
          const mean = sum / values.length;
          expected[part * 2 * channels + c] = sum;
          expected[(part * 2 + 1) * channels + c] = values.reduce((total, value) => total + (value - mean) ** 2, 0);
          bounds[part * 2 * channels + c] = values.reduce((total, value) => total + Math.abs(value), 0);
          bounds[(part * 2 + 1) * channels + c] = values.reduce((total, value) => total + value ** 2, 0);
        }
      }
      // A compiler may skip the rounding to float16 between the store and the sums: 2^-11 of each value, twice in squares.
      const skipped = precision === 'f16' ? 2 ** 14 : 0;
      expectClose(result[5]!, expected, bounds, 4 * rowsPerPart + skipped, 'f32', 'partials');
      const again = await run();
      expect(again[2]).toEqual(stored);
      expect(again[5]).toEqual(result[5]);
    },
  );
});

describe('convolution input gradient', () => {
  test.for(cases)('$name, $variant', async ({ shape, precision, family, run: adapt }, context) => {
    const gpu = require(context, precision);
    const { input, weights, output } = sizes(shape);
    const g = draw('g', output, precision);
    const w = draw('w', weights, precision);
    const before = draw('before', input, precision);
    const expected = referenceInputGradient(shape, g, w);
    const magnitudes = referenceInputGradient(shape, absolute(g), absolute(w));
    const terms = shape.kernel ** 2 * shape.outChannels;
    for (const accumulate of shape.stride === 2 ? [false, true] : [precision === 'f32']) {
      const program = convolutionInputGradient(shape, { precision, family, accumulate });
      const result = await runPrograms(
        gpu,
        [
          { data: g, precision },
          { data: w, precision },
          { data: before, precision },
        ],
        [{ program: adapt(program), uses: [0, 1, 2] }],
      );
      const added = (values: Float64Array, base: ArrayLike<number>): Float64Array =>
        accumulate ? values.map((value, index) => value + base[index]!) : values;
      expectClose(
        result[2]!,
        added(expected, before),
        added(magnitudes, absolute(before)),
        terms,
        precision,
        'gradient',
      );
    }
  });
});

describe('convolution weight gradient', () => {
  test.for(
    cases.flatMap((one) => [
      { ...one, transform: false },
      { ...one, transform: true },
    ]),
  )(
    '$name, $variant, normalised input $transform',
    async ({ shape, precision, family, run: adapt, transform }, context) => {
      const gpu = require(context, precision);
      const { input, weights, output, rows } = sizes(shape);
      const imagesPerGroup = shape.images % 3 === 0 ? shape.images / 3 : shape.images;
      const x = draw('x', input, precision);
      const g = draw('g', output, precision);
      const statistics = draw('statistics', (shape.images / imagesPerGroup) * 4 * shape.inChannels, 'f32');
      const { partial, reduce, workspaceElements } = convolutionWeightGradient(shape, {
        precision,
        family,
        inputTransform: transform ? { imagesPerGroup } : null,
      });
      const run = (): Promise<(Float32Array | Uint32Array)[]> =>
        runPrograms(
          gpu,
          [
            { data: x, precision },
            { data: g, precision },
            { data: new Float32Array(workspaceElements).fill(NaN) },
            { data: new Float32Array(weights).fill(NaN) },
            { data: statistics },
          ],
          [
            { program: adapt(partial), uses: transform ? [0, 1, 2, 4] : [0, 1, 2] },
            { program: reduce, uses: [2, 3] },
          ],
        );
      const result = await run();
      const z = transform ? transformed(shape, x, statistics, imagesPerGroup, precision) : Float64Array.from(x);
      const slack = transform ? (precision === 'f16' ? 2 ** 13 * 2 : 8) : 0;
      const widened = absolute(z).map((value) => value + (transform && precision === 'f32' ? 1 : 0));
      const magnitudes = referenceWeightGradient(shape, widened, absolute(g));
      expectClose(result[3]!, referenceWeightGradient(shape, z, g), magnitudes, rows + slack, 'f32', 'gradient');
      expect((await run())[3]).toEqual(result[3]);
    },
  );

  test('splits the rows among enough workgroups within the workspace limit', () => {
    for (const shape of [
      shapeOf(384, [64, 64], [8, 64], [7, 2, 3]),
      shapeOf(384, [32, 32], [64, 64], [3, 1, 1]),
      shapeOf(384, [4, 4], [512, 512], [3, 1, 1]),
      shapeOf(384, [1, 1], [2048, 2048], [1, 1, 0]),
    ]) {
      const { partial, workspaceElements } = convolutionWeightGradient(shape, {
        precision: 'f16',
        family,
        inputTransform: { imagesPerGroup: 128 },
      });
      expect(workspaceElements * 4).toBeLessThanOrEqual(64 * 2 ** 20);
      expect(partial.workgroups[0]).toBeGreaterThanOrEqual(256);
    }
  });
});

describe('column sums', () => {
  test.for(
    [
      [1, 8],
      [97, 72],
      [1031, 200],
      [20000, 16],
    ].flatMap(([rows, channels]) =>
      precisions.map((precision) => ({ rows: rows ?? 0, channels: channels ?? 0, precision })),
    ),
  )('$rows x $channels, $precision', async ({ rows, channels, precision }, context) => {
    const gpu = require(context, precision);
    const x = draw('x', rows * channels, precision);
    const { partial, reduce, workspaceElements } = columnSums({ rows, channels, precision });
    const result = await runPrograms(
      gpu,
      [
        { data: x, precision },
        { data: new Float32Array(workspaceElements).fill(NaN) },
        { data: new Float32Array(channels).fill(NaN) },
      ],
      [
        { program: partial, uses: [0, 1] },
        { program: reduce, uses: [1, 2] },
      ],
    );
    const expected = new Float64Array(channels);
    const magnitudes = new Float64Array(channels);
    x.forEach((value, index) => {
      expected[index % channels]! += value;
      magnitudes[index % channels]! += Math.abs(value);
    });
    expectClose(result[2]!, expected, magnitudes, rows, 'f32', 'sums');
  });
});
