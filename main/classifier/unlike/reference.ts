/**
 * What the training slides look like to the encoder, and how far a slide lies from them: Mahalanobis distance of the tiles'
 * features (Lee, Lee, Lee and Shin, NeurIPS 2018, without classes, as most tiles have no label). What is far is said by the
 * training slides themselves, each measured against those of other groups (specimens, patients). A slide is called unlike when it
 * lies farther out than every training slide: with n groups that happens to at most one usual slide in n + 1 by chance, for
 * a new slide and one of each group may come in any order (conformal; Bates, Candes, Lei, Romano and Sesia 2023). Where there
 * are so many training slides that this would be rarer than one in twenty, the farthest 5 % of them do not count.
 */
import { RandomStream } from '#common/random.ts';
import type { FeatureTable } from '../feature-table.ts';
import { percentile } from '../intervals.ts';
import { gaussianOf, mahalanobisDistances, momentsOf, type Gaussian } from './shrunk-covariance.ts';

/** With fewer groups more than one usual slide in six might be called unlike: no verdict is given. */
export const leastReferenceGroups = 5;
/** So many tiles of a slide are enough to know it by, and bound the work. */
const mostTilesPerSlide = 500;
const wantedChance = 0.05;
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
  /** Score of each training slide against the other groups, ascending. */
  readonly slideScores: readonly number[];
  readonly groups: number;
}

export interface ReferenceInput {
  readonly table: FeatureTable;
  /** Of each row. */
  readonly slideOf: readonly string[];
  /** Slide, specimen or patient that the folds held out, of each row. */
  readonly groupOf: readonly string[];
  readonly seed: number;
}

/** null with fewer than two groups. */
export function buildReference({ table, slideOf, groupOf, seed }: ReferenceInput): UnlikeReference | null {
  const rowsOf = new Map<string, number[]>();
  slideOf.forEach((slide, row) => {
    const rows = rowsOf.get(slide);
    if (rows === undefined) rowsOf.set(slide, [row]);
    else rows.push(row);
  });
  const random = RandomStream.of('unlike-reference', seed);
  const slides = [...rowsOf.keys()].sort().map((slide) => {
    const rows = rowsOf.get(slide) ?? [];
    const chosen = rows.length <= mostTilesPerSlide ? rows : random.shuffled(rows).slice(0, mostTilesPerSlide);
    return { group: groupOf[rows[0] ?? -1] ?? '', values: comparedNumbers(table, chosen, seed) };
  });
  const dim = comparedDim(table.dim);
  const names = [...new Set(slides.map(({ group }) => group))].sort();
  if (names.length < 2) return null;
  const moments = new Map(
    names.map((name) => [name, momentsOf(joined(slides.filter(({ group }) => group === name)), dim)]),
  );
  const without = (left: string | null): Gaussian =>
    gaussianOf(
      [...moments].filter(([name]) => name !== left).map(([, own]) => own),
      dim,
    );
  const distances = names.flatMap((name) => {
    const others = without(name);
    return slides.filter(({ group }) => group === name).map(({ values }) => mahalanobisDistances(others, values));
  });
  return {
    featureDim: table.dim,
    seed,
    gaussian: without(null),
    tileLimit: limitOf(distances),
    slideScores: distances.map(scoreOf).sort((a, b) => a - b),
    groups: names.length,
  };
}

/** The distance that 95 % of the tiles keep, every slide weighing the same, so that a large one does not set it alone. */
function limitOf(slides: readonly Float64Array[]): number {
  const weighted = slides
    .flatMap((own) => Array.from(own, (distance) => ({ distance, weight: 1 / own.length / slides.length })))
    .sort((a, b) => a.distance - b.distance);
  let share = 0;
  for (const { distance, weight } of weighted) {
    share += weight;
    if (share >= 0.95 - 1e-9) return distance;
  }
  return weighted.at(-1)?.distance ?? 0;
}

function joined(slides: readonly { readonly values: Float64Array }[]): Float64Array {
  const all = new Float64Array(slides.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of slides) {
    all.set(values, at);
    at += values.length;
  }
  return all;
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
  /** Share of the slide's tiles beyond the limit; of usual slides more than 5 %, as they differ (docs/figures.md). */
  readonly shareBeyond: number;
  readonly referenceSlides: number;
  readonly referenceGroups: number;
  /** Training slides that lie at least as far out, of `referenceSlides`. */
  readonly fartherSlides: number;
  /** How often a usual slide is called unlike by chance, at most. */
  readonly chance: number;
}

/** null for a slide without tiles. */
export function likenessOf(reference: UnlikeReference, distances: Float64Array): Likeness | null {
  const { slideScores, groups, tileLimit } = reference;
  if (distances.length === 0) return null;
  const score = scoreOf(distances);
  const fartherSlides = slideScores.filter((other) => other >= score).length;
  const beyond = distances.reduce((count, distance) => count + (distance > tileLimit ? 1 : 0), 0);
  return {
    verdict:
      groups < leastReferenceGroups ? 'cannot-tell' : fartherSlides <= uncounted(slideScores) ? 'unlike' : 'like',
    score,
    shareBeyond: beyond / distances.length,
    referenceSlides: slideScores.length,
    referenceGroups: groups,
    fartherSlides,
    chance: chanceOf(reference),
  };
}

/** How often a usual slide is called unlike by chance, at most. */
export function chanceOf({ slideScores, groups }: Pick<UnlikeReference, 'slideScores' | 'groups'>): number {
  return uncounted(slideScores) === 0 ? 1 / (groups + 1) : wantedChance;
}

/** So many of the farthest training slides may lie farther out than a slide that is called unlike. */
function uncounted({ length }: readonly number[]): number {
  return Math.max(0, Math.floor(wantedChance * (length + 1)) - 1);
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
