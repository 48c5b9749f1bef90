/** Batch norm's kernels against float64, both ways. */
import {
  batchNormGradientApply,
  batchNormGradientFinish,
  batchNormGradientPartials,
} from '#main/engine/webgpu/kernels/batch-norm/gradient-kernel.ts';
import {
  batchNormApply,
  batchNormFinish,
  batchNormFromRunning,
  batchNormPartials,
  type NormShape,
} from '#main/engine/webgpu/kernels/batch-norm/kernel.ts';
import {
  referenceGradient,
  referenceNormalised,
  referenceStatistics,
} from '#main/engine/webgpu/kernels/batch-norm/reference.ts';
import { rowGrid } from '#main/engine/webgpu/kernels/batch-norm/row-grid.ts';
import { describe, expect, test } from 'vitest';
import {
  expectSameBits,
  expectWithin,
  normalValues,
  precisionsOf,
  rounded,
  singleError,
  storageError,
} from './sample-values.ts';
import { openTestDevice, runPrograms } from './test-device.ts';

const device = await openTestDevice();

const sizes = [
  { images: 1, rowsPerImage: 1, channels: 8, groups: 1 },
  { images: 3, rowsPerImage: 7, channels: 24, groups: 3 },
  { images: 6, rowsPerImage: 35, channels: 40, groups: 3 },
  { images: 6, rowsPerImage: 1, channels: 256, groups: 3 },
  { images: 2, rowsPerImage: 1031, channels: 64, groups: 2 },
  { images: 2, rowsPerImage: 4099, channels: 8, groups: 1 },
];

/** Additions that one value passes through at most: rows of a thread, trees over threads, parts of a thread. */
const additions = 64 + 7 + 16 + 7;

function finishOf(shape: NormShape, partials: { partsPerGroup: number; rowsPerPart: number }) {
  return { ...shape, ...partials, rowsPerGroup: (shape.images * shape.rowsPerImage) / shape.groups };
}

function float32(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values);
}

/** Inputs whose normalised values keep away from zero, so that the mask does not hang on a rounding. */
function sample(shape: NormShape) {
  const { images, rowsPerImage, channels, groups, precision } = shape;
  const reference = { groups, rowsPerGroup: (images * rowsPerImage) / groups, channels };
  const elements = images * rowsPerImage * channels;
  const x = normalValues('x', elements, precision, 2, 3);
  const gamma = normalValues('gamma', channels, 'f32', 0.2, 1);
  const beta = normalValues('beta', channels, 'f32', 0.5);
  const running = float32([...normalValues('mean', channels), ...normalValues('var', channels, 'f32', 0.1, 2)]);
  const expected = referenceStatistics(reference, x, gamma, beta, running);
  const statistics = float32(expected.statistics);
  referenceNormalised(reference, x, statistics).forEach((value, index) => {
    if (Math.abs(value) < 1e-2) x[index] = rounded([x[index]! + 0.25], precision)[0]!;
  });
  const gradient = normalValues('gradient', elements, precision);
  return { reference, elements, x, gamma, beta, running, statistics, gradient };
}

test('the grid covers every row once and grows with the tensor', () => {
  const large = rowGrid({ groups: 3, rowsPerGroup: 524_288, channels: 64 }, { least: 4, most: 64 });
  expect(large).toMatchObject({ quadLanes: 16, rowLanes: 16, rowsPerPart: 768, partsPerGroup: 683 });
  expect(rowGrid({ groups: 3, rowsPerGroup: 128, channels: 2048 }, { least: 4, most: 64 })).toMatchObject({
    workgroups: 3 * 4 * 16,
  });
  expect(() => rowGrid({ groups: 1, rowsPerGroup: 1, channels: 12 }, { least: 1, most: 1 })).toThrow(/padded to 8/);
});

