/**
 * One number that makes a classifier's probabilities mean what they say: logits are divided by a temperature chosen to minimise
 * the negative log-likelihood of held-out labels (Guo, Pleiss, Sun and Weinberger, ICML 2017, "On calibration of modern neural
 * networks"). Above 1 the classifier was too sure of itself, below 1 not sure enough. It changes no order of the classes.
 */
import { isUnseen } from '../logistic-regression.ts';

/** Beyond these a temperature says that the labels do not fix it. */
export const lowestTemperature = 0.1;
export const highestTemperature = 20;

export interface TemperatureInput {
  /** [rows, classCount], of classifiers that did not see the row's slide. */
  readonly logits: Float64Array;
  readonly truth: ArrayLike<number>;
  readonly classCount: number;
  /** Rows that count; left out: every one. */
  readonly rows?: ArrayLike<number>;
}

/**
 * The likelihood is convex in 1/T, so its slope has one zero: found by bisection, to the last bits. Rows whose class the
 * classifier never saw are left out: no temperature can make those likely.
 */
export function fitTemperature(input: TemperatureInput): number {
  const rows = Array.from(input.rows ?? input.truth, (row, index) => (input.rows === undefined ? index : row)).filter(
    (row) => !isUnseen(input.logits[row * input.classCount + (input.truth[row] as number)] as number),
  );
  if (rows.length === 0) return 1;
  let low = 1 / highestTemperature;
  let high = 1 / lowestTemperature;
  if (slope(input, rows, low) >= 0) return highestTemperature;
  if (slope(input, rows, high) <= 0) return lowestTemperature;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (slope(input, rows, middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** Derivative of the negative log-likelihood by the inverse temperature: expected logit minus that of the true class. */
function slope({ logits, truth, classCount }: TemperatureInput, rows: readonly number[], inverse: number): number {
  let sum = 0;
  for (const row of rows) {
    const start = row * classCount;
    let maximum = -Infinity;
    for (let k = 0; k < classCount; k += 1) maximum = Math.max(maximum, logits[start + k] as number);
    let weights = 0;
    let expected = 0;
    for (let k = 0; k < classCount; k += 1) {
      const logit = logits[start + k] as number;
      if (isUnseen(logit)) continue;
      const weight = Math.exp(inverse * (logit - maximum));
      weights += weight;
      expected += weight * logit;
    }
    sum += expected / weights - (logits[start + (truth[row] as number)] as number);
  }
  return sum / rows.length;
}
