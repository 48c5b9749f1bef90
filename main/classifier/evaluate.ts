/**
 * Trains one linear classifier per fold on the labels allowed for training and predicts every labelled tile of the
 * held-out groups, for several feature tables on the same folds. Figures are pooled over folds; training accuracy is never
 * reported. Plain arrays in and out; the sentences about the result are in ./describe-comparison.ts.
 */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { combineLogits, type EnsembleKind, type EnsembleResult } from './ensemble.ts';
import type { FeatureTable } from './feature-table.ts';
import { planFolds, type FoldPlan, type GroupLevel, type TileGroups } from './folds.ts';
import { bootstrap, type Interval } from './intervals.ts';
import {
  fitLogisticRegression,
  largestPerRow,
  logitsOf,
  softmaxRows,
  type LogisticRegression,
} from './logistic-regression.ts';
import { confusionMatrix, metricsOf, type Metrics } from './metrics.ts';
import { fitStandardisation, standardisedRows, type Standardisation } from './standardise.ts';

export interface EvaluationSettings {
  readonly c: number;
  readonly classWeights: 'balanced' | 'none';
  readonly ensemble: EnsembleKind;
  readonly seed: number;
  readonly resamples: number;
  readonly level?: GroupLevel | undefined;
  readonly foldCount?: number | undefined;
}

export const defaultEvaluationSettings: EvaluationSettings = {
  c: 0.01,
  classWeights: 'balanced',
  ensemble: 'l2-normalised-logits',
  seed: 1,
  resamples: 2000,
};

export interface EvaluationInput {
  /** At least one; the first is compared with each other one. Row = tile. */
  readonly features: readonly FeatureTable[];
  readonly classCount: number;
  /** Class index per tile, -1 without label. Every labelled tile is evaluated. */
  readonly labels: ArrayLike<number>;
  /** 1 where the label may be used for training; left out: every label. */
  readonly trainMask?: ArrayLike<number> | undefined;
  /** 1 for tiles of slides held out of all folds, reported apart. */
  readonly testMask?: ArrayLike<number> | undefined;
  readonly groups: TileGroups;
  readonly settings: EvaluationSettings;
}

export interface FoldClassifier {
  readonly heldOut: readonly string[];
  readonly standardisation: Standardisation;
  readonly model: LogisticRegression;
}

export interface EvaluatedFeatures {
  readonly name: string;
  readonly classifiers: readonly FoldClassifier[];
  /** Predicted class of each tile in `evaluatedTiles`, by the classifier that did not see its group. */
  readonly prediction: Int32Array;
  /** [evaluatedTiles, classes], by the same classifiers; each row sums to 1. */
  readonly probabilities: Float32Array;
  /** [evaluatedTiles, classes], what the probabilities are made of. */
  readonly logits: Float64Array;
  readonly metrics: Metrics;
  readonly balancedAccuracy: Interval;
  readonly macroF1: Interval;
  /** Balanced accuracy of the first features minus this one's; interval from the same resamples. */
  readonly differenceFromFirst: Interval;
}

type Judged = Omit<EvaluatedFeatures, 'classifiers' | 'probabilities' | 'logits'>;

export interface Evaluation {
  readonly plan: FoldPlan;
  readonly trainingLabels: number;
  readonly evaluatedTiles: Int32Array;
  /** Index into `plan.folds` of the fold that held the tile out. */
  readonly foldOf: Int32Array;
  readonly rows: readonly EvaluatedFeatures[];
  /** The fold ensemble on the test slides; null when none were held out. */
  readonly test: {
    readonly tiles: Int32Array;
    readonly rows: readonly Judged[];
  } | null;
}

