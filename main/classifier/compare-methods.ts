/**
 * Several feature tables on the same few labels, drawn many times: each draw trains one linear classifier per fold and table
 * and judges it on the held-out groups. The interval of a mean over draws resamples draws AND groups, because both vary: other
 * labels would have been chosen, other slides would have come. Differences are paired, on the same draws and groups.
 */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { drawLabels } from './draw-labels.ts';
import { defaultEvaluationSettings } from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { planFolds, type GroupLevel, type TileGroups } from './folds.ts';
import { percentile, type Interval } from './intervals.ts';
import { metricsOf } from './metrics.ts';
import { predictFold } from './quick-fit.ts';

export interface ComparedTable extends FeatureTable {
  /** Needs no pretraining; each other table is compared with the best of these. */
  readonly isBaseline: boolean;
}

export interface CompareMethodsInput {
  readonly tables: readonly ComparedTable[];
  /** Class index per row. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  readonly groups: TileGroups;
  readonly level?: GroupLevel | undefined;
  /** Labels of a draw, one entry an experiment. */
  readonly labelCounts: readonly number[];
  readonly draws: number;
  readonly seed: number;
  readonly resamples: number;
  /** Groups are held out together in so many folds; left out: one at a time. */
  readonly foldCount?: number | undefined;
}

export interface ComparedMethod {
  readonly name: string;
  readonly isBaseline: boolean;
  /** Mean over the draws. */
  readonly balancedAccuracy: Interval;
  /** Of single draws: how far the luck of the labels reaches. */
  readonly lowest: number;
  readonly highest: number;
  /** Minus the best baseline's; null for baselines. */
  readonly gain: Interval | null;
}

export interface ComparedAt {
  readonly labels: number;
  readonly bestBaseline: string | null;
  readonly methods: readonly ComparedMethod[];
}

export interface MethodComparison {
  readonly level: GroupLevel;
  readonly reason: string;
  readonly folds: number;
  readonly groups: number;
  readonly at: readonly ComparedAt[];
}

/** Throws `invalid-input` without tables or draws and what planFolds throws. */
export function compareMethods(input: CompareMethodsInput, context: StageContext = {}): MethodComparison {
  const { tables, labels, classCount, labelCounts, draws, seed, foldCount } = input;
  if (tables.length === 0 || draws < 1) {
    throw new TrefoilError('invalid-input', 'There is nothing to compare.', 'Choose at least one run and one draw.');
  }
  // The level is one for all draws: that of all labels.
  const whole = planFolds({ labels, groups: input.groups, level: input.level, foldCount, seed });
  const groupOf = input.groups[whole.level];
  const names = [...new Set(whole.folds.flatMap((fold) => fold.heldOut))].sort();
  const groupIndex = new Map(names.map((name, index) => [name, index]));
  let done = 0;
  const total = labelCounts.length * draws * tables.length;
  const at = labelCounts.map((count): ComparedAt => {
    // counts[table][draw][group] is a flat confusion matrix.
    const counts = tables.map((): Float64Array[][] => []);
    for (let draw = 0; draw < draws; draw += 1) {
      const drawSeed = RandomStream.of('compare-methods', seed, count, draw).nextInteger(2 ** 31);
      const trainMask = drawLabels({ labels, groups: input.groups.specimen, count, seed: drawSeed });
      const { folds } = planFolds({ labels, trainMask, groups: input.groups, level: whole.level, foldCount, seed });
      tables.forEach((table, index) => {
        throwIfCancelled(context.signal);
        const ofGroups = names.map(() => new Float64Array(classCount * classCount));
        for (const fold of folds) {
          const predicted = predictFold(table, labels, classCount, fold, defaultEvaluationSettings.c);
          fold.test.forEach((row, i) => {
            const matrix = ofGroups[groupIndex.get(groupOf[row] ?? '') ?? -1];
            const cell = (labels[row] as number) * classCount + (predicted[i] as number);
            if (matrix !== undefined) matrix[cell] = (matrix[cell] ?? 0) + 1;
          });
        }
        counts[index]?.push(ofGroups);
        done += 1;
        context.onProgress?.({ stage: 'Comparing methods', done, total, note: `${count} labels, ${table.name}` });
      });
    }
    return comparedAt(input, count, counts, names.length);
  });
  return { level: whole.level, reason: whole.reason, folds: whole.folds.length, groups: names.length, at };
}

type Counts = readonly (readonly (readonly Float64Array[])[])[];

function comparedAt(input: CompareMethodsInput, labels: number, counts: Counts, groupCount: number): ComparedAt {
  const { tables, classCount, draws, resamples, seed } = input;
  const allGroups = Array.from({ length: groupCount }, (_, group) => group);
  const ofDraw = counts.map((table) => table.map((groups) => balancedAccuracy(groups, allGroups, classCount)));
  const means = ofDraw.map(mean);
  let best = -1;
  tables.forEach((table, index) => {
    if (table.isBaseline && (best < 0 || (means[index] ?? 0) > (means[best] ?? 0))) best = index;
  });
  const random = RandomStream.of('compare-methods-bootstrap', seed, labels);
  const samples = tables.map(() => new Float64Array(resamples));
  for (let sample = 0; sample < resamples; sample += 1) {
    const chosenDraws = Array.from({ length: draws }, () => random.nextInteger(draws));
    const chosenGroups = Array.from({ length: groupCount }, () => random.nextInteger(groupCount));
    counts.forEach((table, index) => {
      const figures = chosenDraws.map((draw) => balancedAccuracy(table[draw] ?? [], chosenGroups, classCount));
      (samples[index] as Float64Array)[sample] = mean(figures);
    });
  }
  const note = groupCount < 5 ? `interval from only ${groupCount} groups: read it as a rough guide` : null;
  const interval = (value: number, drawn: Float64Array): Interval => {
    if (groupCount < 2) return { value, low: null, high: null, note: 'no interval: one group only' };
    const sorted = drawn.slice().sort();
    return { value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975), note };
  };
  const baseline = samples[best];
  return {
    labels,
    bestBaseline: tables[best]?.name ?? null,
    methods: tables.map((table, index) => {
      const own = samples[index] as Float64Array;
      const value = means[index] as number;
      const single = ofDraw[index] ?? [];
      return {
        name: table.name,
        isBaseline: table.isBaseline,
        balancedAccuracy: interval(value, own),
        lowest: Math.min(...single),
        highest: Math.max(...single),
        gain:
          table.isBaseline || baseline === undefined
            ? null
            : interval(
                value - (means[best] as number),
                own.map((item, sample) => item - (baseline[sample] as number)),
              ),
      };
    }),
  };
}

function balancedAccuracy(groups: readonly Float64Array[], chosen: readonly number[], classCount: number): number {
  const sum = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  for (const group of chosen) {
    groups[group]?.forEach((count, cell) => {
      const row = sum[Math.floor(cell / classCount)];
      if (row !== undefined) row[cell % classCount] = (row[cell % classCount] ?? 0) + count;
    });
  }
  return metricsOf(sum).balancedAccuracy;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
