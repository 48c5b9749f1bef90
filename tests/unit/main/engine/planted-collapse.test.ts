/**
 * The guard on a real network: planted collapses must be called by name, a healthy run must pass in silence. A four-block ResNet
 * with 32 px views keeps a step at some tens of milliseconds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { CheckpointStore } from '#main/engine/checkpoint-store.ts';
import type { Verdict } from '#main/engine/collapse-guard.ts';
import { measureInputDiversity } from '#main/engine/monitors/input-diversity.ts';
import { networks, type EngineState, type TrainingEngine, type ViewSource } from '#main/engine/port.ts';
import { settingsFor } from '#main/engine/recipe.ts';
import { createTfjsEngine } from '#main/engine/tfjs/create-engine.ts';
import { train, type TrainingResult } from '#main/engine/training-loop.ts';

const viewPx = 32;
const batch = 16;
const tiles = Array.from({ length: 64 }, (_, tile) => tile);
const projection = networks['resnet18-narrow'].projection;
const small = { ...networks['resnet18-narrow'], blocks: [1, 1, 1, 1], width: 8, features: 64 } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-planted-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Coloured waves: each tile has its own colours, direction and phase. Normalised values. */
function waves(tile: number): Float32Array {
  const stream = RandomStream.of('waves', tile);
  const [across, phase] = [1 + stream.nextInteger(6), 6 * stream.nextUnit()];
  const colour = [stream.nextUnit(), stream.nextUnit(), stream.nextUnit()];
  return Float32Array.from({ length: viewPx * viewPx * 3 }, (_, at) => {
    const [channel, x, y] = [at % 3, Math.floor(at / 3) % viewPx, Math.floor(at / 3 / viewPx)];
    return 2 * (colour[channel]! - 0.5) + Math.sin((x * across + y * (7 - across)) / 5 + phase + channel);
  });
}

/** Views shifted, mirrored, rescaled and with noise. */
function viewsOf(tileOf: (tile: number) => Float32Array): ViewSource {
  const view = (tile: number, epoch: number, number: number): Float32Array => {
    const stream = RandomStream.of('view', tile, epoch, number);
    const [gain, mirrored, shift] = [stream.nextUniform(0.8, 1.2), stream.nextUnit() < 0.5, stream.nextInteger(9) - 4];
    const source = tileOf(tile);
    return source.map((_, at) => {
      const [channel, x, y] = [at % 3, Math.floor(at / 3) % viewPx, Math.floor(at / 3 / viewPx)];
      const from = Math.min(viewPx - 1, Math.max(0, (mirrored ? viewPx - 1 - x : x) + shift));
      return source[(y * viewPx + from) * 3 + channel]! * gain + 0.1 * stream.nextNormal();
    });
  };
  const joined = (parts: readonly Float32Array[]): Float32Array =>
    Float32Array.from(parts.flatMap((part) => [...part]));
  return {
    viewPx,
    trainingViews: (triplets, epoch) =>
      Promise.resolve([
        joined(triplets.map(({ tile }) => view(tile, epoch, 0))),
        joined(triplets.map(({ neighbour }) => view(neighbour, epoch, 1))),
        joined(triplets.map(({ tile }) => view(tile, epoch, 2))),
      ]),
    plainViews: (wanted) => Promise.resolve(joined(wanted.map(tileOf))),
    close: () => Promise.resolve(),
  };
}

interface Plant {
  readonly epochs: number;
  readonly baseLearningRate: number;
  readonly tileOf?: (tile: number) => Float32Array;
  readonly bypassPredictor?: boolean;
}

