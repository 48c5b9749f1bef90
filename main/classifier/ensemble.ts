/**
 * One prediction from the classifiers of all folds. 'l2-normalised-logits' is the published rule (each classifier's logit
 * vector divided by its length, then summed); its map probabilities are the softmax mean, which has a probability's
 * meaning, so the class shown may differ from the largest probability on tiles where the two rules disagree.
 */
import { isUnseen, largestPerRow, softmaxRows } from './logistic-regression.ts';

export type EnsembleKind = 'l2-normalised-logits' | 'softmax-mean';

export interface EnsembleResult {
  readonly prediction: Int32Array;
  /** [rows, classCount], each row sums to 1. */
  readonly probabilities: Float64Array;
}

/**
 * A class that a fold never saw stays out of the length. The temperature (calibration/temperature.ts) divides the logits behind
 * the probabilities; the class is named without it, so calibrating never changes a map's classes.
 */
export function combineLogits(
  logits: readonly Float64Array[],
  classCount: number,
  kind: EnsembleKind,
  temperature = 1,
): EnsembleResult {
  const length = logits[0]?.length ?? 0;
  const probabilities = softmaxMean(logits, classCount, temperature);
  if (kind === 'softmax-mean') {
    const uncalibrated = temperature === 1 ? probabilities : softmaxMean(logits, classCount, 1);
    return { prediction: largestPerRow(uncalibrated, classCount), probabilities };
  }
  const score = new Float64Array(length);
  for (const member of logits) {
    for (let start = 0; start < length; start += classCount) {
      let squares = 0;
      for (let k = start; k < start + classCount; k += 1) {
        const value = member[k] as number;
        if (!isUnseen(value)) squares += value * value;
      }
      const norm = squares === 0 ? 1 : Math.sqrt(squares);
      for (let k = start; k < start + classCount; k += 1) {
        const value = member[k] as number;
        score[k] = (score[k] as number) + (isUnseen(value) ? -1 : value / norm);
      }
    }
  }
  return { prediction: largestPerRow(score, classCount), probabilities };
}

function softmaxMean(logits: readonly Float64Array[], classCount: number, temperature: number): Float64Array {
  const mean = new Float64Array(logits[0]?.length ?? 0);
  for (const member of logits) {
    const softmax = softmaxRows(member, classCount, temperature);
    for (let i = 0; i < mean.length; i += 1) mean[i] = (mean[i] as number) + (softmax[i] as number) / logits.length;
  }
  return mean;
}
