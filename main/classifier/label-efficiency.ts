/**
 * "Would more labels help?": balanced accuracy on held-out groups with nested, seeded subsets of the training labels, each
 * half of the next. Drawn several times; the range over the draws is given, which is not a confidence interval.
 */
import { throwIfCancelled } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { defaultEvaluationSettings } from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { planFolds, type GroupLevel, type TileGroups } from './folds.ts';
import { quickMetrics } from './quick-fit.ts';

export interface LabelEfficiencyInput {
  readonly features: FeatureTable;
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  readonly trainMask: ArrayLike<number>;
  readonly groups: TileGroups;
  readonly level: GroupLevel;
  /** At most this many group folds, so that the curve takes seconds. */
  readonly maximumFolds: number;
  readonly draws: number;
  readonly seed: number;
}

export interface LabelEfficiencyPoint {
  readonly labels: number;
  /** Mean over the draws. */
  readonly balancedAccuracy: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Larger sets are cut to this many labels: the curve is flat long before, and the fits would take minutes. */
const maximumLabels = 2000;
const maximumPoints = 6;

export function labelEfficiency(input: LabelEfficiencyInput, context: StageContext = {}): LabelEfficiencyPoint[] {
  const { features, labels, classCount, trainMask, groups, level, draws, seed } = input;
  const usable = Array.from({ length: labels.length }, (_, row) => row).filter((row) => (trainMask[row] ?? 0) !== 0);
  const sizes = subsetSizes(Math.min(usable.length, maximumLabels), 2 * classCount);
  const results = sizes.map((): number[] => []);
  for (let draw = 0; draw < draws; draw += 1) {
    const order = nestedOrder(usable, labels, RandomStream.of('label-efficiency', seed, draw));
    sizes.forEach((size, index) => {
      throwIfCancelled(context.signal);
      const mask = new Uint8Array(labels.length);
      for (const row of order.slice(0, size)) mask[row] = 1;
      const { folds } = planFolds({ labels, trainMask: mask, groups, level, foldCount: input.maximumFolds, seed });
      const metrics = quickMetrics(features, labels, classCount, folds, defaultEvaluationSettings.c);
      results[index]?.push(metrics.balancedAccuracy);
      context.onProgress?.({
        stage: 'Measuring label efficiency',
        done: draw * sizes.length + index + 1,
        total: draws * sizes.length,
      });
    });
  }
  return sizes.map((size, index) => {
    const values = results[index] ?? [];
    return {
      labels: size,
      balancedAccuracy: values.reduce((sum, value) => sum + value, 0) / values.length,
      lowest: Math.min(...values),
      highest: Math.max(...values),
    };
  });
}

/** Ascending, each half of the next, none below `least` but the last. */
export function subsetSizes(count: number, least: number): number[] {
  const sizes = [count];
  while (sizes.length < maximumPoints) {
    const half = Math.round((sizes[0] ?? 0) / 2);
    if (half < least) break;
    sizes.unshift(half);
  }
  return sizes;
}

/** Every prefix holds the classes in about their true shares, and two of each as soon as it can. */
function nestedOrder(rows: readonly number[], labels: ArrayLike<number>, random: RandomStream): number[] {
  const byClass = new Map<number, number[]>();
  for (const row of random.shuffled(rows)) {
    const label = labels[row] as number;
    const own = byClass.get(label);
    if (own === undefined) byClass.set(label, [row]);
    else own.push(row);
  }
  const placed = [...byClass.values()].flatMap((own) =>
    own.map((row, position) => ({ row, place: position < 2 ? position - 2 : (position + 0.5) / own.length })),
  );
  return placed.sort((a, b) => a.place - b.place || a.row - b.row).map(({ row }) => row);
}
