/**
 * One feature table trained and judged on given folds, without intervals: what the leak comparison and the label-efficiency
 * curve repeat many times. A fold whose training labels are of one class predicts that class, instead of failing.
 */
import type { FeatureTable } from './feature-table.ts';
import { fitLogisticRegression, largestPerRow, logitsOf } from './logistic-regression.ts';
import { confusionMatrix, metricsOf, type Metrics } from './metrics.ts';
import { fitStandardisation, standardisedRows } from './standardise.ts';

export interface QuickFold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Pooled figures over all folds; each test row counts once. */
export function quickMetrics(
  table: FeatureTable,
  labels: ArrayLike<number>,
  classCount: number,
  folds: readonly QuickFold[],
  c: number,
): Metrics {
  const truth: number[] = [];
  const prediction: number[] = [];
  for (const fold of folds) {
    const predicted = predictFold(table, labels, classCount, fold, c);
    fold.test.forEach((row, i) => {
      truth.push(labels[row] as number);
      prediction.push(predicted[i] as number);
    });
  }
  return metricsOf(confusionMatrix(truth, prediction, classCount));
}

/** Predicted class of every test row of one fold. */
export function predictFold(
  table: FeatureTable,
  labels: ArrayLike<number>,
  classCount: number,
  { train, test }: QuickFold,
  c: number,
): Int32Array {
  const trainLabels = Int32Array.from(train, (row) => labels[row] as number);
  if (new Set(trainLabels).size < 2) return new Int32Array(test.length).fill(trainLabels[0] ?? 0);
  const standardisation = fitStandardisation(table, train);
  const model = fitLogisticRegression({
    features: standardisedRows(table, train, standardisation),
    dim: table.dim,
    labels: trainLabels,
    classCount,
    c,
    classWeights: 'balanced',
  });
  return largestPerRow(logitsOf(model, standardisedRows(table, test, standardisation)), classCount);
}
