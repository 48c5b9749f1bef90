/**
 * Mean and covariance of feature vectors with every group weighing the same, shrunk towards its diagonal so that it can be
 * inverted with few slides, and Mahalanobis distances by its Cholesky factor. Plain numbers: no slide, no file.
 */

/** First and second moments of one group, so that any set of groups is a sum. */
export interface Moments {
  /** [dim] */
  readonly mean: Float64Array;
  /** [dim, dim], mean of x x^T about the origin; lower triangle only. */
  readonly second: Float64Array;
}

export interface Gaussian {
  readonly dim: number;
  readonly mean: Float64Array;
  /** Lower Cholesky factor of the shrunk covariance, [dim, dim]. */
  readonly factor: Float64Array;
}

/** Share of the diagonal in the shrunk covariance. Fixed: tiles of a slide are too alike for a formula that counts tiles. */
export const shrinkage = 0.1;

/** Of the rows [rows, dim]. */
export function momentsOf(rows: Float64Array, dim: number): Moments {
  const count = rows.length / dim;
  const mean = new Float64Array(dim);
  const second = new Float64Array(dim * dim);
  for (let row = 0; row < count; row += 1) {
    const start = row * dim;
    for (let i = 0; i < dim; i += 1) {
      const value = (rows[start + i] as number) / count;
      mean[i] = (mean[i] as number) + value;
      for (let j = 0; j <= i; j += 1) {
        second[i * dim + j] = (second[i * dim + j] as number) + value * (rows[start + j] as number);
      }
    }
  }
  return { mean, second };
}

/** Of the named groups together. */
export function gaussianOf(groups: readonly Moments[], dim: number): Gaussian {
  const mean = new Float64Array(dim);
  const covariance = new Float64Array(dim * dim);
  for (const group of groups) {
    for (let i = 0; i < dim; i += 1) mean[i] = (mean[i] as number) + (group.mean[i] as number) / groups.length;
    for (let at = 0; at < covariance.length; at += 1) {
      covariance[at] = (covariance[at] as number) + (group.second[at] as number) / groups.length;
    }
  }
  let largest = 0;
  for (let i = 0; i < dim; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      covariance[i * dim + j] = (covariance[i * dim + j] as number) - (mean[i] as number) * (mean[j] as number);
      if (i !== j) covariance[i * dim + j] = (1 - shrinkage) * (covariance[i * dim + j] as number);
    }
    largest = Math.max(largest, covariance[i * dim + i] as number);
  }
  // A feature that is the same in every tile (a dead channel) says nothing; a floor keeps it from dividing by 0.
  for (let i = 0; i < dim; i += 1) {
    covariance[i * dim + i] = Math.max(covariance[i * dim + i] as number, largest * 1e-6, Number.MIN_VALUE);
  }
  return { dim, mean, factor: cholesky(covariance, dim) };
}

/** Lower factor L of a positive definite matrix given by its lower triangle: L L^T. */
function cholesky(matrix: Float64Array, dim: number): Float64Array {
  const factor = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * dim + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (factor[i * dim + k] as number) * (factor[j * dim + k] as number);
      factor[i * dim + j] =
        i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (factor[j * dim + j] as number);
    }
  }
  return factor;
}

/** Mahalanobis distance of each row divided by sqrt(dim): about 1 for a vector of the distribution itself. */
export function mahalanobisDistances({ dim, mean, factor }: Gaussian, rows: Float64Array): Float64Array {
  const distances = new Float64Array(rows.length / dim);
  const solved = new Float64Array(dim);
  for (let row = 0; row < distances.length; row += 1) {
    let squares = 0;
    for (let i = 0; i < dim; i += 1) {
      let sum = (rows[row * dim + i] as number) - (mean[i] as number);
      for (let j = 0; j < i; j += 1) sum -= (factor[i * dim + j] as number) * (solved[j] as number);
      const value = sum / (factor[i * dim + i] as number);
      solved[i] = value;
      squares += value * value;
    }
    distances[row] = Math.sqrt(squares / dim);
  }
  return distances;
}
