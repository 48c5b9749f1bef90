/**
 * How spread out a set of feature vectors is: the standard deviation of the L2-normalised rows (healthy near 1/sqrt(dimension),
 * collapse towards 0) and the effective rank (how many directions carry the variance). Rows are tiles, row-major.
 */
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

/** Mean over dimensions of the population standard deviation of the L2-normalised rows. A zero row stays zero. */
export function stdOfNormalised(values: ArrayLike<number>, rows: number, dimension: number): number {
  const scales = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let squared = 0;
    for (let column = 0; column < dimension; column += 1) squared += (values[row * dimension + column] ?? 0) ** 2;
    scales[row] = squared === 0 ? 0 : 1 / Math.sqrt(squared);
  }
  let total = 0;
  // Two passes a column: sum of squares minus squared mean would cancel exactly where it matters, when all rows are equal.
  for (let column = 0; column < dimension; column += 1) {
    let mean = 0;
    for (let row = 0; row < rows; row += 1)
      mean += ((values[row * dimension + column] ?? 0) * (scales[row] ?? 0)) / rows;
    let squares = 0;
    for (let row = 0; row < rows; row += 1) {
      squares += ((values[row * dimension + column] ?? 0) * (scales[row] ?? 0) - mean) ** 2;
    }
    total += Math.sqrt(squares / rows);
  }
  return total / dimension;
}

/**
 * exp(entropy of the normalised singular values) of the column-centred matrix (Roy & Vetterli 2007). Between 1 and
 * min(rows - 1, dimension); 0 when all rows are equal; NaN when a value is not finite.
 */
export function effectiveRank(values: ArrayLike<number>, rows: number, dimension: number): number {
  const centred = new Float64Array(rows * dimension);
  let largest = 0;
  for (let column = 0; column < dimension; column += 1) {
    let mean = 0;
    for (let row = 0; row < rows; row += 1) mean += (values[row * dimension + column] ?? 0) / rows;
    for (let row = 0; row < rows; row += 1) {
      const value = values[row * dimension + column] ?? 0;
      if (!Number.isFinite(value)) return Number.NaN;
      largest = Math.max(largest, Math.abs(value));
      centred[row * dimension + column] = value - mean;
    }
  }
  const eigenvalues = symmetricEigenvalues(smallerGram(centred, rows, dimension), Math.min(rows, dimension));
  const total = eigenvalues.reduce((sum, value) => sum + Math.max(value, 0), 0);
  // Features are float32: differences of a few units in their last place are rounding, not variance.
  if (total <= rows * dimension * (largest * 1e-7) ** 2) return 0;
  const singular = eigenvalues.map((value) => (value <= total * 1e-15 ? 0 : Math.sqrt(value)));
  const sum = singular.reduce((accumulated, value) => accumulated + value, 0);
  let entropy = 0;
  for (const value of singular) if (value > 0) entropy -= (value / sum) * Math.log(value / sum);
  return Math.exp(entropy);
}

/** X X^T or X^T X, whichever is smaller: both have the squared singular values as eigenvalues. */
function smallerGram(centred: Float64Array, rows: number, dimension: number): Float64Array {
  const byRows = rows <= dimension;
  const size = byRows ? rows : dimension;
  const length = byRows ? dimension : rows;
  const [outer, inner] = byRows ? [dimension, 1] : [1, dimension];
  const gram = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = 0;
      for (let c = 0; c < length; c += 1) {
        sum += (centred[i * outer + c * inner] ?? 0) * (centred[j * outer + c * inner] ?? 0);
      }
      gram[i * size + j] = sum;
      gram[j * size + i] = sum;
    }
  }
  return gram;
}
