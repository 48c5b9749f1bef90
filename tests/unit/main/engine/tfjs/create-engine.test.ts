import { afterEach, expect, test } from 'vitest';
import {
  networks,
  type EngineOptions,
  type EngineState,
  type TrainingEngine,
  type ViewSource,
} from '#main/engine/port.ts';
import { createTfjsEngine } from '#main/engine/tfjs/create-engine.ts';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { goldenImages } from '#main/engine/reference-tensors.ts';

const viewPx = 32;
const imageSize = viewPx * viewPx * 3;
const pixels = goldenImages('engine/tiles', 16, viewPx);

/** Views that are plain functions of (tile, view); no augmentation. */
const views: ViewSource = {
  viewPx,
  trainingViews: (triplets) => {
    const view = (tiles: readonly number[], scale: number): Float32Array =>
      Float32Array.from({ length: tiles.length * imageSize }, (_value, at) => {
        return scale * pixels[tiles[Math.floor(at / imageSize)]! * imageSize + (at % imageSize)]!;
      });
    const tiles = triplets.map(({ tile }) => tile);
    return Promise.resolve([
      view(tiles, 1),
      view(
        triplets.map(({ neighbour }) => neighbour),
        1,
      ),
      view(tiles, 0.8),
    ] as const);
  },
  plainViews: (tiles) =>
    Promise.resolve(
      Float32Array.from({ length: tiles.length * imageSize }, (_value, at) => {
        return pixels[tiles[Math.floor(at / imageSize)]! * imageSize + (at % imageSize)]!;
      }),
    ),
  close: () => Promise.resolve(),
};

const options: EngineOptions = {
  network: networks['resnet18-narrow'],
  method: 'simtriplet',
  batch: 4,
  views,
  seed: 3,
  momentum: 0.9,
  weightDecay: 1e-4,
};
const triplets = [0, 1, 2, 3].map((tile) => ({ tile, neighbour: tile + 1 }));
const step = { triplets, epoch: 0, learningRate: 0.05, predictorLearningRate: 0.05, monitor: true };

/** Equal bits; vitest's own comparison of a million numbers takes seconds. */
function sameBits(left: EngineState, right: EngineState): boolean {
  return (
    [...left.keys()].join() === [...right.keys()].join() &&
    [...left].every(([name, { data }]) => Buffer.from(data.buffer).equals(Buffer.from(right.get(name)!.data.buffer)))
  );
}

const opened: TrainingEngine[] = [];
async function open(changes: Partial<EngineOptions> = {}): Promise<TrainingEngine> {
  const engine = await createTfjsEngine({ ...options, ...changes });
  opened.push(engine);
  return engine;
}

afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.dispose();
});

test('it names its backend and says why the earlier ones were not taken', async () => {
  const description = (await open()).describe();
  expect(description).toMatchObject({ engine: 'tfjs', precision: 'float32' });
  if (description.backend === 'wasm') {
    expect(description.reason).toContain('tfjs-node-gpu is not installed; tfjs-node is not installed');
    expect(description.versions['tfjs-backend-wasm']).toMatch(/^4\./);
  }
});

test('the same seed gives the same bits, another seed does not', async () => {
  const [first, second, other] = [await open(), await open(), await open({ seed: 4 })];
  for (const engine of [first, second, other]) {
    await engine.trainStep(step);
    await engine.trainStep(step);
  }
  const states: EngineState[] = [await first.state(), await second.state(), await other.state()];
  expect(sameBits(states[1]!, states[0]!)).toBe(true);
  expect(states[2]!.get('backbone.conv1.weight')!.data).not.toEqual(states[0]!.get('backbone.conv1.weight')!.data);
});

test('a saved state continues exactly where it was taken, in another engine', async () => {
  const engine = await open();
  await engine.trainStep(step);
  const saved = await engine.state();
  const expected = await engine.trainStep(step);
  const resumed = await open({ seed: 99 });
  await resumed.load(saved);
  expect(await resumed.trainStep(step)).toEqual(expected);
  expect(sameBits(await resumed.state(), await engine.state())).toBe(true);
});

test('a saved state is a copy that later steps do not change', async () => {
  const engine = await open();
  const saved = await engine.state();
  const before = saved.get('backbone.conv1.weight')!.data.slice();
  await engine.trainStep(step);
  expect(saved.get('backbone.conv1.weight')!.data).toEqual(before);
  expect(saved.get('backbone.bn1.num_batches_tracked')!.data[0]).toBe(0);
  expect((await engine.state()).get('backbone.bn1.num_batches_tracked')!.data[0]).toBe(3);
});

