/**
 * Labelling replayed on tiles whose classes are known: a strategy asks for tiles in batches, a person who never errs answers,
 * a classifier is trained after each batch and judged on groups of slides the strategy never saw. Every strategy is set beside
 * random choice, over many seeds, on the same folds. Pure; a simulation of choosing, not of reading.
 */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import type { StageContext } from '#common/stage.ts';
import { defaultEvaluationSettings } from '../../classifier/evaluate.ts';
import type { FeatureTable } from '../../classifier/feature-table.ts';
import { percentile } from '../../classifier/intervals.ts';
import { fitLogisticRegression, largestPerRow, logitsOf, softmaxRows } from '../../classifier/logistic-regression.ts';
import { metricsOf } from '../../classifier/metrics.ts';
import { fitStandardisation, standardisedRows } from '../../classifier/standardise.ts';
import { committeeOf, type Committee } from '../../labels/suggest/committee.ts';
import { suggestTiles, type SuggestionOrder } from '../../labels/suggest/suggest-tiles.ts';

export type Strategy = SuggestionOrder | 'auto' | 'random';

export interface SimulationInput {
  readonly features: FeatureTable;
  /** As the queue of a project knows it from the guard of the run. */
  readonly areFeaturesSound?: boolean;
  /** Class index per row. */
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
  /** Slide index per row. */
  readonly slides: readonly number[];
  readonly slideNames: readonly string[];
  /** Rows that may be labelled, and rows that are judged, by fold. */
  readonly folds: readonly { readonly train: Int32Array; readonly test: Int32Array }[];
  /** 'random' is always simulated: the others are compared with it. */
  readonly strategies: readonly Strategy[];
  /** Labels asked for at a time. */
  readonly step: number;
  /** Labels in all. */
  readonly budget: number;
  readonly seeds: number;
  readonly seed: number;
  /** Balanced accuracy to reach; null: what random choice reaches with the whole budget. */
  readonly target: number | null;
}

export interface SimulatedFigure {
  readonly value: number;
  /** 95 % over the seeds. */
  readonly low: number;
  readonly high: number;
}

export interface SimulatedPoint {
  readonly labels: number;
  readonly balancedAccuracy: SimulatedFigure;
  /** Minus random choice with as many labels, paired by seed; null for random itself. */
  readonly gain: SimulatedFigure | null;
}

export interface SimulatedStrategy {
  readonly strategy: Strategy;
  readonly points: readonly SimulatedPoint[];
  /** Labels with which the mean curve first reaches the target, between points by interpolation; null: never. */
  readonly labelsForTarget: number | null;
}

export interface Simulation {
  readonly target: number;
  readonly strategies: readonly SimulatedStrategy[];
}

const resamples = 1000;

export function simulateLabelling(input: SimulationInput, context: StageContext = {}): Simulation {
  const { step, budget, seeds } = input;
  if (step < 1 || budget < step || seeds < 2 || input.folds.length < 2) {
    throw new TrefoilError(
      'invalid-input',
      'A simulation needs at least two seeds, two folds and a budget of one batch.',
      'Label tiles on at least two slides, or import labels.',
    );
  }
  const strategies: Strategy[] = ['random', ...input.strategies.filter((name) => name !== 'random')];
  const rounds = Math.floor(budget / step);
  let done = 0;
  const total = strategies.length * seeds * input.folds.length;
  // curves[strategy][seed][round]
  const curves = strategies.map((strategy) =>
    Array.from({ length: seeds }, (_, seed): number[] => {
      const confusions = Array.from({ length: rounds }, () => emptyConfusion(input.classNames.length));
      input.folds.forEach((fold, index) => {
        throwIfCancelled(context.signal);
        replay(input, strategy, fold, RandomStream.of('simulate', input.seed, seed, index), confusions);
        done += 1;
        context.onProgress?.({ stage: 'Simulating labelling', done, total, note: strategy });
      });
      return confusions.map((confusion) => metricsOf(confusion).balancedAccuracy);
    }),
  );
  const random = curves[0] ?? [];
  const target = input.target ?? mean(random.map((curve) => curve.at(-1) ?? 0));
  return {
    target,
    strategies: strategies.map((strategy, index) => {
      const own = curves[index] ?? [];
      const points = Array.from({ length: rounds }, (_, round): SimulatedPoint => {
        const values = own.map((curve) => curve[round] ?? 0);
        const differences = values.map((value, seed) => value - (random[seed]?.[round] ?? 0));
        const key = `${strategy} ${round}`;
        return {
          labels: (round + 1) * step,
          balancedAccuracy: overSeeds(values, input.seed, key),
          gain: strategy === 'random' ? null : overSeeds(differences, input.seed, key),
        };
      });
      return { strategy, points, labelsForTarget: reaching(points, target) };
    }),
  };
}