export function evaluateClassifier(input: EvaluationInput, context: StageContext = {}): Evaluation {
  const { labels, settings, classCount } = input;
  for (const table of input.features) {
    if (table.values.length !== labels.length * table.dim) {
      throw new TrefoilError(
        'invalid-input',
        `"${table.name}" has ${table.values.length / table.dim} feature vectors for ${labels.length} tiles.`,
        'Compute the embeddings again for the present tiles.',
      );
    }
  }
  const plan = planFolds({
    labels,
    trainMask: input.trainMask,
    excluded: input.testMask,
    groups: input.groups,
    level: settings.level,
    foldCount: settings.foldCount,
    seed: settings.seed,
  });
  const evaluatedTiles = Int32Array.from(plan.folds.flatMap((fold) => [...fold.test])).sort();
  const foldOfTile = new Int32Array(labels.length).fill(-1);
  plan.folds.forEach((fold, index) => fold.test.forEach((tile) => (foldOfTile[tile] = index)));
  const total = input.features.length * plan.folds.length;
  let done = 0;
  const trained = input.features.map((table) => {
    const predictionOfTile = new Int32Array(labels.length).fill(-1);
    const logitsOfTile = new Float64Array(labels.length * classCount);
    const classifiers = plan.folds.map((fold): FoldClassifier => {
      throwIfCancelled(context.signal);
      const standardisation = fitStandardisation(table, fold.train);
      const model = fitLogisticRegression({
        features: standardisedRows(table, fold.train, standardisation),
        dim: table.dim,
        labels: Int32Array.from(fold.train, (tile) => labels[tile] as number),
        classCount,
        c: settings.c,
        classWeights: settings.classWeights,
      });
      const logits = logitsOf(model, standardisedRows(table, fold.test, standardisation));
      const predicted = largestPerRow(logits, classCount);
      fold.test.forEach((tile, i) => {
        predictionOfTile[tile] = predicted[i] as number;
        logitsOfTile.set(logits.subarray(i * classCount, (i + 1) * classCount), tile * classCount);
      });
      done += 1;
      context.onProgress?.({ stage: 'Training classifiers', done, total, note: table.name });
      return { heldOut: fold.heldOut, standardisation, model };
    });
    const logits = new Float64Array(evaluatedTiles.length * classCount);
    evaluatedTiles.forEach((tile, i) =>
      logits.set(logitsOfTile.subarray(tile * classCount, (tile + 1) * classCount), i * classCount),
    );
    const probabilities = Float32Array.from(softmaxRows(logits, classCount));
    const prediction = evaluatedTiles.map((tile) => predictionOfTile[tile] as number);
    return { table, classifiers, prediction, probabilities, logits };
  });
  const trainingTiles = new Set(plan.folds.flatMap((fold) => [...fold.train]));
  const figures = figuresOf(input, plan.level, evaluatedTiles, trained);
  const testTiles = Int32Array.from(
    Array.from({ length: labels.length }, (_, tile) => tile).filter(
      (tile) => (input.testMask?.[tile] ?? 0) !== 0 && (labels[tile] as number) >= 0,
    ),
  );
  const tested = trained.map(({ table, classifiers }) => ({
    table,
    prediction: predictWithEnsemble(classifiers, table, testTiles, classCount, settings.ensemble).prediction,
  }));
  return {
    plan,
    trainingLabels: trainingTiles.size,
    evaluatedTiles,
    foldOf: evaluatedTiles.map((tile) => foldOfTile[tile] as number),
    rows: figures.map((row, i) => ({
      ...row,
      classifiers: trained[i]?.classifiers ?? [],
      probabilities: trained[i]?.probabilities ?? new Float32Array(0),
      logits: trained[i]?.logits ?? new Float64Array(0),
    })),
    test: testTiles.length === 0 ? null : { tiles: testTiles, rows: figuresOf(input, plan.level, testTiles, tested) },
  };
}

/** Class and probabilities of the named tiles by all fold classifiers together. */
export function predictWithEnsemble(
  classifiers: readonly Pick<FoldClassifier, 'model' | 'standardisation'>[],
  table: FeatureTable,
  tiles: ArrayLike<number>,
  classCount: number,
  ensemble: EnsembleKind,
): EnsembleResult {
  const logits = classifiers.map(({ model, standardisation }) =>
    logitsOf(model, standardisedRows(table, tiles, standardisation)),
  );
  return combineLogits(logits, classCount, ensemble);
}

function figuresOf(
  input: EvaluationInput,
  level: GroupLevel,
  tiles: Int32Array,
  rows: readonly { readonly table: FeatureTable; readonly prediction: Int32Array }[],
): Judged[] {
  const { classCount, settings } = input;
  const truth = Int32Array.from(tiles, (tile) => input.labels[tile] as number);
  const groupOf = Array.from(tiles, (tile) => input.groups[level][tile] ?? '');
  const names = [...new Set(groupOf)].sort();
  const tables = rows.map(({ prediction }) =>
    names.map((name) => {
      const members = [...groupOf.keys()].filter((i) => groupOf[i] === name);
      return confusionMatrix(
        members.map((i) => truth[i] as number),
        members.map((i) => prediction[i] as number),
        classCount,
      );
    }),
  );
  const balanced = bootstrap(tables, 'balancedAccuracy', settings);
  const macroF1 = bootstrap(tables, 'macroF1AllLabels', settings);
  return rows.map(({ table, prediction }, i) => ({
    name: table.name,
    prediction,
    metrics: metricsOf(confusionMatrix(truth, prediction, classCount)),
    balancedAccuracy: balanced.intervals[i] as Interval,
    macroF1: macroF1.intervals[i] as Interval,
    differenceFromFirst: balanced.differencesFromFirst[i] as Interval,
  }));
}
