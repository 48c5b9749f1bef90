/** The WebGPU engine over many steps on a tiny network: same bits, exact resume, nothing left behind. */
import { expect, test, vi } from 'vitest';
import type { TripletIndices } from '#main/engine/port.ts';
import { createTfjsEngine } from '#main/engine/tfjs/create-engine.ts';
import type { WebGpuEngine } from '#main/engine/webgpu/create-engine.ts';
import { requireAdapter } from './golden-network.ts';
import {
  count,
  countBuffers,
  create,
  expectSameState,
  stepInput,
  tiny,
  tinyOptions,
  trainSteps,
  withEngine,
} from './tiny-training.ts';

// A software adapter compiles some hundred programs first.
vi.setConfig({ testTimeout: 900_000 });

test('the same seed gives the same bits after 50 steps, also when it was saved and loaded halfway', async (context) => {
  await requireAdapter(context, 'f16');
  const straight = await withEngine('f16', async (engine) => {
    await trainSteps(engine, 0, 50);
    return engine.state();
  });
  const halfway = await withEngine('f16', async (engine) => {
    await trainSteps(engine, 0, 25);
    return engine.state();
  });
  const resumed = await withEngine('f16', async (engine) => {
    await engine.load(halfway);
    await trainSteps(engine, 25, 50);
    return engine.state();
  });
  expectSameState(resumed, straight);
  const untrained = await withEngine('f16', (engine) => engine.state());
  expect(untrained.get('backbone.conv1.weight')!.data).not.toEqual(straight.get('backbone.conv1.weight')!.data);
});

test('steps asked for while others run give the same bits as steps asked for one by one', async (context) => {
  await requireAdapter(context, 'f16');
  const oneByOne = await withEngine('f16', async (engine) => {
    await trainSteps(engine, 0, 8);
    return engine.state();
  });
  const together = await withEngine('f16', async (engine) => {
    await Promise.all(Array.from({ length: 8 }, (_, step) => engine.trainStep(stepInput(step))));
    return engine.state();
  });
  expectSameState(together, oneByOne);
});

test('features of the same weights agree between the step sizes of an embedding', async (context) => {
  await requireAdapter(context, 'f32');
  await withEngine('f32', async (engine) => {
    const all = await engine.embed(Array.from({ length: count }, (_, tile) => tile));
    const some = await engine.embed([5, 2]);
    expect(some.subarray(0, tiny.features)).toEqual(all.subarray(5 * tiny.features, 6 * tiny.features));
    expect(some.subarray(tiny.features)).toEqual(all.subarray(2 * tiny.features, 3 * tiny.features));
  });
});

test("a batch in two parts has the mean of the parts' gradients", async (context) => {
  await requireAdapter(context, 'f32');
  const input = { ...stepInput(0), learningRate: 0, predictorLearningRate: 0 };
  const gradientsOf = async (engine: WebGpuEngine, triplets: readonly TripletIndices[]) => {
    await engine.trainStep({ ...input, triplets });
    return engine.read(engine.training.gradients);
  };
  const split = await withEngine('f32', (engine) => gradientsOf(engine, input.triplets), { parts: 2 });
  const parts = await withEngine(
    'f32',
    async (engine) => [
      await gradientsOf(engine, input.triplets.slice(0, 2)),
      await gradientsOf(engine, input.triplets.slice(2)),
    ],
    { batch: 2 },
  );
  const largest = split.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  // One rounding of each part's share and one of their sum.
  split.forEach((value, index) => {
    const mean = (parts[0]![index]! + parts[1]![index]!) / 2;
    expect(Math.abs(value - mean)).toBeLessThanOrEqual(2 ** -22 * Math.max(Math.abs(mean), largest * 1e-3));
  });
});

test.for(['simtriplet', 'vicreg', 'barlow-twins', 'supervised'] as const)(
  '%s: a checkpoint goes from one engine to the other and back, and both take the same next step',
  async (method, context) => {
    await requireAdapter(context, 'f32');
    // VICReg weighs its terms with 25.
    const noise = method === 'vicreg' ? 25e-6 : 1e-6;
    const portable = await createTfjsEngine(tinyOptions(4, method));
    try {
      await portable.trainStep(stepInput(0));
      const start = await portable.state();
      await portable.trainStep(stepInput(1));
      const expected = await portable.state();
      await withEngine(
        'f32',
        async (engine) => {
          await engine.load(start);
          await engine.trainStep(stepInput(1));
          const found = await engine.state();
          for (const [name, { data }] of expected) {
            const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            // Gradients of biases in front of a batch norm are rounding noise around zero, and momentum holds nothing else.
            const limit = 2e-3 * largest + noise;
            found.get(name)!.data.forEach((value, index) => {
              expect(Math.abs(value - data[index]!), `${name}[${String(index)}]`).toBeLessThanOrEqual(limit);
            });
          }
          await portable.load(found);
          expect((await portable.state()).get('backbone.conv1.weight')).toEqual(found.get('backbone.conv1.weight'));
        },
        { method },
      );
    } finally {
      await portable.dispose();
    }
  },
);

test('a lost device is told as engine-lost, and a disposed engine leaves no buffer', async (context) => {
  await requireAdapter(context, 'f32');
  const engine = await create('f32');
  const { device } = engine.device.opened;
  device.destroy();
  await device.lost;
  await expect(engine.trainStep(stepInput(0))).rejects.toMatchObject({ code: 'engine-lost' });
  await engine.dispose();
  await expect(engine.trainStep(stepInput(0))).rejects.toThrow('disposed');
});

test('60 steps create no buffer after the first few, and dispose destroys every one', async (context) => {
  await requireAdapter(context, 'f32');
  const buffers = countBuffers();
  try {
    const engine = await create('f32');
    await trainSteps(engine, 0, 4);
    const before = buffers.live();
    expect(before).toBeGreaterThan(10);
    await trainSteps(engine, 4, 60);
    expect(buffers.live()).toBe(before);
    await engine.dispose();
    expect(buffers.live()).toBe(0);
  } finally {
    buffers.restore();
  }
});
