/** A tiny network on the WebGPU engine, its tiles and steps, shared by the training tests. */
import { expect } from 'vitest';
import type { TrainingMethod } from '#common/domain/objective.ts';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import { RandomStream } from '#common/random.ts';
import { classifyingNetwork } from '#main/engine/network-parameters.ts';
import type { EngineOptions, EngineState, NetworkDefinition, TripletIndices, ViewSource } from '#main/engine/port.ts';
import { createWebGpuEngine, type WebGpuEngine } from '#main/engine/webgpu/create-engine.ts';
import { createViewSource } from '#main/triplets/view-source.ts';

export const tiny: NetworkDefinition = {
  name: 'tiny',
  blocks: [1, 1, 1, 1],
  bottleneck: false,
  width: 8,
  features: 64,
  projection: 64,
  predictionHidden: 16,
};
const classes = 3;
const tilePx = 40;
export const count = 16;
const batch = 4;

export function stepInput(step: number) {
  const triplets: TripletIndices[] = Array.from({ length: batch }, (_, index) => {
    const tile = (step * 7 + index * 3) % count;
    return { tile, neighbour: (tile + 1) % count };
  });
  // Only a supervised step looks at them.
  const targets = triplets.map(({ tile }) => ({ class: tile % classes, weight: 1 + (tile % classes) / 2 }));
  return { triplets, targets, epoch: step, learningRate: 0.02, predictorLearningRate: 0.05, monitor: step % 5 === 0 };
}

export async function trainSteps(engine: WebGpuEngine, from: number, to: number): Promise<void> {
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

export function tinyOptions(triplets: number, method: TrainingMethod = 'simtriplet'): EngineOptions {
  const views = tileViews();
  const network = method === 'supervised' ? classifyingNetwork(tiny, classes) : tiny;
  return { network, method, batch: triplets, views, seed: 1, momentum: 0.9, weightDecay: 1e-4 };
}

interface Changes {
  readonly batch?: number;
  readonly parts?: number;
  readonly method?: TrainingMethod;
}

export function create(precision: 'f32' | 'f16', { batch: triplets = batch, parts = 1, method }: Changes = {}) {
  return createWebGpuEngine({ ...tinyOptions(triplets, method), parts }, { allowSoftware: true, precision });
}

export async function withEngine<T>(
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

export function expectSameState(found: EngineState, expected: EngineState): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, { data }] of expected) {
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    expect(bytes(found.get(name)!.data).equals(bytes(data)), name).toBe(true);
  }
}

/** Counts buffers created and not destroyed, on every device. */
export function countBuffers(): { live(): number; restore(): void } {
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
