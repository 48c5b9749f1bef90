/**
 * What the fold classifiers say together about every row of a feature table: class, calibrated probabilities, how much the folds
 * disagree, and how far the row lies from the training slides.
 */
import { combineLogits, type EnsembleKind, type EnsembleResult } from './ensemble.ts';
import type { FoldClassifier } from './evaluate.ts';
import type { FeatureTable } from './feature-table.ts';
import { logitsOf, softmaxRows } from './logistic-regression.ts';
import { standardisedRows } from './standardise.ts';
import { distancesFrom, likenessOf, type Likeness, type UnlikeReference } from './unlike/reference.ts';

export interface PredictInput {
  readonly folds: readonly Pick<FoldClassifier, 'model' | 'standardisation'>[];
  readonly table: FeatureTable;
  readonly classCount: number;
  readonly ensemble: EnsembleKind;
  /** See calibration/temperature.ts. */
  readonly temperature: number;
  readonly reference: UnlikeReference | null;
}

export interface TilePredictions extends EnsembleResult {
  /** [rows], 0 to 1: see `foldDisagreement`. */
  readonly disagreement: Float64Array;
  /** [rows], in units of the limit that 95 % of the training slides' tiles keep; null without a reference. */
  readonly distance: Float64Array | null;
  readonly likeness: Likeness | null;
}

export function predictTiles(input: PredictInput): TilePredictions {
  const { folds, table, classCount, ensemble, temperature, reference } = input;
  const rows = Int32Array.from({ length: table.values.length / table.dim }, (_, row) => row);
  const logits = folds.map(({ model, standardisation }) =>
    logitsOf(model, standardisedRows(table, rows, standardisation)),
  );
  const distances = reference === null ? null : distancesFrom(reference, table);
  return {
    ...combineLogits(logits, classCount, ensemble, temperature),
    disagreement: foldDisagreement(logits, classCount, temperature),
    distance: reference === null ? null : (distances?.map((distance) => distance / reference.tileLimit) ?? null),
    likeness: reference === null || distances === null ? null : likenessOf(reference, distances),
  };
}

/**
 * Entropy of the mean probabilities minus the mean entropy of each fold's, over the largest it can be: 0 where the folds say the
 * same, also when all are undecided; 1 where each is sure of another class. The generalised Jensen-Shannon divergence (Lin 1991),
 * which equals the mean Kullback-Leibler divergence from the mean.
 */
export function foldDisagreement(
  logits: readonly Float64Array[],
  classCount: number,
  temperature: number,
): Float64Array {
  const rows = (logits[0]?.length ?? 0) / classCount;
  const largest = Math.log(Math.min(logits.length, classCount));
  const result = new Float64Array(rows);
  if (largest <= 0) return result;
  const answers = logits.map((member) => softmaxRows(member, classCount, temperature));
  const mean = new Float64Array(classCount);
  for (let row = 0; row < rows; row += 1) {
    mean.fill(0);
    let own = 0;
    for (const answer of answers) {
      const probabilities = answer.subarray(row * classCount, (row + 1) * classCount);
      own += entropy(probabilities) / answers.length;
      for (let k = 0; k < classCount; k += 1) {
        mean[k] = (mean[k] as number) + (probabilities[k] as number) / answers.length;
      }
    }
    result[row] = Math.min(1, Math.max(0, (entropy(mean) - own) / largest));
  }
  return result;
}

function entropy(probabilities: Float64Array): number {
  let sum = 0;
  for (const value of probabilities) if (value > 0) sum -= value * Math.log(value);
  return sum;
}
