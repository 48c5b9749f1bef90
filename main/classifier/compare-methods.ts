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
import { planFolds, type Fold, type FoldPlan, type GroupLevel, type TileGroups } from './folds.ts';
import { percentile, type Interval } from './intervals.ts';
import { metricsOf } from './metrics.ts';
import { predictFold } from './quick-fit.ts';

export interface ComparedTable extends FeatureTable {
  /** Needs no pretraining; each other table is compared with the best of these. */
  readonly isBaseline: boolean;
}

/** Classes that something else than a linear classifier on a table named, on the folds of `comparisonDraws`. */
export interface ComparedPredictions {
  readonly name: string;
  readonly isBaseline: boolean;
  /** By label count, then draw: the classes of each fold's test rows, fold after fold. */
  readonly predicted: readonly (readonly ArrayLike<number>[])[];
}

export interface CompareMethodsInput extends ComparisonPlan {
  readonly tables: readonly ComparedTable[];
  readonly predictions?: readonly ComparedPredictions[];
  readonly resamples: number;
}

/** What decides which labels are drawn and which tiles judged. */
export interface ComparisonPlan {
  /** Class index per row. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  readonly groups: TileGroups;
  readonly level?: GroupLevel | undefined;
  /** Labels of a draw, one entry an experiment. */
  readonly labelCounts: readonly number[];
  readonly draws: number;
  readonly seed: number;
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

export interface ComparisonDraw {
  /** Position in `labelCounts`. */
  readonly at: number;
  readonly labels: number;
  readonly draw: number;
  readonly folds: readonly Fold[];
}

/** The draws in order, the same for every method. `level` is that of all labels (`comparisonFolds`). */
export function* comparisonDraws(plan: ComparisonPlan, level: GroupLevel): Generator<ComparisonDraw> {
  const { labels, groups, foldCount, seed } = plan;
  for (const [at, count] of plan.labelCounts.entries()) {
    for (let draw = 0; draw < plan.draws; draw += 1) {
      const drawSeed = RandomStream.of('compare-methods', seed, count, draw).nextInteger(2 ** 31);
      const trainMask = drawLabels({ labels, groups: groups.specimen, count, seed: drawSeed });
      const { folds } = planFolds({ labels, trainMask, groups, level, foldCount, seed });
      yield { at, labels: count, draw, folds };
    }
  }
}

/** Of all labels: their level is one for all draws. Throws what planFolds throws. */
export function comparisonFolds({ labels, groups, level, foldCount, seed }: ComparisonPlan): FoldPlan {
  return planFolds({ labels, groups, level, foldCount, seed });
}

/** Throws `invalid-input` without tables or draws and what planFolds throws. */
export function compareMethods(input: CompareMethodsInput, context: StageContext = {}): MethodComparison {
  const { tables, predictions = [], labels, classCount, labelCounts, draws } = input;
  if (tables.length === 0 || draws < 1) {
    throw new TrefoilError('invalid-input', 'There is nothing to compare.', 'Choose at least one run and one draw.');
  }
  const whole = comparisonFolds(input);
  const groupOf = input.groups[whole.level];
  const names = [...new Set(whole.folds.flatMap((fold) => fold.heldOut))].sort();
  const groupIndex = new Map(names.map((name, index) => [name, index]));
  const methods = [...tables, ...predictions];
  let done = 0;
  const total = labelCounts.length * draws * tables.length;
  // counts[at][method][draw][group] is a flat confusion matrix.
  const counts = labelCounts.map(() => methods.map((): Float64Array[][] => []));
  for (const { at, labels: count, draw, folds } of comparisonDraws(input, whole.level)) {
    const judge = (method: number, predictedOf: (fold: Fold) => ArrayLike<number>): void => {
      const ofGroups = names.map(() => new Float64Array(classCount * classCount));
      for (const fold of folds) {
        const predicted = predictedOf(fold);
        fold.test.forEach((row, i) => {
          const matrix = ofGroups[groupIndex.get(groupOf[row] ?? '') ?? -1];
          const cell = (labels[row] as number) * classCount + (predicted[i] as number);
          if (matrix !== undefined) matrix[cell] = (matrix[cell] ?? 0) + 1;
        });
      }
      counts[at]?.[method]?.push(ofGroups);
    };
    tables.forEach((table, index) => {
      throwIfCancelled(context.signal);
      judge(index, (fold) => predictFold(table, labels, classCount, fold, defaultEvaluationSettings.c));
      done += 1;
      context.onProgress?.({ stage: 'Comparing methods', done, total, note: `${count} labels, ${table.name}` });
    });
    predictions.forEach(({ predicted }, index) => {
      const named = predicted[at]?.[draw] ?? [];
      let next = 0;
      judge(tables.length + index, (fold) => {
        const own = Array.from({ length: fold.test.length }, (_, i) => named[next + i] ?? -1);
        next += fold.test.length;
        return own;
      });
    });
  }
  return {
    level: whole.level,
    reason: whole.reason,
    folds: whole.folds.length,
    groups: names.length,
    at: labelCounts.map((count, index) => comparedAt(input, methods, count, counts[index] ?? [], names.length)),
  };
}

interface NamedMethod {
  readonly name: string;
  readonly isBaseline: boolean;
}

type Counts = readonly (readonly (readonly Float64Array[])[])[];

function comparedAt(
  { classCount, draws, resamples, seed }: CompareMethodsInput,
  methods: readonly NamedMethod[],
  labels: number,
  counts: Counts,
  groupCount: number,
): ComparedAt {
  const allGroups = Array.from({ length: groupCount }, (_, group) => group);
  const ofDraw = counts.map((table) => table.map((groups) => balancedAccuracy(groups, allGroups, classCount)));
  const means = ofDraw.map(mean);
  let best = -1;
  methods.forEach((method, index) => {
    if (method.isBaseline && (best < 0 || (means[index] ?? 0) > (means[best] ?? 0))) best = index;
  });
  const random = RandomStream.of('compare-methods-bootstrap', seed, labels);
  const samples = methods.map(() => new Float64Array(resamples));
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
    bestBaseline: methods[best]?.name ?? null,
    methods: methods.map((method, index) => {
      const own = samples[index] as Float64Array;
      const value = means[index] as number;
      const single = ofDraw[index] ?? [];
      return {
        name: method.name,
        isBaseline: method.isBaseline,
        balancedAccuracy: interval(value, own),
        lowest: Math.min(...single),
        highest: Math.max(...single),
        gain:
          method.isBaseline || baseline === undefined
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
