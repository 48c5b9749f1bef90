/** The poolings against float64, both ways; ties go to the first largest value, as in PyTorch. */
import { referenceNormalised } from '#main/engine/webgpu/kernels/batch-norm/reference.ts';
import {
  averagePool,
  averagePoolGradient,
  maxPool,
  maxPoolGradient,
  type MaxPoolShape,
} from '#main/engine/webgpu/kernels/pooling/kernel.ts';
import {
  referenceAveragePool,
  referenceMaxPool,
  referenceMaxPoolGradient,
} from '#main/engine/webgpu/kernels/pooling/reference.ts';
import { describe, expect, test } from 'vitest';
import {
  expectSameBits,
  expectWithin,
  normalValues,
  precisionsOf,
  singleError,
  storageError,
} from './sample-values.ts';
import { openTestDevice, runPrograms } from './test-device.ts';

const device = await openTestDevice();

const sizes = [
  { images: 1, inHeight: 1, inWidth: 1, channels: 8 },
  { images: 2, inHeight: 2, inWidth: 5, channels: 8 },
  { images: 4, inHeight: 7, inWidth: 7, channels: 24 },
  { images: 2, inHeight: 8, inWidth: 13, channels: 64 },
];

describe.skipIf(device === null)(`pooling on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;
  for (const precision of precisionsOf(device)) {
    for (const size of sizes) {
      for (const transformed of [false, true]) {
        const inputTransform = transformed ? { imagesPerGroup: Math.ceil(size.images / 2) } : null;
        const shape: MaxPoolShape = { ...size, precision, inputTransform };
        const label = `${precision} ${Object.values(size).join(' x ')}${transformed ? ' rectified while loading' : ''}`;
        const elements = size.images * size.inHeight * size.inWidth * size.channels;
        const outputs = size.images * Math.ceil(size.inHeight / 2) * Math.ceil(size.inWidth / 2) * size.channels;
        const groups = Math.ceil(size.images / (inputTransform?.imagesPerGroup ?? size.images));
        // Few distinct values make ties; scale 0.5 and quarters are exact in both precisions, whatever the order of rounding.
        const x = normalValues('x', elements, precision).map((value) => Math.round(value * 2) / 2);
        const statistics = Float32Array.from({ length: groups * 4 * size.channels }, (_, index) =>
          index % (4 * size.channels) < 3 * size.channels ? 0.5 : (index % 3) / 4 - 0.25,
        );
        const rowsPerGroup = (size.inHeight * size.inWidth * size.images) / groups;
        const loaded = transformed
          ? referenceNormalised({ groups, rowsPerGroup, channels: size.channels }, x, statistics).map((value) =>
              Math.max(0, value),
            )
          : x;
        const extra = transformed ? [{ data: statistics }] : [];

        test(`max pool equals the reference exactly: ${label}`, async () => {
          const buffers = [{ data: x, precision }, { data: new Float32Array(outputs), precision }, ...extra];
          const steps = [{ program: maxPool(shape), uses: [...buffers.keys()] }];
          const [, output] = await runPrograms(device, buffers, steps);
          expect(output).toEqual(Float32Array.from(referenceMaxPool(size, loaded).output));
        });

        test(`its gradient goes to the first largest value: ${label}`, async () => {
          const gradient = normalValues('gradient', outputs, precision);
          const buffers = [
            { data: x, precision },
            { data: gradient, precision },
            { data: new Float32Array(elements).fill(7), precision },
            ...extra,
          ];
          const steps = [{ program: maxPoolGradient(shape), uses: [...buffers.keys()] }];
          const result = await runPrograms(device, buffers, steps);
          const expected = referenceMaxPoolGradient(size, loaded, gradient);
          // Up to four gradients below 6 are added, then stored.
          expectWithin(
            result[2]!,
            expected,
            (index) => 3 * singleError * 24 + storageError(expected[index]!, precision),
          );
          expectSameBits(await runPrograms(device, buffers, steps), result);
        });
      }
    }

    test.each([
      [1, 1, 8],
      [3, 49, 24],
      [5, 16, 512],
    ])(
      `average pool of %i x %i x %i and its gradient equal float64's: ${precision}`,
      async (images, rows, channels) => {
        const x = normalValues('x', images * rows * channels, precision);
        const gradient = normalValues('gradient', images * channels, precision);
        const shape = { images, rowsPerImage: rows, channels, precision };
        const result = await runPrograms(
          device,
          [
            { data: x, precision },
            { data: new Float32Array(images * channels), precision },
            { data: gradient, precision },
            { data: new Float32Array(x.length), precision },
          ],
          [
            { program: averagePool(shape), uses: [0, 1] },
            { program: averagePoolGradient(shape), uses: [2, 3] },
          ],
        );
        const expected = referenceAveragePool(images, rows, channels, x);
        expectWithin(result[1]!, expected, (i) => (rows + 2) * singleError * 6 + storageError(expected[i]!, precision));
        const spread = x.map((_, index) => {
          const image = Math.floor(index / channels / rows);
          return gradient[image * channels + (index % channels)]! / rows;
        });
        expectWithin(
          result[3]!,
          spread,
          (i) => 4 * singleError * Math.abs(spread[i]!) + storageError(spread[i]!, precision),
        );
      },
    );
  }

  test('max pool keeps NaN and minus infinity', async () => {
    const x = new Float32Array(2 * 4 * 8).fill(-Infinity);
    x[0] = Number.NaN;
    const shape: MaxPoolShape = {
      images: 2,
      inHeight: 2,
      inWidth: 2,
      channels: 8,
      precision: 'f32',
      inputTransform: null,
    };
    const [, output] = await runPrograms(
      device,
      [{ data: x }, { data: new Float32Array(16) }],
      [{ program: maxPool(shape), uses: [0, 1] }],
    );
    expect([...output!]).toEqual([Number.NaN, ...Array<number>(15).fill(-Infinity)]);
  });
});
