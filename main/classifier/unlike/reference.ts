/**
 * What the training slides look like to the encoder, and how far a slide lies from them: Mahalanobis distance of the tiles'
 * features (Lee, Lee, Lee and Shin, NeurIPS 2018, without classes, as most tiles have no label). What is far is said by the
 * training slides themselves, each measured against the others. A slide is called unlike when it lies farther out than every
 * one of n training slides does from the rest: by chance that happens to one usual slide in n + 1 (conformal; Bates et al. 2023).
 */
import { RandomStream } from '#common/random.ts';
import type { FeatureTable } from '../feature-table.ts';
import { percentile } from '../intervals.ts';
import { gaussianOf, mahalanobisDistances, momentsOf, type Gaussian } from './shrunk-covariance.ts';

/** With fewer groups one usual slide in six or more would be called unlike: no verdict is given. */
export const leastReferenceGroups = 5;
/** So many tiles of a group are enough to know it by, and bound the work on large slides. */
const mostTilesPerGroup = 500;
/** Wider features are projected at random to this many numbers, which keeps distances (Johnson and Lindenstrauss 1984). */
const mostNumbers = 128;

export interface UnlikeReference {
  /** Width of the encoder's features, and of what is compared. */
  readonly featureDim: number;
  readonly gaussian: Gaussian;
  /** Of the projection. */
  readonly seed: number;
  /** 95 % of the tiles of a training slide, measured against the others, lie nearer. */
  readonly tileLimit: number;
  /** Score of each training group against the others, ascending. */
  readonly groupScores: readonly number[];
}

export interface ReferenceInput {
  readonly table: FeatureTable;
  /** Slide, specimen or patient of each row; '' keeps a row out. */
  readonly groupOf: readonly string[];
  readonly seed: number;
}

/** null with fewer than two groups. */
export function buildReference({ table, groupOf, seed }: ReferenceInput): UnlikeReference | null {
  const names = [...new Set(groupOf)].filter((name) => name !== '').sort();
  if (names.length < 2) return null;
  const rowsOf = new Map<string, number[]>(names.map((name) => [name, []]));
  groupOf.forEach((name, row) => rowsOf.get(name)?.push(row));
  const random = RandomStream.of('unlike-reference', seed);
  const groups = names.map((name) => {
    const rows = rowsOf.get(name) ?? [];
    const chosen = rows.length <= mostTilesPerGroup ? rows : random.shuffled(rows).slice(0, mostTilesPerGroup);
    const values = comparedNumbers(table, chosen, seed);
    return { values, moments: momentsOf(values, comparedDim(table.dim)) };
  });
  const dim = comparedDim(table.dim);
  const distances = groups.map(({ values }, own) =>
    mahalanobisDistances(
      gaussianOf(
        groups.filter((_, other) => other !== own).map(({ moments }) => moments),
        dim,
      ),
      values,
    ),
  );
  return {
    featureDim: table.dim,
    seed,
    gaussian: gaussianOf(
      groups.map(({ moments }) => moments),
      dim,
    ),
    // The mean over the groups, so that a large slide does not set the limit alone.
    tileLimit: distances.reduce((sum, own) => sum + percentile(own.slice().sort(), 0.95), 0) / distances.length,
    groupScores: distances.map(scoreOf).sort((a, b) => a - b),
  };
}

/** Distance of each row from the training slides. */
export function distancesFrom(reference: UnlikeReference, table: FeatureTable): Float64Array {
  const rows = Array.from({ length: table.values.length / table.dim }, (_, row) => row);
  return mahalanobisDistances(reference.gaussian, comparedNumbers(table, rows, reference.seed));
}

export type LikenessVerdict = 'like' | 'unlike' | 'cannot-tell';

export interface Likeness {
  readonly verdict: LikenessVerdict;
  readonly score: number;
  /** Share of the slide's tiles beyond the limit; 5 % is usual. */
  readonly shareBeyond: number;
  readonly referenceGroups: number;
  /** Training groups that lie at least as far out, of `referenceGroups`. */
  readonly fartherGroups: number;
}

/** null for a slide without tiles. */
export function likenessOf({ groupScores, tileLimit }: UnlikeReference, distances: Float64Array): Likeness | null {
  if (distances.length === 0) return null;
  const score = scoreOf(distances);
  const fartherGroups = groupScores.filter((other) => other >= score).length;
  const beyond = distances.reduce((count, distance) => count + (distance > tileLimit ? 1 : 0), 0);
  const isTelling = groupScores.length >= leastReferenceGroups;
  return {
    verdict: !isTelling ? 'cannot-tell' : fartherGroups === 0 ? 'unlike' : 'like',
    score,
    shareBeyond: beyond / distances.length,
    referenceGroups: groupScores.length,
    fartherGroups,
  };
}

/** The distance of the tile in the middle: a few odd tiles (a fold, a margin) do not make a slide unlike. */
function scoreOf(distances: Float64Array): number {
  return percentile(distances.slice().sort(), 0.5);
}

function comparedDim(featureDim: number): number {
  return Math.min(featureDim, mostNumbers);
}

/** The rows' features, projected where they are wide: [rows, comparedDim]. */
function comparedNumbers({ dim, values }: FeatureTable, rows: readonly number[], seed: number): Float64Array {
  const out = comparedDim(dim);
  const result = new Float64Array(rows.length * out);
  if (out === dim) {
    rows.forEach((row, at) => result.set(values.subarray(row * dim, (row + 1) * dim), at * dim));
    return result;
  }
  const random = RandomStream.of('unlike-projection', seed);
  // Signs alone do (Achlioptas 2003).
  const signs = Float64Array.from({ length: dim * out }, () => (random.nextInteger(2) === 0 ? -1 : 1));
  rows.forEach((row, at) => {
    for (let i = 0; i < dim; i += 1) {
      const value = values[row * dim + i] as number;
      if (value === 0) continue;
      for (let j = 0; j < out; j += 1) {
        result[at * out + j] = (result[at * out + j] as number) + value * (signs[i * out + j] as number);
      }
    }
  });
  return result;
}
