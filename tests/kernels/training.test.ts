/** The WebGPU engine over many steps on a tiny network: same bits, exact resume, nothing left behind. */
import { expect, test, vi } from 'vitest';
import type { NetworkDefinition, EngineState, TripletIndices, ViewSource } from '#main/engine/port.ts';
import { RandomStream } from '#common/random.ts';
import { createWebGpuEngine, type WebGpuEngine, type WebGpuEngineOptions } from '#main/engine/webgpu/create-engine.ts';
import { createViewSource } from '#main/triplets/view-source.ts';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { requireAdapter } from './golden-network.ts';

// A software adapter compiles some hundred programs first.
vi.setConfig({ testTimeout: 600_000 });

const tiny: NetworkDefinition = {
  name: 'tiny',
  blocks: [1, 1, 1, 1],
  bottleneck: false,
  width: 8,
  features: 64,
  projection: 64,
  predictionHidden: 16,
};
const tilePx = 40;
const count = 16;
const batch = 4;

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
  const split = await withEngine('f32', (engine) => gradientsOf(engine, input.triplets), { microBatches: 2 });
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

function stepInput(step: number) {
  const triplets: TripletIndices[] = Array.from({ length: batch }, (_, index) => {
    const tile = (step * 7 + index * 3) % count;
    return { tile, neighbour: (tile + 1) % count };
  });
  return { triplets, epoch: step, learningRate: 0.02, predictorLearningRate: 0.05, monitor: step % 5 === 0 };
}

async function trainSteps(engine: WebGpuEngine, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step += 1) {
    const { loss } = await engine.trainStep(stepInput(step));
    expect(loss).toBeGreaterThanOrEqual(-2.001);
    expect(loss).toBeLessThanOrEqual(2.001);
  }
}

function tileViews(): ViewSource {
  const pixels = new Uint8Array(count * tilePx * tilePx * 3);
  const random = RandomStream.of('test tiles');
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = random.nextInteger(256);
  const bytes = tilePx * tilePx * 3;
  return createViewSource({
    tiles: {
      sizePx: tilePx,
      count,
      read: (indices) =>
        Promise.resolve(
          Uint8Array.from(indices.flatMap((index) => [...pixels.subarray(index * bytes, (index + 1) * bytes)])),
        ),
      close: () => Promise.resolve(),
    },
    viewPx: 32,
    seed: 3,
    augmentation: tissueAugmentation,
    workers: 0,
  });
}

interface Changes extends WebGpuEngineOptions {
  readonly batch?: number;
}

function create(precision: 'f32' | 'f16', { batch: triplets = batch, ...settings }: Changes = {}) {
  const options = { network: tiny, method: 'simtriplet', batch: triplets, views: tileViews(), seed: 1 } as const;
  return createWebGpuEngine(
    { ...options, momentum: 0.9, weightDecay: 1e-4 },
    { ...settings, allowSoftware: true, precision },
  );
}

async function withEngine<T>(
  precision: 'f32' | 'f16',
  work: (engine: WebGpuEngine) => Promise<T>,
  changes: Changes = {},
): Promise<T> {
  const engine = await create(precision, changes);
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}

function expectSameState(found: EngineState, expected: EngineState): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, { data }] of expected) {
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(bytes(found.get(name)!.data).equals(bytes(data)), name).toBe(true);
  }
}

/** Counts buffers created and not destroyed, on every device. */
function countBuffers(): { live(): number; restore(): void } {
  const device = GPUDevice.prototype;
  const original = device.createBuffer;
  const live = new Set<GPUBuffer>();
  device.createBuffer = function (this: GPUDevice, descriptor) {
    const buffer = original.call(this, descriptor);
    live.add(buffer);
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy();
    };
    return buffer;
  };
  return {
    live: () => live.size,
    restore: () => {
      device.createBuffer = original;
    },
  };
}
