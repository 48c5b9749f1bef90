/** The training slides' reference as it stands in a classifier file: plain numbers, read back through a schema. No slide is named. */
import { z } from 'zod';
import type { UnlikeReference } from './reference.ts';

const finite = z.array(z.number());

export const storedReference = z.object({
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  featureDim: z.number().int().min(1),
  dimension: z.number().int().min(1).max(4096),
  seed: z.number().int(),
  tileLimit: z.number().positive(),
  slideScores: finite.min(2),
  groups: z.number().int().min(2),
  mean: finite,
  /** Lower triangle of the Cholesky factor, row by row. */
  factor: finite,
});
export type StoredReference = z.output<typeof storedReference>;

export interface KnownReference extends UnlikeReference {
  readonly groupLevel: StoredReference['groupLevel'];
}

export function referenceToStore(reference: KnownReference): StoredReference {
  const { dim, mean, factor } = reference.gaussian;
  return {
    groupLevel: reference.groupLevel,
    featureDim: reference.featureDim,
    dimension: dim,
    seed: reference.seed,
    tileLimit: reference.tileLimit,
    slideScores: [...reference.slideScores],
    groups: reference.groups,
    mean: [...mean],
    factor: Array.from({ length: dim }, (_, row) => [...factor.subarray(row * dim, row * dim + row + 1)]).flat(),
  };
}

/** null when the numbers do not fit each other. */
export function referenceFromStore(stored: StoredReference): KnownReference | null {
  const { dimension: dim, mean, factor: triangle } = stored;
  if (mean.length !== dim || triangle.length !== (dim * (dim + 1)) / 2) return null;
  const factor = new Float64Array(dim * dim);
  for (let row = 0, at = 0; row < dim; row += 1) {
    for (let column = 0; column <= row; column += 1, at += 1) factor[row * dim + column] = triangle[at] as number;
    if (!((factor[row * dim + row] as number) > 0)) return null;
  }
  return {
    groupLevel: stored.groupLevel,
    featureDim: stored.featureDim,
    seed: stored.seed,
    tileLimit: stored.tileLimit,
    slideScores: [...stored.slideScores].sort((a, b) => a - b),
    groups: stored.groups,
    gaussian: { dim, mean: Float64Array.from(mean), factor },
  };
}
