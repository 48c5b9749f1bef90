/** VICReg and Barlow Twins on the device against PyTorch's loss and gradient, and against the portable engine. */
import { decorrelationLoss as portableLoss } from '#main/engine/tfjs/decorrelation-loss.ts';
import {
  decorrelationLoss,
  type DecorrelationBuffer,
  type DecorrelationShape,
} from '#main/engine/webgpu/kernels/decorrelation/kernel.ts';
import { decorrelationCases } from '#tests/support/decorrelation-cases.ts';
import { describe, expect, test } from 'vitest';
import { expectSameBits, expectWithin, halfError, normalValues, precisionsOf, singleError } from './sample-values.ts';
import { openTestDevice, runPrograms, type TestDevice } from './test-device.ts';

const device = await openTestDevice();
const scale = 64;

async function run(on: TestDevice, shape: DecorrelationShape, projections: Float32Array) {
  const { batch, precision } = shape;
  const { programs, elements } = decorrelationLoss(shape);
  const data: Record<DecorrelationBuffer, { data: Float32Array; precision?: 'f16' | 'f32' }> = {
    projections: { data: projections, precision },
    scaler: { data: new Float32Array(8).fill(scale) },
    moments: { data: new Float32Array(elements.moments) },
    products: { data: new Float32Array(elements.products) },
    columnLosses: { data: new Float32Array(elements.columnLosses) },
    gradient: { data: new Float32Array(projections.length), precision },
    rowLosses: { data: new Float32Array(batch).fill(7) },
  };
  const names = Object.keys(data) as DecorrelationBuffer[];
  const steps = programs.map(({ program, uses }) => ({ program, uses: uses.map((name) => names.indexOf(name)) }));
  const result = await runPrograms(on, Object.values(data), steps);
  expectSameBits(await runPrograms(on, Object.values(data), steps), result);
  const of = (name: DecorrelationBuffer) => Float32Array.from(result[names.indexOf(name)]!);
  return { loss: of('rowLosses').reduce((sum, value) => sum + value, 0) / batch, gradient: of('gradient') };
}

describe.skipIf(device === null)(`decorrelation losses on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;

  test.each(decorrelationCases)(
    "$method, $batch x $width, neighbour weight $neighbourWeight: loss and gradient are PyTorch's",
    async (item) => {
      const { batch, width } = item;
      const { loss, gradient } = await run(
        device,
        { objective: item, batch, width, precision: 'f32' },
        item.projections,
      );
      expect(Math.abs(loss / item.loss - 1)).toBeLessThan(1e-5);
      item.gradientFirst.forEach((first, view) => {
        const bound = 1e-5 * scale * item.gradientNorms[view]!;
        const start = view * batch * width;
        const own = gradient.subarray(start, start + batch * width);
        expectWithin(
          own.subarray(0, first.length),
          first.map((value) => value * scale),
          () => bound,
        );
        expect(Math.abs(Math.hypot(...own) / (scale * item.gradientNorms[view]!) - 1)).toBeLessThan(1e-5);
      });
    },
  );

  for (const precision of precisionsOf(device)) {
    test.each([
      ['vicreg', 2, 8],
      ['vicreg', 33, 512],
      ['vicreg', 260, 40],
      ['barlow-twins', 2, 8],
      ['barlow-twins', 33, 512],
      ['barlow-twins', 260, 40],
    ] as const)(`%s of %i triplets x %i equals the portable engine's: ${precision}`, async (method, batch, width) => {
      const objective = { method, neighbourWeight: 0.75 };
      const projections = normalValues('z', 3 * batch * width, precision, 0.8, 0.1);
      const expected = portableLoss(objective, projections, batch, width);
      const { loss, gradient } = await run(device, { objective, batch, width, precision }, projections);
      const rounding = (precision === 'f16' ? halfError : 0) + 512 * singleError;
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(512 * singleError);
      const largest = expected.gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * scale;
      expectWithin(
        gradient,
        expected.gradient.map((value) => value * scale),
        () => rounding * largest,
      );
    });
  }

  test('a broken projection shows as a broken loss', async () => {
    const values = normalValues('z', 2 * 4 * 8);
    values[5] = Number.NaN;
    for (const method of ['vicreg', 'barlow-twins'] as const) {
      const objective = { method, neighbourWeight: 0 };
      expect((await run(device, { objective, batch: 4, width: 8, precision: 'f32' }, values)).loss).toBeNaN();
    }
  });
});
