/** One SGD step and one step of the loss scaler in plain float64: what the kernels are tested against. */

export interface ReferenceSettings {
  readonly rate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly scale: number;
}

export function referenceSgd(
  gradient: ArrayLike<number>,
  master: ArrayLike<number>,
  velocity: ArrayLike<number>,
  { rate, momentum, weightDecay, scale }: ReferenceSettings,
): { readonly master: Float64Array; readonly velocity: Float64Array } {
  const next = Float64Array.from(
    velocity,
    (value, index) => momentum * value + (gradient[index] ?? 0) / scale + weightDecay * (master[index] ?? 0),
  );
  return { velocity: next, master: Float64Array.from(master, (value, index) => value - rate * (next[index] ?? 0)) };
}

/** [scale, good steps in a row, skips in a row, skips in all] after a step. */
export function referenceScaler(
  [scale, goodSteps, skipsInARow, skips]: readonly [number, number, number, number],
  overflowed: boolean,
  growthInterval: number,
  maximumScale: number,
): readonly [number, number, number, number] {
  if (overflowed) return [Math.max(1, scale / 2), 0, skipsInARow + 1, skips + 1];
  if (goodSteps + 1 >= growthInterval) return [Math.min(maximumScale, scale * 2), 0, 0, skips];
  return [scale, goodSteps + 1, 0, skips];
}