/** Adds this fold's judged tiles to the confusion of every round. */
function replay(
  input: SimulationInput,
  strategy: Strategy,
  { train, test }: SimulationInput['folds'][number],
  random: RandomStream,
  confusions: readonly number[][][],
): void {
  const { features, labels, classNames, step } = input;
  const pool = [...train];
  const given = new Set<number>();
  let probabilities: Float32Array | Float64Array | null = null;
  let committee: Committee | null = null;
  for (const confusion of confusions) {
    const asked =
      strategy === 'random'
        ? random.shuffled(pool.filter((row) => !given.has(row))).slice(0, step)
        : ask(input, strategy, pool, given, { probabilities, committee }, random.nextInteger(2 ** 31));
    for (const row of asked) given.add(row);
    const known = Int32Array.from(given).sort();
    const predict = fit(features, known, labels, classNames.length);
    const predicted = largestPerRow(predict(test), classNames.length);
    test.forEach((row, i) => {
      const cells = confusion[labels[row] ?? 0];
      const column = predicted[i] ?? 0;
      if (cells !== undefined) cells[column] = (cells[column] ?? 0) + 1;
    });
    probabilities = softmaxRows(predict(train), classNames.length);
    if (asksCommittee.has(strategy)) committee = committeeFor(input, known, train);
  }
}

function ask(
  input: SimulationInput,
  strategy: Exclude<Strategy, 'random'>,
  pool: readonly number[],
  given: ReadonlySet<number>,
  { probabilities, committee }: { probabilities: ArrayLike<number> | null; committee: Committee | null },
  seed: number,
): number[] {
  const { features, labels, classNames, slides, slideNames, step } = input;
  const { dim } = features;
  const values = new Float32Array(pool.length * dim);
  pool.forEach((row, at) => values.set(features.values.subarray(row * dim, (row + 1) * dim), at * dim));
  const perClass = classNames.map(() => 0);
  const perSlide = slideNames.map(() => 0);
  for (const row of given) {
    const [label, slide] = [labels[row] ?? 0, slides[row] ?? 0];
    perClass[label] = (perClass[label] ?? 0) + 1;
    perSlide[slide] = (perSlide[slide] ?? 0) + 1;
  }
  const isHere = new Set(pool.map((row) => slides[row]));
  // A person sees only classes met so far, and slides of this pool.
  const { picks } = suggestTiles({
    order: strategy,
    size: step,
    seed,
    dim,
    features: values,
    labels: pool.map((row) => (given.has(row) ? (labels[row] ?? 0) : -1)),
    slides: pool.map((row) => slides[row] ?? 0),
    classNames,
    labelsPerClass: perClass,
    labelsPerSlide: perSlide.map((count, slide) => (isHere.has(slide) ? count : Number.MAX_SAFE_INTEGER)),
    slideNames,
    probabilities: probabilities === null ? null : { values: probabilities, classNames },
    committee,
    ...(input.areFeaturesSound === undefined ? {} : { areFeaturesSound: input.areFeaturesSound }),
  });
  return picks.map(({ row }) => pool[row] ?? 0);
}

const asksCommittee: ReadonlySet<Strategy> = new Set<Strategy>(['disagreement', 'mix']);
const mostMembers = 5;

/** As in a project: each member leaves one group of the labelled slides out. null while that leaves nobody to disagree. */
function committeeFor(input: SimulationInput, known: Int32Array, rows: Int32Array): Committee | null {
  const { features, labels, classNames, slides } = input;
  const order = [...new Set(Array.from(known, (row) => slides[row] ?? 0))];
  const groups = Math.min(mostMembers, order.length);
  const members = Array.from({ length: groups }, (_, group) =>
    known.filter((row) => order.indexOf(slides[row] ?? 0) % groups !== group),
  )
    .filter((own) => new Set(Array.from(own, (row) => labels[row])).size > 1)
    .map((own) => softmaxRows(fit(features, own, labels, classNames.length)(rows), classNames.length));
  if (members.length < 2) return null;
  return committeeOf(members, classNames.length, [...rows.keys()], rows.length);
}

/** Logits of rows by a classifier trained on the known ones; the one class known so far when there is only one. */
function fit(
  table: FeatureTable,
  known: Int32Array,
  labels: readonly number[],
  classCount: number,
): (rows: Int32Array) => Float64Array {
  const own = Int32Array.from(known, (row) => labels[row] ?? 0);
  if (new Set(own).size < 2) {
    return (rows) =>
      Float64Array.from({ length: rows.length * classCount }, (_, at) => (at % classCount === own[0] ? 0 : -1e3));
  }
  const standardisation = fitStandardisation(table, known);
  const model = fitLogisticRegression({
    features: standardisedRows(table, known, standardisation),
    dim: table.dim,
    labels: own,
    classCount,
    c: defaultEvaluationSettings.c,
    classWeights: 'balanced',
  });
  return (rows) => logitsOf(model, standardisedRows(table, rows, standardisation));
}

function overSeeds(values: readonly number[], seed: number, key: string): SimulatedFigure {
  const random = RandomStream.of('simulate-bootstrap', seed, key);
  const means = Float64Array.from({ length: resamples }, () =>
    mean(values.map(() => values[random.nextInteger(values.length)] ?? 0)),
  ).sort();
  return { value: mean(values), low: percentile(means, 0.025), high: percentile(means, 0.975) };
}

function reaching(points: readonly SimulatedPoint[], target: number): number | null {
  let before: SimulatedPoint | null = null;
  for (const point of points) {
    const value = point.balancedAccuracy.value;
    if (value >= target) {
      if (before === null) return point.labels;
      const from = before.balancedAccuracy.value;
      return before.labels + ((target - from) / (value - from)) * (point.labels - before.labels);
    }
    before = point;
  }
  return null;
}

function emptyConfusion(size: number): number[][] {
  return Array.from({ length: size }, () => new Array<number>(size).fill(0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
