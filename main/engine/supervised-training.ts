/**
 * A network trained from its random start on few labelled tiles alone, then asked for the classes of other tiles: what any
 * pretraining has to beat. The same network, views, optimiser and shape of schedule as a run; classes are balanced by weight, as
 * for the linear classifier. Everything random follows from the seed.
 */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import { initialState } from './network-parameters.ts';
import type { ClassTarget, EngineState, NetworkDefinition, TrainingEngine } from './port.ts';
import { learningRateAt, type Schedule } from './schedule.ts';

export interface SupervisedTraining {
  /** Labelled tiles and the class of each. */
  readonly tiles: readonly number[];
  readonly classes: readonly number[];
  /** Tiles to name; none of them may be among `tiles`, which is for the caller to see to. */
  readonly query: readonly number[];
  readonly seed: number;
}

export interface SupervisedSettings {
  /** A `classifyingNetwork`. */
  readonly network: NetworkDefinition;
  /** The engine's; an epoch runs full batches only. */
  readonly batch: number;
  readonly steps: number;
  readonly baseLearningRate: number;
}

/** Share of the steps in which the rate rises. */
const warmupShare = 0.05;

/** Class of each tile of `query`. Labels of one class need no network. The engine's state is replaced. */
export async function trainSupervised(
  engine: TrainingEngine,
  training: SupervisedTraining,
  settings: SupervisedSettings,
  signal?: AbortSignal,
): Promise<number[]> {
  const { tiles, classes, query, seed } = training;
  const { network, batch, steps } = settings;
  if (new Set(classes).size < 2) return query.map(() => classes[0] ?? 0);
  const targets = balancedTargets(classes);
  const schedule = planSteps(settings);
  await engine.load(initialState(network, seed));
  let step = 0;
  for (let epoch = 0; step < steps; epoch += 1) {
    const order = RandomStream.of('supervised-order', seed, epoch).shuffled(tiles.map((_, row) => row));
    for (let first = 0; first + batch <= order.length && step < steps; first += batch) {
      throwIfCancelled(signal);
      const rows = order.slice(first, first + batch);
      const rate = learningRateAt(schedule, step);
      const { loss } = await engine.trainStep({
        triplets: rows.map((row) => ({ tile: tiles[row] as number, neighbour: tiles[row] as number })),
        targets: rows.map((row) => targets[row] as ClassTarget),
        epoch,
        learningRate: rate,
        predictorLearningRate: rate,
        monitor: false,
      });
      if (Number.isNaN(loss)) {
        throw new TrefoilError(
          'training-diverged',
          `The network trained from scratch diverged in step ${step + 1}.`,
          'This is a defect in Trefoil. Please report it; compare without training from scratch meanwhile.',
        );
      }
      step += 1;
    }
  }
  throwIfCancelled(signal);
  return classesOf(await engine.embed(query), await engine.state(), network);
}

function planSteps({ steps, baseLearningRate, batch }: SupervisedSettings): Schedule {
  return {
    stepsPerEpoch: steps,
    totalSteps: steps,
    warmupSteps: Math.round(warmupShare * steps),
    scaledRate: (baseLearningRate * batch) / 256,
    leftOverTriplets: 0,
  };
}

/** Weights as scikit-learn's "balanced": tiles / (classes that occur * tiles of the class). */
function balancedTargets(classes: readonly number[]): ClassTarget[] {
  const counts = new Map<number, number>();
  for (const label of classes) counts.set(label, (counts.get(label) ?? 0) + 1);
  return classes.map((label) => ({
    class: label,
    weight: classes.length / (counts.size * (counts.get(label) ?? 1)),
  }));
}

function classesOf(features: Float32Array, state: EngineState, network: NetworkDefinition): number[] {
  const weights = state.get('head.weight')?.data ?? new Float32Array();
  const bias = state.get('head.bias')?.data ?? new Float32Array();
  const { features: width, classes = 0 } = network;
  return Array.from({ length: features.length / width }, (_, row) => {
    let best = 0;
    let bestLogit = -Infinity;
    for (let label = 0; label < classes; label += 1) {
      let logit = bias[label] ?? 0;
      for (let column = 0; column < width; column += 1) {
        logit += (features[row * width + column] ?? 0) * (weights[label * width + column] ?? 0);
      }
      if (logit > bestLogit) [best, bestLogit] = [label, logit];
    }
    return best;
  });
}
