/**
 * How far stated probabilities lie from how often they are right: reliability diagram and expected calibration error with bins
 * of equal width (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017). Counts are kept per group, so that an interval can draw
 * whole slides again. The error can only be positive: with few tiles a bin it is above 0 even for a perfect classifier.
 */
export const reliabilityBins = 15;

/** Sums of one group over the bins; a bin holds (i / bins, (i + 1) / bins]. */
export interface BinSums {
  readonly tiles: Float64Array;
  readonly confidence: Float64Array;
  readonly correct: Float64Array;
}

export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly tiles: number;
  /** Mean stated probability and share of right answers; null without tiles. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export function emptySums(): BinSums {
  const zeros = (): Float64Array => new Float64Array(reliabilityBins);
  return { tiles: zeros(), confidence: zeros(), correct: zeros() };
}

/** `confidence` is the probability of the class predicted, 0 to 1. */
export function addToBin(sums: BinSums, confidence: number, isCorrect: boolean): void {
  const bin = Math.min(reliabilityBins - 1, Math.max(0, Math.ceil(confidence * reliabilityBins) - 1));
  sums.tiles[bin] = (sums.tiles[bin] as number) + 1;
  sums.confidence[bin] = (sums.confidence[bin] as number) + confidence;
  if (isCorrect) sums.correct[bin] = (sums.correct[bin] as number) + 1;
}

export function mergedSums(parts: readonly BinSums[]): BinSums {
  const total = emptySums();
  for (const part of parts) {
    for (let bin = 0; bin < reliabilityBins; bin += 1) {
      for (const key of ['tiles', 'confidence', 'correct'] as const) {
        total[key][bin] = (total[key][bin] as number) + (part[key][bin] as number);
      }
    }
  }
  return total;
}

/** Mean over the tiles of |stated probability - share of right answers| of their bin. */
export function expectedCalibrationError({ tiles, confidence, correct }: BinSums): number {
  let gaps = 0;
  let count = 0;
  for (let bin = 0; bin < reliabilityBins; bin += 1) {
    gaps += Math.abs((confidence[bin] as number) - (correct[bin] as number));
    count += tiles[bin] as number;
  }
  return count === 0 ? 0 : gaps / count;
}

export function reliabilityDiagram({ tiles, confidence, correct }: BinSums): ReliabilityBin[] {
  return Array.from(tiles, (count, bin) => ({
    from: bin / reliabilityBins,
    to: (bin + 1) / reliabilityBins,
    tiles: count,
    confidence: count === 0 ? null : (confidence[bin] as number) / count,
    accuracy: count === 0 ? null : (correct[bin] as number) / count,
  }));
}