test.each([
  [
    'lacks a tensor',
    (state: Map<string, unknown>) => state.delete('momentum.predictor.3.bias'),
    /lacks momentum\.predictor\.3\.bias/,
  ],
  [
    'holds another shape',
    (state: Map<string, unknown>) => state.set('backbone.bn1.bias', { shape: [3], data: new Float32Array(3) }),
    /backbone\.bn1\.bias has shape \[3\], not \[16\]/,
  ],
  [
    'holds a stranger',
    (state: Map<string, unknown>) => state.set('fc.weight', { shape: [1], data: new Float32Array(1) }),
    /holds fc\.weight/,
  ],
])('a state that %s is refused and changes nothing', async (_name, damage, message) => {
  const engine = await open();
  const before = await engine.state();
  const state = new Map<string, never>([...(await (await open({ seed: 8 })).state())] as never);
  damage(state);
  await expect(engine.load(state)).rejects.toMatchObject({
    code: 'checkpoint-invalid',
    message: expect.stringMatching(message) as string,
  });
  expect(sameBits(await engine.state(), before)).toBe(true);
});

test('training lowers the loss on a fixed batch', async () => {
  const engine = await open();
  const losses: number[] = [];
  for (let index = 0; index < 12; index += 1) losses.push((await engine.trainStep(step)).loss);
  expect(Math.min(...losses.slice(-3))).toBeLessThan(losses[0]! - 0.3);
});

test('SimSiam does not look at the neighbour', async () => {
  const [first, second] = [await open({ method: 'simsiam' }), await open({ method: 'simsiam' })];
  const moved = { ...step, triplets: triplets.map(({ tile }) => ({ tile, neighbour: 15 - tile })) };
  expect(await second.trainStep(moved)).toEqual(await first.trainStep(step));
});

test.each(['vicreg', 'barlow-twins'] as const)(
  '%s lowers its loss on a fixed batch and leaves the prediction MLP as it was drawn',
  async (method) => {
    const engine = await open({ method });
    const before = await engine.state();
    const losses: number[] = [];
    for (let index = 0; index < 8; index += 1) losses.push((await engine.trainStep(step)).loss);
    expect(Math.min(...losses.slice(-3))).toBeLessThan(losses[0]! * 0.9);
    const after = await engine.state();
    const isSame = (name: string) =>
      Buffer.from(before.get(name)!.data.buffer).equals(Buffer.from(after.get(name)!.data.buffer));
    const moved = [...before.keys()].filter((name) => !isSame(name));
    expect(moved.filter((name) => name.includes('predictor.'))).toEqual([]);
    expect(moved).toContain('backbone.conv1.weight');
    expect(moved).toContain('projector.6.weight');
  },
);

test('the spread of the projections comes only when asked for', async () => {
  const engine = await open();
  expect((await engine.trainStep({ ...step, monitor: false })).zStd).toBeNull();
  const { zStd } = await engine.trainStep(step);
  expect(zStd).toBeGreaterThan(0);
  expect(zStd).toBeLessThan(1 / Math.sqrt(256) + 1e-6);
});

test('a loss that is not a number is reported as it is', async () => {
  const broken: ViewSource = {
    ...views,
    trainingViews: async (...parameters) => {
      const [tile, neighbour, second] = await views.trainingViews(...parameters);
      tile[100] = NaN;
      return [tile, neighbour, second];
    },
  };
  expect((await (await open({ views: broken })).trainStep(step)).loss).toBeNaN();
});

test('a batch of one triplet is refused', async () => {
  await expect((await open()).trainStep({ ...step, triplets: triplets.slice(0, 1) })).rejects.toMatchObject({
    code: 'invalid-input',
  });
});

test('an embedding depends on its tile only, not on the batch it is read in, and leaves the network as it is', async () => {
  const engine = await open();
  await engine.trainStep(step);
  const before = await engine.state();
  const all = await engine.embed(Array.from({ length: 70 }, (_value, index) => index % 16));
  expect(all).toHaveLength(70 * 128);
  const one = await engine.embed([5]);
  one.forEach((value, index) => expect(all[69 * 128 + index]).toBeCloseTo(value, 4));
  expect(await engine.embed([])).toHaveLength(0);
  expect(sameBits(await engine.state(), before)).toBe(true);
});

test('the memory plan adds up, grows with the batch and refuses what WebAssembly cannot hold', async () => {
  const small = (await open()).plan();
  expect(small.totalBytes).toBe(
    small.weightBytes + small.optimiserBytes + small.activationBytes + small.workspaceBytes,
  );
  expect((await open({ batch: 8 })).plan().activationBytes).toBeGreaterThan(1.9 * small.activationBytes);
  const large = await open({ network: networks.resnet50, batch: 512 });
  if (large.describe().backend === 'wasm') {
    expect(small.fits).toBe(true);
    expect(large.plan()).toMatchObject({
      fits: false,
      advice: expect.stringMatching(/Batch \d+ fits|smaller tile/) as string,
    });
  }
});

test('no tensor is left after a step, an embedding, a failure or disposal', async () => {
  const { tf } = await selectBackend();
  const before = tf.memory().numTensors;
  const engine = await open();
  await engine.trainStep(step);
  await engine.embed([0, 1]);
  await expect(engine.trainStep({ ...step, triplets: [] })).rejects.toThrow();
  expect(tf.memory().numTensors).toBe(before);
  await engine.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a batch in parts is refused, not worked through as one', async () => {
  await expect(createTfjsEngine({ ...options, parts: 2 })).rejects.toMatchObject({ code: 'invalid-input' });
});