describe.skipIf(device === null)(`batch norm on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;
  for (const precision of precisionsOf(device)) {
    for (const size of sizes) {
      const shape: NormShape = { ...size, precision };
      const label = `${precision} ${Object.values(size).join(' x ')}`;

      test(`statistics and running values equal float64's: ${label}`, async () => {
        const { reference, x, gamma, beta, running } = sample(shape);
        const expected = referenceStatistics(reference, x, gamma, beta, running);
        const partials = batchNormPartials(shape);
        const buffers = [
          { data: x, precision },
          { data: new Float32Array(partials.partialsElements) },
          { data: gamma },
          { data: beta },
          { data: new Float32Array(size.groups * 4 * size.channels) },
          { data: running },
        ];
        const steps = [
          { program: partials.program, uses: [0, 1] },
          { program: batchNormFinish(finishOf(shape, partials)), uses: [1, 2, 3, 4, 5] },
        ];
        const first = await runPrograms(device, buffers, steps);
        // |x| < 16 and deviations < 13; inverse <= 317 only where the variance is 0.
        const meanBound = additions * singleError * 16;
        const varianceBound = 2 * additions * singleError * 13 ** 2;
        expectWithin(first[4]!, expected.statistics, (index) => {
          const entry = Math.floor(index / size.channels) % 4;
          if (entry === 0) return meanBound;
          const channel = index % size.channels;
          const base = index - entry * size.channels;
          const inverse = expected.statistics[base + size.channels]!;
          const inverseBound =
            0.5 * inverse ** 3 * varianceBound * (reference.rowsPerGroup > 1 ? 1 : 1e-7) + 4 * singleError * inverse;
          if (entry === 1) return inverseBound;
          const scaleBound = 2 * Math.abs(gamma[channel]!) * inverseBound;
          if (entry === 2) return scaleBound;
          const scale = Math.abs(expected.statistics[base + 2 * size.channels]!);
          return scaleBound * 16 + scale * meanBound + 4 * singleError * (scale * 16 + Math.abs(beta[channel]!));
        });
        expectWithin(
          first[5]!,
          expected.running,
          (index) => (index < size.channels ? meanBound : varianceBound * 2) * 0.1 * size.groups + 16 * singleError,
        );
        const second = await runPrograms(device, buffers, steps);
        expectSameBits(second, first);
      });

      for (const residual of ['none', 'plain', 'normalised'] as const) {
        test(`normalising with residual ${residual} equals float64's: ${label}`, async () => {
          const { reference, elements, x, statistics } = sample(shape);
          const other = normalValues('residual', elements, precision);
          const otherStatistics = normalValues('other', statistics.length);
          const relu = residual !== 'plain';
          const program = batchNormApply({ ...shape, relu, residual });
          const buffers = [
            { data: x, precision },
            { data: statistics },
            { data: new Float32Array(elements), precision },
            { data: other, precision },
            { data: otherStatistics },
          ];
          const uses = [0, 1, 2, 3, 4].slice(0, program.buffers.length);
          const output = (await runPrograms(device, buffers, [{ program, uses }]))[2]!;
          const plain = referenceNormalised(reference, x, statistics);
          const added = residual === 'plain' ? other : referenceNormalised(reference, other, otherStatistics);
          const expected = plain.map((value, index) => {
            const sum = value + (residual === 'none' ? 0 : added[index]!);
            return relu ? Math.max(0, sum) : sum;
          });
          // Five roundings of terms no larger than |x * scale| + |shift| (+ the residual's).
          const sizes = referenceNormalised(reference, x.map(Math.abs), statistics.map(Math.abs));
          const otherSizes = referenceNormalised(reference, other.map(Math.abs), otherStatistics.map(Math.abs));
          expectWithin(output, expected, (index) => {
            const size = sizes[index]! + (residual === 'none' ? 0 : Math.abs(other[index]!) + otherSizes[index]!);
            return 5 * singleError * size + storageError(expected[index]!, precision);
          });
        });
      }

      for (const mask of ['none', 'normalised', 'output'] as const) {
        test(`gradients behind mask ${mask} equal float64's: ${label}`, async () => {
          const { reference, elements, x, statistics, gradient } = sample(shape);
          const { channels, groups } = size;
          const writeMasked = mask === 'output';
          const activated = normalValues('activated', elements, precision);
          const normalised = referenceNormalised(reference, x, statistics);
          const gate = {
            none: () => 1,
            normalised: (i: number) => normalised[i]!,
            output: (i: number) => activated[i]!,
          };
          const masked = gradient.map((value, index) => (gate[mask](index) > 0 ? value : 0));
          const expected = referenceGradient(reference, masked, x, statistics);
          const partials = batchNormGradientPartials({ ...shape, mask, writeMasked });
          const applyMask = mask === 'output' ? 'none' : mask;
          const inPlace = mask === 'normalised';
          const buffers = [
            { data: gradient, precision },
            { data: x, precision },
            { data: statistics },
            { data: new Float32Array(partials.partialsElements) },
            { data: activated, precision },
            { data: new Float32Array(groups * 2 * channels) },
            { data: new Float32Array(channels) },
            { data: new Float32Array(channels) },
            { data: new Float32Array(elements), precision },
          ];
          const steps = [
            { program: partials.program, uses: mask === 'output' ? [0, 1, 2, 3, 4] : [0, 1, 2, 3] },
            { program: batchNormGradientFinish(finishOf(shape, partials)), uses: [3, 5, 6, 7] },
            {
              program: batchNormGradientApply({ ...shape, mask: applyMask, inPlace }),
              uses: inPlace ? [0, 1, 2, 5] : [0, 1, 2, 5, 8],
            },
          ];
          const actual = await runPrograms(device, buffers, steps);
          if (writeMasked) expectWithin(actual[0]!, masked, () => 0);
          // |g| <= 5.5, |xhat| <= 6 (more only through the nudge of single rows, where inverse is 317).
          const largest = reference.rowsPerGroup === 1 || size.rowsPerImage === 1 ? 120 : 6;
          const meanBound = (additions + 4) * singleError * 5.5 * largest;
          const rows = reference.rowsPerGroup * groups;
          expectWithin(actual[5]!, expected.sums, () => meanBound);
          expectWithin(actual[6]!, expected.gamma, () => meanBound * rows);
          expectWithin(actual[7]!, expected.beta, () => meanBound * rows);
          expectWithin(actual[inPlace ? 0 : 8]!, expected.input, (index) => {
            const group = Math.floor(index / channels / reference.rowsPerGroup);
            const scale = Math.abs(statistics[(group * 4 + 2) * channels + (index % channels)]!);
            return (
              scale * (meanBound * (1 + largest) + 8 * singleError * 5.5 * largest ** 2) +
              storageError(expected.input[index]!, precision)
            );
          });
          expectSameBits(await runPrograms(device, buffers, steps), actual);
        });
      }
    }
  }

  test('a large mean does not eat a small variance', async () => {
    const shape: NormShape = { images: 2, rowsPerImage: 512, channels: 8, groups: 1, precision: 'f32' };
    const x = normalValues('far', 8192, 'f32', 0.01, 1000);
    const partials = batchNormPartials(shape);
    const reference = { groups: 1, rowsPerGroup: 1024, channels: 8 };
    const ones = new Float32Array(8).fill(1);
    const running = new Float32Array(16);
    const expected = referenceStatistics(reference, x, ones, ones, running).statistics;
    const actual = await runPrograms(
      device,
      [
        { data: x },
        { data: new Float32Array(partials.partialsElements) },
        { data: ones },
        { data: ones },
        { data: new Float32Array(32) },
        { data: running },
      ],
      [
        { program: partials.program, uses: [0, 1] },
        { program: batchNormFinish(finishOf(shape, partials)), uses: [1, 2, 3, 4, 5] },
      ],
    );
    // A part's sum is stored in float32: its mean is off by up to 1000 * 2^-24 = 6e-5, of a standard deviation of 1e-2.
    expectWithin(actual[4]!.subarray(8, 16), expected.subarray(8, 16), (index) => 1e-3 * expected[8 + index]!);
  });

  test('running statistics give evaluation mode', async () => {
    const running = Float32Array.from({ length: 48 }, (_, index) => (index < 24 ? index : index / 10));
    const gamma = normalValues('gamma', 24);
    const beta = normalValues('beta', 24);
    const [, , , statistics] = await runPrograms(
      device,
      [{ data: running }, { data: gamma }, { data: beta }, { data: new Float32Array(96) }],
      [{ program: batchNormFromRunning({ channels: 24 }), uses: [0, 1, 2, 3] }],
    );
    const inverse = Array.from({ length: 24 }, (_, index) => 1 / Math.sqrt(running[24 + index]! + 1e-5));
    const scale = inverse.map((value, index) => value * gamma[index]!);
    const shift = scale.map((value, index) => beta[index]! - value * running[index]!);
    expectWithin(statistics!, [...running.subarray(0, 24), ...inverse, ...scale, ...shift], () => 1e-5);
  });

  test('ReLU lets NaN through', async () => {
    const shape: NormShape = { images: 1, rowsPerImage: 1, channels: 8, groups: 1, precision: 'f32' };
    const statistics = new Float32Array(32).fill(1);
    const output = await runPrograms(
      device,
      [{ data: new Float32Array(8).fill(Number.NaN) }, { data: statistics }, { data: new Float32Array(8) }],
      [{ program: batchNormApply({ ...shape, relu: true, residual: 'none' }), uses: [0, 1, 2] }],
    );
    expect([...output[2]!].every(Number.isNaN)).toBe(true);
  });
});
