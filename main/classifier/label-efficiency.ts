/**
 * "Would more labels help?": balanced accuracy on held-out groups with nested, seeded subsets of the training labels, each
 * half of the next. Drawn several times. Intervals resample draws and groups, because both vary: other tiles would have been
 * labelled, other slides would have come; the gain of a step is paired on the same draws and groups.
 */
import { throwIfCancelled } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { defaultEvaluationSettings } from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { planFolds, type GroupLevel, type TileGroups } from './folds.ts';
import { percentile, sumConfusions } from './intervals.ts';
import { confusionMatrix, metricsOf, type Confusion } from './metrics.ts';
import { predictFold } from './quick-fit.ts';

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
  /** Of single draws: how far the luck of the labels reaches. */
  readonly lowest: number;
  readonly highest: number;
  /** 95 %; null with fewer than two groups. */
  readonly low: number | null;
  readonly high: number | null;
  /** Over the point before, which has half the labels; null for the first. */
  readonly gain: { readonly value: number; readonly low: number | null; readonly high: number | null } | null;
}

const resamples = 1000;

/** Larger sets are cut to this many labels: the curve is flat long before, and the fits would take minutes. */
const maximumLabels = 2000;
const maximumPoints = 6;

export function labelEfficiency(input: LabelEfficiencyInput, context: StageContext = {}): LabelEfficiencyPoint[] {
  const { features, labels, classCount, trainMask, groups, level, draws, seed } = input;
  const usable = Array.from({ length: labels.length }, (_, row) => row).filter((row) => (trainMask[row] ?? 0) !== 0);
  const sizes = subsetSizes(Math.min(usable.length, maximumLabels), 2 * classCount);
  const groupNames = [...new Set(Array.from({ length: labels.length }, (_, row) => groups[level][row] ?? ''))].sort();
  const groupIndex = new Map(groupNames.map((name, index) => [name, index]));
  // [size][draw][group]
  const confusions = sizes.map((): number[][][][] => []);
  for (let draw = 0; draw < draws; draw += 1) {
    const order = nestedOrder(usable, labels, RandomStream.of('label-efficiency', seed, draw));
    sizes.forEach((size, index) => {
      throwIfCancelled(context.signal);
      const mask = new Uint8Array(labels.length);
      for (const row of order.slice(0, size)) mask[row] = 1;
      const { folds } = planFolds({ labels, trainMask: mask, groups, level, foldCount: input.maximumFolds, seed });
      const own = groupNames.map(() => confusionMatrix([], [], classCount));
      for (const fold of folds) {
        const predicted = predictFold(features, labels, classCount, fold, defaultEvaluationSettings.c);
        fold.test.forEach((row, i) => {
          const cells = own[groupIndex.get(groups[level][row] ?? '') ?? -1]?.[labels[row] as number];
          const column = predicted[i] as number;
          if (cells !== undefined) cells[column] = (cells[column] ?? 0) + 1;
        });
      }
      confusions[index]?.push(own);
      context.onProgress?.({
        stage: 'Measuring label efficiency',
        done: draw * sizes.length + index + 1,
        total: draws * sizes.length,
      });
    });
  }
  return pointsOf(sizes, confusions, groupNames.length, seed);
}

function pointsOf(
  sizes: readonly number[],
  confusions: readonly (readonly (readonly Confusion[])[])[],
  groupCount: number,
  seed: number,
): LabelEfficiencyPoint[] {
  const figure = (groups: readonly Confusion[]): number => metricsOf(sumConfusions(groups)).balancedAccuracy;
  const values = confusions.map((ofDraws) => ofDraws.map(figure));
  const random = RandomStream.of('label-efficiency-bootstrap', seed);
  const samples = sizes.map(() => new Float64Array(resamples));
  const drawCount = confusions[0]?.length ?? 0;
  for (let sample = 0; sample < resamples; sample += 1) {
    const chosenDraws = Array.from({ length: drawCount }, () => random.nextInteger(drawCount));
    const chosenGroups = Array.from({ length: groupCount }, () => random.nextInteger(groupCount));
    confusions.forEach((ofDraws, index) => {
      const figures = chosenDraws.map((draw) =>
        figure(chosenGroups.map((group) => ofDraws[draw]?.[group] as Confusion)),
      );
      (samples[index] as Float64Array)[sample] = mean(figures);
    });
  }
  const limits = (drawn: Float64Array): { readonly low: number | null; readonly high: number | null } => {
    if (groupCount < 2) return { low: null, high: null };
    const sorted = drawn.slice().sort();
    return { low: percentile(sorted, 0.025), high: percentile(sorted, 0.975) };
  };
  return sizes.map((labels, index) => {
    const [own, drawn] = [values[index] ?? [], samples[index] as Float64Array];
    const [before, drawnBefore] = [values[index - 1], samples[index - 1]];
    return {
      labels,
      balancedAccuracy: mean(own),
      lowest: Math.min(...own),
      highest: Math.max(...own),
      ...limits(drawn),
      gain:
        before === undefined || drawnBefore === undefined
          ? null
          : {
              value: mean(own) - mean(before),
              ...limits(drawn.map((value, i) => value - (drawnBefore[i] as number))),
            },
    };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
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
