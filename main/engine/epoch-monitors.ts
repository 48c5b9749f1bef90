/**
 * What is measured once an epoch on the network itself, in evaluation mode: effective rank and spread of the backbone features
 * on a fixed seeded sample of tiles, and kNN on the labelled tiles, leaving one slide out. Reading only: it changes no weight.
 */
import { RandomStream } from '#common/random.ts';
import { leaveOneGroupOutVote } from './monitors/nearest-neighbours.ts';
import { effectiveRank, stdOfNormalised } from './monitors/spread.ts';
import type { TrainingEngine } from './port.ts';

/** Parallel lists: tile index, class number, group (slide) number. */
export interface LabelledTiles {
  readonly tiles: readonly number[];
  readonly classes: readonly number[];
  readonly groups: readonly number[];
}

export interface EpochMeasurements {
  readonly effectiveRank: number;
  readonly embeddingStd: number;
  /** null without labels, or with labels of a single class or group. */
  readonly knnAccuracy: number | null;
  readonly knnBalancedAccuracy: number | null;
}

/** Up to `size` of `tiles`, drawn by the seed alone and sorted. */
export function monitorSample(tiles: readonly number[], size: number, seed: number): number[] {
  if (tiles.length <= size) return [...tiles];
  return RandomStream.of('monitor-sample', seed)
    .shuffled(tiles)
    .slice(0, size)
    .sort((left, right) => left - right);
}

export async function measureEpoch(
  engine: TrainingEngine,
  sample: readonly number[],
  labelled: LabelledTiles | null,
  batch: number,
): Promise<EpochMeasurements> {
  const features = await embedAll(engine, sample, batch);
  const dimension = features.length / sample.length;
  const spread = {
    effectiveRank: effectiveRank(features, sample.length, dimension),
    embeddingStd: stdOfNormalised(features, sample.length, dimension),
  };
  if (labelled === null || labelled.tiles.length === 0)
    return { ...spread, knnAccuracy: null, knnBalancedAccuracy: null };
  const vote = leaveOneGroupOutVote({
    features: await embedAll(engine, labelled.tiles, batch),
    dimension,
    classes: labelled.classes,
    groups: labelled.groups,
  });
  return { ...spread, knnAccuracy: vote?.accuracy ?? null, knnBalancedAccuracy: vote?.balancedAccuracy ?? null };
}

/** [tiles.length, features] row-major, at most `batch` tiles on the device at a time. `tiles` is not empty. */
async function embedAll(engine: TrainingEngine, tiles: readonly number[], batch: number): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (let start = 0; start < tiles.length; start += batch) {
    parts.push(await engine.embed(tiles.slice(start, start + batch)));
  }
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
