/** Otsu's threshold (IEEE Trans. SMC 1979) on a histogram of 8-bit values, as scikit-image's threshold_otsu finds it. */

export interface OtsuSplit {
  /** Values above it are the upper class. */
  readonly threshold: number;
  readonly lowerMean: number;
  readonly upperMean: number;
}

/** `histogram[v]` counts value v. Null when fewer than two different values occur: there is nothing to split. */
export function otsuSplit(histogram: ArrayLike<number>): OtsuSplit | null {
  let total = 0;
  let weightedTotal = 0;
  for (let value = 0; value < histogram.length; value += 1) {
    total += histogram[value] as number;
    weightedTotal += value * (histogram[value] as number);
  }
  let below = 0;
  let weightedBelow = 0;
  let best: OtsuSplit | null = null;
  let bestVariance = -1;
  for (let value = 0; value < histogram.length - 1; value += 1) {
    below += histogram[value] as number;
    weightedBelow += value * (histogram[value] as number);
    if (below === 0 || below === total) continue;
    const lowerMean = weightedBelow / below;
    const upperMean = (weightedTotal - weightedBelow) / (total - below);
    const variance = below * (total - below) * (lowerMean - upperMean) ** 2;
    if (variance > bestVariance) {
      bestVariance = variance;
      best = { threshold: value, lowerMean, upperMean };
    }
  }
  return best;
}
