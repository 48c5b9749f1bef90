/** Entropy of a row of class probabilities over the largest it can be (Shannon 1948): 0 where one class is sure, 1 where all are equally likely. */
export function normalisedEntropy(probabilities: ArrayLike<number>, start: number, classCount: number): number {
  if (classCount < 2) return 0;
  let sum = 0;
  for (let k = start; k < start + classCount; k += 1) {
    const value = probabilities[k] ?? 0;
    if (value > 0) sum -= value * Math.log(value);
  }
  return Math.min(1, Math.max(0, sum / Math.log(classCount)));
}
