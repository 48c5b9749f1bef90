/**
 * Features made small enough to compare thousands of tiles at once: each column scaled to unit variance, then a seeded random
 * projection to at most 32 numbers, which keeps distances roughly (Johnson and Lindenstrauss). For suggestions only.
 */
import { RandomStream } from '#common/random.ts';

export interface CompactFeatures {
  readonly dim: number;
  /** [rows, dim] */
  readonly values: Float32Array;
}

const projectedDim = 32;

export function compactFeatures(values: ArrayLike<number>, dim: number, seed: number): CompactFeatures {
  const rows = dim === 0 ? 0 : values.length / dim;
  const mean = new Float64Array(dim);
  const scale = new Float64Array(dim);
  for (let i = 0, at = 0; i < rows; i += 1) {
    for (let j = 0; j < dim; j += 1, at += 1) mean[j] = (mean[j] as number) + (values[at] as number) / rows;
  }
  for (let i = 0, at = 0; i < rows; i += 1) {
    for (let j = 0; j < dim; j += 1, at += 1) {
      const deviation = (values[at] as number) - (mean[j] as number);
      scale[j] = (scale[j] as number) + (deviation * deviation) / rows;
    }
  }
  for (let j = 0; j < dim; j += 1) {
    const deviation = Math.sqrt(scale[j] as number);
    scale[j] = deviation > 1e-9 ? 1 / deviation : 0;
  }
  const target = Math.min(projectedDim, dim);
  const result = new Float32Array(rows * target);
  const random = RandomStream.of('compact-features', seed);
  // [dim, target]; signs only: as good as normal draws and exactly the same on every machine.
  const signs =
    dim <= projectedDim ? null : Float32Array.from({ length: dim * target }, () => random.nextInteger(2) * 2 - 1);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < dim; j += 1) {
      const value = ((values[i * dim + j] as number) - (mean[j] as number)) * (scale[j] as number);
      if (signs === null) result[i * target + j] = value;
      else {
        for (let k = 0; k < target; k += 1) {
          const at = i * target + k;
          result[at] = (result[at] as number) + value * (signs[j * target + k] as number);
        }
      }
    }
  }
  return { dim: target, values: result };
}

export function squaredDistance({ values, dim }: CompactFeatures, a: number, b: number): number {
  let sum = 0;
  for (let j = 0; j < dim; j += 1) {
    const difference = (values[a * dim + j] as number) - (values[b * dim + j] as number);
    sum += difference * difference;
  }
  return sum;
}
