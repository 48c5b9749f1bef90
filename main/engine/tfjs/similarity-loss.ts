/**
 * The losses of SimTriplet and SimSiam with stop-gradient, and the spread of the projections. Plain float64 arithmetic on
 * [views * batch, width] arrays, view after view as in objective.ts.
 */
import { pairsOf, type Objective } from '#common/domain/objective.ts';

/** PyTorch's cosine_similarity: each norm is at least this. */
const smallestNorm = 1e-8;

/** Terms D(p[first], z[second]) with D = -cosine; each weighs one half of its pair's weight. */
function terms(objective: Objective): readonly (readonly [first: number, second: number, weight: number])[] {
  return pairsOf(objective).flatMap(({ first, second, weight }) => [
    [first, second, weight] as const,
    [second, first, weight] as const,
  ]);
}

/**
 * The loss (batch mean) and its gradient with respect to the predictions; projections are constants (stop-gradient).
 * `predictions` and `projections` are row-major [views * batch, width].
 */
export function similarityLoss(
  objective: Objective,
  predictions: Float32Array,
  projections: Float32Array,
  batch: number,
  width: number,
): { readonly loss: number; readonly gradient: Float32Array } {
  const gradient = new Float64Array(predictions.length);
  let sum = 0;
  for (const [first, second, weight] of terms(objective)) {
    for (let row = 0; row < batch; row += 1) {
      const p = (first * batch + row) * width;
      const z = (second * batch + row) * width;
      let product = 0;
      let pSquares = 0;
      let zSquares = 0;
      for (let column = 0; column < width; column += 1) {
        const pValue = predictions[p + column] as number;
        const zValue = projections[z + column] as number;
        product += pValue * zValue;
        pSquares += pValue * pValue;
        zSquares += zValue * zValue;
      }
      const pNorm = Math.sqrt(pSquares);
      const pLength = Math.max(pNorm, smallestNorm);
      const zLength = Math.max(Math.sqrt(zSquares), smallestNorm);
      const cosine = product / (pLength * zLength);
      sum -= weight * cosine;
      const share = (-0.5 * weight) / batch;
      // Below the smallest norm the length is a constant and only the direction of z remains.
      const alongP = pNorm > smallestNorm ? cosine / (pLength * pLength) : 0;
      for (let column = 0; column < width; column += 1) {
        const slope =
          (projections[z + column] as number) / (pLength * zLength) - alongP * (predictions[p + column] as number);
        gradient[p + column] = (gradient[p + column] as number) + share * slope;
      }
    }
  }
  return { loss: sum / 2 / batch, gradient: Float32Array.from(gradient) };
}

/** Mean over dimensions of the population standard deviation over the batch of the L2-normalised rows of view 1. */
export function spreadOfNormalised(projections: Float32Array, batch: number, width: number): number {
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let row = 0; row < batch; row += 1) {
    const values = projections.subarray(row * width, (row + 1) * width);
    let length = 0;
    for (const value of values) length += value * value;
    length = Math.max(Math.sqrt(length), smallestNorm);
    for (let column = 0; column < width; column += 1) {
      const value = (values[column] as number) / length;
      sums[column] = (sums[column] as number) + value;
      squares[column] = (squares[column] as number) + value * value;
    }
  }
  let total = 0;
  for (let column = 0; column < width; column += 1) {
    const mean = (sums[column] as number) / batch;
    const variance = (squares[column] as number) / batch - mean * mean;
    total += Math.sqrt(variance < 0 ? 0 : variance);
  }
  return total / width;
}
