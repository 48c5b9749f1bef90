/**
 * Zero mean and unit variance per feature, fitted on training rows only, so that nothing of a held-out slide leaks in.
 * Population standard deviation as scikit-learn's StandardScaler; a column without variance is only centred.
 */
import type { FeatureTable } from './feature-table.ts';

export interface Standardisation {
  readonly mean: Float64Array;
  /** Divisor per column, never 0. */
  readonly scale: Float64Array;
}

export function fitStandardisation(table: FeatureTable, rows: ArrayLike<number>): Standardisation {
  const { dim, values } = table;
  const mean = new Float64Array(dim);
  const scale = new Float64Array(dim);
  for (let i = 0; i < rows.length; i += 1) {
    const offset = (rows[i] as number) * dim;
    for (let j = 0; j < dim; j += 1) mean[j] = (mean[j] as number) + (values[offset + j] as number) / rows.length;
  }
  for (let i = 0; i < rows.length; i += 1) {
    const offset = (rows[i] as number) * dim;
    for (let j = 0; j < dim; j += 1) {
      const deviation = (values[offset + j] as number) - (mean[j] as number);
      scale[j] = (scale[j] as number) + (deviation * deviation) / rows.length;
    }
  }
  for (let j = 0; j < dim; j += 1) {
    // A constant column leaves rounding noise in the variance; dividing by it would blow the noise up.
    const deviation = Math.sqrt(scale[j] as number);
    scale[j] = deviation > 1e-12 * Math.max(1, Math.abs(mean[j] as number)) ? deviation : 1;
  }
  return { mean, scale };
}

/** The named rows, standardised, as one float64 matrix [rows, dim]. */
export function standardisedRows(
  table: FeatureTable,
  rows: ArrayLike<number>,
  standardisation: Standardisation,
): Float64Array {
  const { dim, values } = table;
  const { mean, scale } = standardisation;
  const result = new Float64Array(rows.length * dim);
  for (let i = 0; i < rows.length; i += 1) {
    const offset = (rows[i] as number) * dim;
    for (let j = 0; j < dim; j += 1) {
      result[i * dim + j] = ((values[offset + j] as number) - (mean[j] as number)) / (scale[j] as number);
    }
  }
  return result;
}
