/**
 * The figure a tile-random split would give: tiles of one slide in training and in test at once. Shown beside the honest
 * figure as a warning of what leaking costs in trust, never as a result.
 */
import { throwIfCancelled } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { defaultEvaluationSettings } from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { quickMetrics, type QuickFold } from './quick-fit.ts';

export interface RandomSplitInput {
  readonly features: readonly FeatureTable[];
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  /** 1 where the label may be used for training. */
  readonly trainMask: ArrayLike<number>;
  readonly foldCount: number;
  readonly seed: number;
}

export interface RandomSplitRow {
  readonly name: string;
  readonly balancedAccuracy: number;
  readonly macroF1: number;
}

export function randomSplit(input: RandomSplitInput, context: StageContext = {}): RandomSplitRow[] {
  const { features, labels, classCount, trainMask, foldCount, seed } = input;
  const rows = Array.from({ length: labels.length }, (_, row) => row);
  const order = RandomStream.of('random-split', seed).shuffled(rows);
  const foldOf = new Int32Array(labels.length);
  order.forEach((row, position) => (foldOf[row] = position % foldCount));
  const folds = Array.from({ length: foldCount }, (_, fold): QuickFold => ({
    train: Int32Array.from(rows.filter((row) => foldOf[row] !== fold && (trainMask[row] as number) !== 0)),
    test: Int32Array.from(rows.filter((row) => foldOf[row] === fold)),
  }));
  return features.map((table, index) => {
    throwIfCancelled(context.signal);
    const metrics = quickMetrics(table, labels, classCount, folds, defaultEvaluationSettings.c);
    context.onProgress?.({ stage: 'Splitting tiles at random', done: index + 1, total: features.length });
    return { name: table.name, balancedAccuracy: metrics.balancedAccuracy, macroF1: metrics.macroF1AllLabels };
  });
}
