/** The loss, its gradient and the spread in plain float64: what the kernels are tested against. */

import { pairsOf, type Objective } from '#common/domain/objective.ts';

const smallestNorm = 1e-8;
const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

function dot(a: ArrayLike<number>, aStart: number, b: ArrayLike<number>, bStart: number, width: number): number {
  let sum = 0;
  for (let column = 0; column < width; column += 1) sum += at(a, aStart + column) * at(b, bStart + column);
  return sum;
}

/** Views and pairs as in objective.ts. `gradient` is that of the batch's mean loss with respect to the predictions. */
export function referenceLoss(
  objective: Objective,
  predictions: ArrayLike<number>,
  projections: ArrayLike<number>,
  batch: number,
  width: number,
): { readonly rowLosses: Float64Array; readonly gradient: Float64Array } {
  const rowLosses = new Float64Array(batch);
  const gradient = new Float64Array(predictions.length);
  const terms = pairsOf(objective).flatMap(({ first, second, weight }) => [
    [first, second, weight] as const,
    [second, first, weight] as const,
  ]);
  for (const [first, second, weight] of terms) {
    for (let row = 0; row < batch; row += 1) {
      const p = (first * batch + row) * width;
      const z = (second * batch + row) * width;
      const norm = Math.sqrt(dot(predictions, p, predictions, p, width));
      const pLength = Math.max(norm, smallestNorm);
      const zLength = Math.max(Math.sqrt(dot(projections, z, projections, z, width)), smallestNorm);
      const cosine = dot(predictions, p, projections, z, width) / pLength / zLength;
      rowLosses[row] = at(rowLosses, row) - (weight * cosine) / 2;
      const alongP = norm > smallestNorm ? cosine / pLength ** 2 : 0;
      for (let column = 0; column < width; column += 1) {
        const slope = at(projections, z + column) / (pLength * zLength) - alongP * at(predictions, p + column);
        gradient[p + column] = at(gradient, p + column) - ((0.5 * weight) / batch) * slope;
      }
    }
  }
  return { rowLosses, gradient };
}

/** Mean over columns of the population standard deviation of the L2-normalised first `batch` rows. */
export function referenceSpread(projections: ArrayLike<number>, batch: number, width: number): number {
  const lengths = Float64Array.from({ length: batch }, (_, row) =>
    Math.max(smallestNorm, Math.sqrt(dot(projections, row * width, projections, row * width, width))),
  );
  let total = 0;
  for (let column = 0; column < width; column += 1) {
    const values = Array.from(lengths, (length, row) => at(projections, row * width + column) / length);
    const mean = values.reduce((sum, value) => sum + value, 0) / batch;
    total += Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / batch);
  }
  return total / width;
}
