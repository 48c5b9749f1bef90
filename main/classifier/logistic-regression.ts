/**
 * Multinomial logistic regression in float64: minimises the sum of weighted cross-entropies + 1/(2C) ||W||^2, intercept
 * not penalised, which is scikit-learn's objective. Two classes keep two weight rows (a softmax), so C here equals half
 * of scikit-learn's binary C. Solved by L-BFGS (./minimise.ts). Not a feature scaler: see ./standardise.ts.
 */
import { TrefoilError } from '#common/errors.ts';
import { minimise } from './minimise.ts';

export interface LogisticRegression {
  readonly classCount: number;
  readonly dim: number;
  /** [classCount, dim] */
  readonly weights: Float64Array;
  readonly intercept: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface LogisticRegressionInput {
  /** [rows, dim] */
  readonly features: Float64Array;
  readonly dim: number;
  /** Class index 0..classCount-1 per row. */
  readonly labels: ArrayLike<number>;
  readonly classCount: number;
  /** Inverse strength of the penalty, > 0. */
  readonly c: number;
  /** 'balanced': rows / (classes present x rows of the class), scikit-learn's formula; 'none': 1. */
  readonly classWeights: 'balanced' | 'none';
}

/** Weight of each row. Classes without rows take no part in the formula. */
export function sampleWeights(labels: ArrayLike<number>, classCount: number, kind: 'balanced' | 'none'): Float64Array {
  const weights = new Float64Array(labels.length).fill(1);
  if (kind === 'none') return weights;
  const counts = new Float64Array(classCount);
  for (let i = 0; i < labels.length; i += 1) counts[labels[i] as number] = (counts[labels[i] as number] as number) + 1;
  const present = counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  for (let i = 0; i < labels.length; i += 1) {
    weights[i] = labels.length / (present * (counts[labels[i] as number] as number));
  }
  return weights;
}

/** A class that no row carries gets zero weights and an intercept of -1e3: it is never predicted (see ./ensemble.ts). */
export function fitLogisticRegression(input: LogisticRegressionInput): LogisticRegression {
  const { features, dim, labels, classCount } = input;
  checkInput(input);
  const present = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  if (present.length === 0) {
    throw new TrefoilError('no-labels', 'There are no labels to train on.', 'Label some tiles first.');
  }
  if (present.length === 1) {
    throw new TrefoilError(
      'one-class',
      `All ${labels.length} training labels are of one class.`,
      'Label tiles of at least one other class.',
    );
  }
  const compact = Int32Array.from(labels, (label) => present.indexOf(label));
  const rowWeights = sampleWeights(compact, present.length, input.classWeights);
  const solution = minimise(
    (point, gradient) => crossEntropy(point, gradient, features, dim, compact, present.length, rowWeights, input.c),
    new Float64Array(present.length * (dim + 1)),
    { maxIterations: 5000, gradientTolerance: 1e-9 },
  );
  const weights = new Float64Array(classCount * dim);
  const intercept = new Float64Array(classCount).fill(-1e3);
  present.forEach((target, source) => {
    weights.set(solution.point.subarray(source * dim, (source + 1) * dim), target * dim);
    intercept[target] = solution.point[present.length * dim + source] as number;
  });
  return { classCount, dim, weights, intercept, iterations: solution.iterations, converged: solution.converged };
}

function checkInput({ features, dim, labels, classCount, c }: LogisticRegressionInput): void {
  if (features.length !== labels.length * dim || !(c > 0)) {
    throw new TrefoilError(
      'invalid-input',
      `The classifier got ${features.length} feature values for ${labels.length} labels of ${dim} features, C = ${c}.`,
      'Give one feature vector per label and a positive C.',
    );
  }
  for (let i = 0; i < labels.length; i += 1) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classCount) {
      throw new TrefoilError('invalid-input', `Label ${label} is not a class.`, `Use classes 0 to ${classCount - 1}.`);
    }
  }
  if (!features.every(Number.isFinite)) {
    throw new TrefoilError(
      'invalid-input',
      'The features hold values that are not finite numbers.',
      'Compute the embeddings again; if it repeats, the pretraining run has diverged.',
    );
  }
}

