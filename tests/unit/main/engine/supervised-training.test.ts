/** Networks trained from scratch: they learn what is there to learn, and the same each time. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { classifyingNetwork } from '#main/engine/network-parameters.ts';
import type { NetworkDefinition, TrainingEngine, ViewSource } from '#main/engine/port.ts';
import { trainSupervised, type SupervisedTraining } from '#main/engine/supervised-training.ts';
import { createTfjsEngine } from '#main/engine/tfjs/create-engine.ts';

const viewPx = 32;
const classCount = 3;
const tileCount = 60;
const classOf = (tile: number): number => tile % classCount;

/** Noise, brighter in the colour channel of the tile's class. */
function image(tile: number): Float32Array {
  const random = RandomStream.of('supervised-test', tile);
  return Float32Array.from(
    { length: viewPx * viewPx * 3 },
    (_, at) => random.nextNormal() + (at % 3 === classOf(tile) ? 1 : 0),
  );
}
function images(tiles: readonly number[]): Float32Array {
  const all = new Float32Array(tiles.length * viewPx * viewPx * 3);
  tiles.forEach((tile, index) => all.set(image(tile), index * viewPx * viewPx * 3));
  return all;
}
const views: ViewSource = {
  viewPx,
  trainingViews: (triplets) => {
    const own = images(triplets.map(({ tile }) => tile));
    return Promise.resolve([own, own, own] as const);
  },
  plainViews: (tiles) => Promise.resolve(images(tiles)),
  close: () => Promise.resolve(),
};
const tiny: NetworkDefinition = {
  name: 'tiny',
  blocks: [1, 1, 1, 1],
  bottleneck: false,
  width: 8,
  features: 64,
  projection: 64,
  predictionHidden: 16,
};
const network = classifyingNetwork(tiny, classCount);
const settings = { network, batch: 6, steps: 30, baseLearningRate: 1 };
const tiles = Array.from({ length: 12 }, (_, tile) => tile);
const query = Array.from({ length: tileCount - 12 }, (_, index) => 12 + index);
const training: SupervisedTraining = { tiles, classes: tiles.map(classOf), query, seed: 5 };

let engine: TrainingEngine;
beforeAll(async () => {
  engine = await createTfjsEngine({
    ...{ network, method: 'supervised', batch: 6, views, seed: 1 },
    ...{ momentum: 0.9, weightDecay: 1e-4 },
  });
});
afterAll(() => engine.dispose());

const rightOf = (named: readonly number[]): number =>
  named.filter((label, index) => label === classOf(query[index]!)).length / query.length;

describe('a network trained from scratch', () => {
  test('names tiles it never saw, and nothing without its labels', async () => {
    expect(rightOf(await trainSupervised(engine, training, settings))).toBeGreaterThan(0.9);
    const shuffled = RandomStream.of('wrong labels').shuffled(training.classes);
    expect(rightOf(await trainSupervised(engine, { ...training, classes: shuffled }, settings))).toBeLessThan(0.7);
  });

  test('is the same again with the same seed, whatever the engine did before', async () => {
    const few = { ...settings, steps: 3 };
    const first = await trainSupervised(engine, training, few);
    await trainSupervised(engine, { ...training, seed: 6 }, few);
    expect(await trainSupervised(engine, training, few)).toEqual(first);
  });

  test('needs no step where the labels are of one class', async () => {
    const none: TrainingEngine = { ...engine, trainStep: () => Promise.reject(new Error('a step was taken')) };
    const one = { ...training, classes: tiles.map(() => 2) };
    expect(await trainSupervised(none, one, settings)).toEqual(query.map(() => 2));
  });

  test('takes as many steps as asked for, in full batches, rare classes with more weight', async () => {
    const seen: { batch: number; weights: number[] }[] = [];
    const counting: TrainingEngine = {
      describe: () => engine.describe(),
      plan: () => engine.plan(),
      trainStep: ({ triplets, targets = [] }) => {
        seen.push({ batch: triplets.length, weights: targets.map(({ weight }) => weight) });
        return Promise.resolve({ loss: 1, zStd: null, skipped: false });
      },
      embed: (asked) => engine.embed(asked),
      state: () => engine.state(),
      load: (state) => engine.load(state),
      dispose: () => Promise.resolve(),
    };
    // 9 of class 0, 3 of class 1: 12 / (2 * 9) and 12 / (2 * 3).
    const classes = tiles.map((tile) => (tile < 9 ? 0 : 1));
    await trainSupervised(counting, { ...training, classes }, { ...settings, batch: 5, steps: 7 });
    expect(seen).toHaveLength(7);
    expect(new Set(seen.map(({ batch }) => batch))).toEqual(new Set([5]));
    expect([...new Set(seen.flatMap(({ weights }) => weights))].sort()).toEqual([12 / 18, 2]);
  });

  test('stops when it is cancelled', async () => {
    await expect(trainSupervised(engine, training, settings, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  test('tells a loss that is no number', async () => {
    const broken: TrainingEngine = {
      ...engine,
      load: () => Promise.resolve(),
      trainStep: () => Promise.resolve({ loss: Number.NaN, zStd: null, skipped: false }),
    };
    await expect(trainSupervised(broken, training, settings)).rejects.toMatchObject({ code: 'training-diverged' });
  });
});
