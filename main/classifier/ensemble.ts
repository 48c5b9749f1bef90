/**
 * One prediction from the classifiers of all folds. 'l2-normalised-logits' is the published rule (each classifier's logit
 * vector divided by its length, then summed); its map probabilities are the softmax mean, which has a probability's
 * meaning, so the class shown may differ from the largest probability on tiles where the two rules disagree.
 */
import { largestPerRow, softmaxRows } from './logistic-regression.ts';

export type EnsembleKind = 'l2-normalised-logits' | 'softmax-mean';

export interface EnsembleResult {
  readonly prediction: Int32Array;
  /** [rows, classCount], each row sums to 1. */
  readonly probabilities: Float64Array;
}

/** A class a fold never saw has an intercept of -1e3 (logistic-regression.ts); it stays out of the length. */
const unseenLogit = -900;

export function combineLogits(logits: readonly Float64Array[], classCount: number, kind: EnsembleKind): EnsembleResult {
  const length = logits[0]?.length ?? 0;
  const probabilities = new Float64Array(length);
  const score = new Float64Array(length);
  for (const member of logits) {
    const softmax = softmaxRows(member, classCount);
    for (let i = 0; i < length; i += 1) {
      probabilities[i] = (probabilities[i] as number) + (softmax[i] as number) / logits.length;
    }
    for (let start = 0; start < length; start += classCount) {
      let squares = 0;
      for (let k = start; k < start + classCount; k += 1) {
        const value = member[k] as number;
        if (value > unseenLogit) squares += value * value;
      }
      const norm = squares === 0 ? 1 : Math.sqrt(squares);
      for (let k = start; k < start + classCount; k += 1) {
        const value = member[k] as number;
        score[k] = (score[k] as number) + (value > unseenLogit ? value / norm : -1);
      }
    }
  }
  return { prediction: largestPerRow(kind === 'softmax-mean' ? probabilities : score, classCount), probabilities };
}
