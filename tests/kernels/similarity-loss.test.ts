/** The loss, its gradient, the spread and the step's result against float64 and the portable engine. */
import { similarityLoss as portableLoss, spreadOfNormalised } from '#main/engine/tfjs/similarity-loss.ts';
import {
  normalisedSpread,
  similarityLoss,
  stepResult,
  type LossShape,
} from '#main/engine/webgpu/kernels/similarity-loss/kernel.ts';
import { referenceLoss, referenceSpread } from '#main/engine/webgpu/kernels/similarity-loss/reference.ts';
import { viewsOf } from '#common/domain/objective.ts';
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
const simtriplet = { method: 'simtriplet' } as const;
const objectives = [simtriplet, { method: 'simtriplet', neighbourWeight: 0.25 }, { method: 'simsiam' }] as const;

test('the reference has the gradient of central differences and equals the portable engine', () => {
  const [batch, width] = [2, 8];
  const p = normalValues('p', 3 * batch * width);
  const z = normalValues('z', 3 * batch * width);
  const { rowLosses, gradient } = referenceLoss(simtriplet, p, z, batch, width);
  const loss = (values: ArrayLike<number>): number =>
    referenceLoss(simtriplet, values, z, batch, width).rowLosses.reduce((sum, value) => sum + value, 0) / batch;
  const step = 1e-5;
  expectWithin(
    Array.from(gradient, (_, index) => {
      const moved = (by: number) => Float64Array.from(p, (value, at) => (at === index ? value + by : value));
      return (loss(moved(step)) - loss(moved(-step))) / (2 * step);
    }),
    gradient,
    () => 1e-8,
  );
  const portable = portableLoss(simtriplet, p, z, batch, width);
  expect(portable.loss).toBeCloseTo((rowLosses[0]! + rowLosses[1]!) / 2, 12);
  expectWithin(portable.gradient, gradient, (index) => singleError * Math.abs(gradient[index]!));
  expect(referenceSpread(z, batch, width)).toBeCloseTo(spreadOfNormalised(z, batch, width), 12);
});

describe.skipIf(device === null)(`similarity loss on ${device?.description ?? 'no GPU driver'}`, () => {
  if (device === null) return;
  for (const precision of precisionsOf(device)) {
    for (const objective of objectives) {
      test.each([
        [1, 8],
        [7, 24],
        [5, 256],
        [3, 2048],
      ])(`${JSON.stringify(objective)}, %i triplets x %i, equals float64's: ${precision}`, async (batch, width) => {
        const views = viewsOf(objective).length;
        const shape: LossShape = { objective, batch, width, precision };
        const p = normalValues('p', views * batch * width, precision);
        const z = normalValues('z', views * batch * width, precision);
        const scale = 1024;
        const buffers = [
          { data: p, precision },
          { data: z, precision },
          { data: new Float32Array(8).fill(scale) },
          { data: new Float32Array(p.length), precision },
          { data: new Float32Array(batch) },
        ];
        const steps = [{ program: similarityLoss(shape), uses: [0, 1, 2, 3, 4] }];
        const result = await runPrograms(device, buffers, steps);
        const expected = referenceLoss(objective, p, z, batch, width);
        const gradient = expected.gradient.map((value) => value * scale);
        // Sums of `width` products: four in a dot, quads of a thread, 8 levels. Relative to |p| |z|, so absolute on a cosine.
        const relative = (width / 1024 + 4 + 8 + 10) * singleError;
        expectWithin(result[4]!, expected.rowLosses, () => 2 * 2 * relative);
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expectWithin(
          result[3]!,
          gradient,
          (index) => 4 * relative * largest + storageError(gradient[index]!, precision),
        );
        expectSameBits(await runPrograms(device, buffers, steps), result);
      });
    }

    test.each([
      [1, 8],
      [7, 24],
      [300, 40],
      [5, 2048],
    ])(`the spread of %i rows x %i equals float64's: ${precision}`, async (batch, width) => {
      const z = normalValues('z', 2 * batch * width, precision);
      const { programs, workspaceElements } = normalisedSpread({ batch, width, precision });
      const names = ['projections', 'workspace', 'result'];
      const result = await runPrograms(
        device,
        [{ data: z, precision }, { data: new Float32Array(workspaceElements) }, { data: new Float32Array(1) }],
        programs.map(({ program, uses }) => ({ program, uses: uses.map((name) => names.indexOf(name)) })),
      );
      expectWithin(result[2]!, [referenceSpread(z, batch, width)], () => 64 * singleError);
    });
  }

  test('predictions shorter than the smallest norm give a finite gradient, and NaN shows in the loss', async () => {
    const run = async (p: Float32Array) =>
      runPrograms(
        device,
        [
          { data: p },
          { data: normalValues('z', 24) },
          { data: new Float32Array(8).fill(1) },
          { data: new Float32Array(24) },
          { data: new Float32Array(1) },
        ],
        [
          {
            program: similarityLoss({ objective: simtriplet, batch: 1, width: 8, precision: 'f32' }),
            uses: [0, 1, 2, 3, 4],
          },
        ],
      );
    const zero = await run(new Float32Array(24));
    expect(Math.abs(zero[4]![0]!)).toBe(0);
    const expected = referenceLoss(simtriplet, new Float32Array(24), normalValues('z', 24), 1, 8).gradient;
    expectWithin(zero[3]!, expected, (index) => 16 * singleError * 1e8 + 1e-6 * Math.abs(expected[index]!));
    const broken = await run(new Float32Array(24).fill(Number.NaN));
    expect(broken[4]![0]).toBeNaN();
  });

  test('equal rows have no spread', async () => {
    const z = Float32Array.from({ length: 64 }, (_, index) => 1 + (index % 8));
    const { programs, workspaceElements } = normalisedSpread({ batch: 8, width: 8, precision: 'f32' });
    const names = ['projections', 'workspace', 'result'];
    const result = await runPrograms(
      device,
      [{ data: z }, { data: new Float32Array(workspaceElements) }, { data: new Float32Array(1) }],
      programs.map(({ program, uses }) => ({ program, uses: uses.map((name) => names.indexOf(name)) })),
    );
    expect(result[2]![0]).toBeLessThan(4 * singleError);
  });

  test.each([
    [0, false, [1.5, 0, 0, 512, 0, 0, 0, 0]],
    [1, true, [1.5, 0.25, 1, 512, 3, 0, 0, 0]],
  ])('the step reports loss, spread, overflow %i and scale', async (overflow, spread, expected) => {
    const rowLosses = Float32Array.from({ length: 300 }, (_, index) => index % 4);
    const uses = spread ? [0, 1, 2, 3, 4] : [0, 2, 3, 4];
    const result = await runPrograms(
      device,
      [
        { data: rowLosses },
        { data: new Float32Array([0.25]) },
        { data: new Float32Array([512, 9, 2, 40, 0, 0, 0, 0]) },
        { data: new Uint32Array([overflow]) },
        { data: new Float32Array(8).fill(7) },
      ],
      [{ program: stepResult({ rows: 300, batch: 300, spread }), uses }],
    );
    expect([...result[4]!]).toEqual(expected);
  });
});