/** Objective divided by the row count (better scaled steps, same minimum); writes the gradient. */
function crossEntropy(
  point: Float64Array,
  gradient: Float64Array,
  features: Float64Array,
  dim: number,
  labels: Int32Array,
  classCount: number,
  rowWeights: Float64Array,
  c: number,
): number {
  const rows = labels.length;
  const weightCount = classCount * dim;
  const penalty = 1 / (c * rows);
  let squares = 0;
  for (let i = 0; i < weightCount; i += 1) {
    const weight = point[i] as number;
    squares += weight * weight;
    gradient[i] = penalty * weight;
  }
  gradient.fill(0, weightCount);
  let loss = 0.5 * penalty * squares;
  const logits = new Float64Array(classCount);
  for (let row = 0; row < rows; row += 1) {
    const offset = row * dim;
    let maximum = -Infinity;
    for (let k = 0; k < classCount; k += 1) {
      let sum = point[weightCount + k] as number;
      const base = k * dim;
      for (let j = 0; j < dim; j += 1) sum += (features[offset + j] as number) * (point[base + j] as number);
      logits[k] = sum;
      if (sum > maximum) maximum = sum;
    }
    let total = 0;
    for (let k = 0; k < classCount; k += 1) total += Math.exp((logits[k] as number) - maximum);
    const logTotal = maximum + Math.log(total);
    const label = labels[row] as number;
    const rowWeight = (rowWeights[row] as number) / rows;
    loss += rowWeight * (logTotal - (logits[label] as number));
    for (let k = 0; k < classCount; k += 1) {
      const slope = rowWeight * (Math.exp((logits[k] as number) - logTotal) - (k === label ? 1 : 0));
      gradient[weightCount + k] = (gradient[weightCount + k] as number) + slope;
      const base = k * dim;
      for (let j = 0; j < dim; j += 1) {
        gradient[base + j] = (gradient[base + j] as number) + slope * (features[offset + j] as number);
      }
    }
  }
  return loss;
}

/** Logits [rows, classCount] of standardised features [rows, dim]. */
export function logitsOf(model: LogisticRegression, features: Float64Array): Float64Array {
  const { classCount, dim, weights, intercept } = model;
  const rows = features.length / dim;
  const logits = new Float64Array(rows * classCount);
  for (let row = 0; row < rows; row += 1) {
    for (let k = 0; k < classCount; k += 1) {
      let sum = intercept[k] as number;
      for (let j = 0; j < dim; j += 1) sum += (features[row * dim + j] as number) * (weights[k * dim + j] as number);
      logits[row * classCount + k] = sum;
    }
  }
  return logits;
}

/** Whether a logit is that of a class without rows in training: no evidence against the class, only absence. */
export function isUnseen(logit: number): boolean {
  return logit < -900;
}

/** Softmax over each row of [rows, classCount], of the logits divided by the temperature (calibration/temperature.ts). */
export function softmaxRows(logits: Float64Array, classCount: number, temperature = 1): Float64Array {
  const result = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classCount) {
    let maximum = -Infinity;
    for (let k = 0; k < classCount; k += 1) maximum = Math.max(maximum, logits[start + k] as number);
    let total = 0;
    for (let k = 0; k < classCount; k += 1) {
      const value = Math.exp(((logits[start + k] as number) - maximum) / temperature);
      result[start + k] = value;
      total += value;
    }
    for (let k = 0; k < classCount; k += 1) result[start + k] = (result[start + k] as number) / total;
  }
  return result;
}

/** Index of the largest value of each row; the first of equals. */
export function largestPerRow(values: Float64Array, classCount: number): Int32Array {
  const result = new Int32Array(values.length / classCount);
  for (let row = 0; row < result.length; row += 1) {
    let best = 0;
    for (let k = 1; k < classCount; k += 1) {
      if ((values[row * classCount + k] as number) > (values[row * classCount + best] as number)) best = k;
    }
    result[row] = best;
  }
  return result;
}