async function pretrain(
  plant: Plant,
): Promise<{ verdicts: Verdict[]; steps: number[]; result: TrainingResult | Error }> {
  const { epochs, baseLearningRate, tileOf = waves, bypassPredictor = false } = plant;
  const network = { ...small, predictionHidden: bypassPredictor ? 2 * projection : small.predictionHidden };
  const optimiser = { seed: 3, momentum: 0.9, weightDecay: 1e-4 };
  let engine = await createTfjsEngine({ network, method: 'simtriplet', batch, views: viewsOf(tileOf), ...optimiser });
  if (bypassPredictor) {
    await engine.load(withIdentityPredictor(await engine.state()));
    engine = withFrozenPredictor(engine);
  }
  const verdicts: Verdict[] = [];
  const steps: number[] = [];
  const cadence = { monitorEverySteps: 2, monitorTiles: 64, checkpointEverySteps: 100_000 };
  const settings = settingsFor('quick', {
    method: 'simtriplet',
    stainJitter: 0,
    batch,
    epochs,
    warmupEpochs: 0,
    baseLearningRate,
    ...cadence,
  });
  try {
    const result = await train(
      { runDir: folder, settings, seed: 3, tiles, dataFingerprint: 'waves', labelled: null },
      {
        engine,
        triplets: (epoch) => {
          const order = RandomStream.of('planted', epoch).shuffled(tiles);
          return { order, neighbours: order.map((tile) => tile ^ 1) };
        },
        checkpoints: new CheckpointStore(join(folder, 'checkpoints')),
        inspectInput: (sample) =>
          Promise.resolve(
            measureInputDiversity(
              Uint8Array.from(sample.flatMap((tile) => [...tileOf(tile)].map((v) => 128 + 30 * v))),
              sample.length,
            ),
          ),
        nowMs: () => 0,
        onVerdict: (verdict, step) => {
          verdicts.push(verdict);
          steps.push(step);
        },
      },
    ).catch((error: Error) => error);
    return { verdicts, steps, result };
  } finally {
    await engine.dispose();
  }
}

/** [x, -x] -> ReLU -> difference: the prediction MLP returns what it gets, so that it is there but does nothing. */
function withIdentityPredictor(state: EngineState): EngineState {
  const first = new Float32Array(2 * projection * projection);
  const second = new Float32Array(2 * projection * projection);
  for (let i = 0; i < projection; i += 1) {
    first[i * projection + i] = 1;
    first[(i + projection) * projection + i] = -1;
    second[i * 2 * projection + i] = 1;
    second[i * 2 * projection + i + projection] = -1;
  }
  const planted = new Map(state);
  planted.set('predictor.0.weight', { shape: [2 * projection, projection], data: first });
  planted.set('predictor.3.weight', { shape: [projection, 2 * projection], data: second });
  planted.set('predictor.3.bias', { shape: [projection], data: new Float32Array(projection) });
  return planted;
}

function withFrozenPredictor(engine: TrainingEngine): TrainingEngine {
  return {
    describe: () => engine.describe(),
    plan: () => engine.plan(),
    trainStep: (input) => engine.trainStep({ ...input, predictorLearningRate: 0 }),
    embed: (wanted) => engine.embed(wanted),
    state: () => engine.state(),
    load: (state) => engine.load(state),
    dispose: () => engine.dispose(),
  };
}

describe('the guard on a real network', () => {
  it('stays silent on a healthy run that learns', async () => {
    const { verdicts, result } = await pretrain({ epochs: 20, baseLearningRate: 1 });
    expect(verdicts).toEqual([]);
    expect((result as TrainingResult).verdict.level).toBe('healthy');
    expect((result as TrainingResult).finalLoss).toBeLessThan(-0.5);
  });

  it('calls a bypassed prediction MLP a collapse while its loss looks good', async () => {
    const { verdicts, result } = await pretrain({ epochs: 20, baseLearningRate: 4, bypassPredictor: true });
    expect(['collapsing', 'collapsed']).toContain((result as TrainingResult).verdict.level);
    expect((result as TrainingResult).finalLoss).toBeLessThan(-1);
    expect(verdicts.at(-1)?.sentence).toMatch(/spread|effective rank/);
  });

  it('calls a learning rate a thousand times too high within the first epochs', async () => {
    // The warning is what counts: batch norm lets such a network recover once the cosine has lowered its rate.
    const { verdicts, steps } = await pretrain({ epochs: 6, baseLearningRate: 50 });
    expect(['collapsing', 'collapsed', 'diverged']).toContain(verdicts[0]?.level);
    expect(steps[0]).toBeLessThanOrEqual(3 * 4);
    expect(verdicts[0]?.advice.join(' ')).toContain('learning rate');
    expect(verdicts.filter(({ level }) => level !== 'healthy').length).toBeLessThanOrEqual(2);
  });

  it('names one grey tile repeated before the first step', async () => {
    const grey = new Float32Array(viewPx * viewPx * 3).fill(0.2);
    const { verdicts, steps } = await pretrain({ epochs: 2, baseLearningRate: 1, tileOf: () => grey });
    expect(verdicts.map(({ signs }) => signs[0])).toEqual(['input-constant']);
    expect(steps).toEqual([0]);
  });
});
