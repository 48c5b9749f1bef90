/**
 * Typical tiles of groups that have no label yet (TypiClust; Hacohen, Dekel and Weinshall 2022, arXiv 2202.02794): the tiles
 * fall into as many groups by k-means as there will be labels, and the largest groups without one give the tile that is
 * nearest to its neighbours. Slides take turns: tiles of one slide resemble each other more than their classes do. With very few labels, ordinary tiles teach more than odd or doubtful ones.
 */
import type { RandomStream } from '#common/random.ts';
import { squaredDistance, type CompactFeatures } from './compact-features.ts';
import { Spread } from './spread.ts';

const neighbours = 20;
const iterations = 12;
/** More groups than this cost time and are smaller than a batch's worth of difference. */
const mostGroups = 200;
/** Fewer tiles are oddities (as in the publication): they come last. */
const leastGroup = 5;
/** Of a group, so many tiles are looked at for the most typical one. */
const sampledMembers = 400;

export interface TypicalTile {
  readonly row: number;
  /** Tiles of its group, itself included. */
  readonly groupSize: number;
}

export interface TypicalInput {
  readonly features: CompactFeatures;
  readonly candidates: readonly number[];
  /** They take part in the grouping. */
  readonly labelled: readonly number[];
  /** Slide index per row, and the labels that each slide has. */
  readonly slides: ArrayLike<number>;
  readonly labelsPerSlide: readonly number[];
  readonly size: number;
}

/** Up to `size` of the candidates: in turn from the slides with the fewest labels, there from the group with the fewest. */
export function typicalTiles(input: TypicalInput, random: RandomStream): TypicalTile[] {
  const { features, candidates, labelled, slides, size } = input;
  const rows = features.values.length / features.dim;
  const groupCount = Math.min(rows, labelled.length + size, mostGroups);
  const groupOf = kMeans(features, rows, groupCount, random);
  const ofGroup = new Array<number>(groupCount).fill(0);
  const labelsOfGroup = new Array<number>(groupCount).fill(0);
  for (const row of candidates) ofGroup[groupOf[row] as number] = (ofGroup[groupOf[row] as number] ?? 0) + 1;
  for (const row of labelled) labelsOfGroup[groupOf[row] as number] = (labelsOfGroup[groupOf[row] as number] ?? 0) + 1;
  const labelsOfSlide = new Map<number, number>();
  const waiting = new Map<number, number[]>();
  for (const row of candidates) {
    const slide = slides[row] as number;
    const own = waiting.get(slide);
    if (own === undefined) waiting.set(slide, [row]);
    else own.push(row);
    labelsOfSlide.set(slide, input.labelsPerSlide[slide] ?? 0);
  }
  const picks: TypicalTile[] = [];
  while (picks.length < size && waiting.size > 0) {
    const fewest = Math.min(...[...waiting.keys()].map((slide) => labelsOfSlide.get(slide) ?? 0));
    const turns = [...waiting].filter(([slide]) => labelsOfSlide.get(slide) === fewest);
    const [, open = []] = turns[random.nextInteger(turns.length)] ?? [];
    const group = fewestLabelled(open, groupOf, ofGroup, labelsOfGroup);
    const row = mostTypical(
      features,
      open.filter((candidate) => groupOf[candidate] === group),
      candidates.filter((candidate) => groupOf[candidate] === group),
      random,
    );
    const slide = slides[row] as number;
    const rest = (waiting.get(slide) ?? []).filter((other) => other !== row);
    if (rest.length === 0) waiting.delete(slide);
    else waiting.set(slide, rest);
    labelsOfSlide.set(slide, (labelsOfSlide.get(slide) ?? 0) + 1);
    labelsOfGroup[group] = (labelsOfGroup[group] ?? 0) + 1;
    picks.push({ row, groupSize: ofGroup[group] ?? 0 });
  }
  return picks;
}

/** Of the groups among the open rows, the one with the fewest labels; the one with the most open rows among equals. */
function fewestLabelled(
  open: readonly number[],
  groupOf: Int32Array,
  sizesOfAll: readonly number[],
  labels: readonly number[],
): number {
  const sizes = new Map<number, number>();
  for (const row of open) sizes.set(groupOf[row] as number, (sizes.get(groupOf[row] as number) ?? 0) + 1);
  const isOdd = (group: number): number => ((sizesOfAll[group] ?? 0) < leastGroup ? 1 : 0);
  const order = [...sizes].sort(
    (a, b) => isOdd(a[0]) - isOdd(b[0]) || (labels[a[0]] ?? 0) - (labels[b[0]] ?? 0) || b[1] - a[1] || a[0] - b[0],
  );
  return order[0]?.[0] ?? 0;
}

/** The candidate with the smallest mean distance to its nearest neighbours in the group. */
function mostTypical(
  features: CompactFeatures,
  candidates: readonly number[],
  group: readonly number[],
  random: RandomStream,
): number {
  const some = (rows: readonly number[]): readonly number[] =>
    rows.length <= sampledMembers ? rows : random.shuffled([...rows]).slice(0, sampledMembers);
  const sample = some(group);
  let best = candidates[0] ?? 0;
  let least = Infinity;
  for (const row of some(candidates)) {
    const near = Float64Array.from(sample, (other) =>
      other === row ? Infinity : squaredDistance(features, row, other),
    )
      .sort()
      .subarray(0, Math.min(neighbours, sample.length - 1));
    const mean = near.reduce((sum, value) => sum + Math.sqrt(value), 0) / Math.max(1, near.length);
    if (mean < least) [best, least] = [row, mean];
  }
  return best;
}

/** Group of every row; seeded start by k-means++, a fixed number of rounds. */
function kMeans({ values, dim }: CompactFeatures, rows: number, groups: number, random: RandomStream): Int32Array {
  const all = Array.from({ length: rows }, (_, row) => row);
  const starts = new Spread({ values, dim }, rows, []).take(all, groups, random);
  const centres = new Float64Array(groups * dim);
  starts.forEach((row, group) => centres.set(values.subarray(row * dim, (row + 1) * dim), group * dim));
  const groupOf = new Int32Array(rows);
  for (let round = 0; round < iterations; round += 1) {
    let moved = 0;
    for (let row = 0; row < rows; row += 1) {
      let best = 0;
      let least = Infinity;
      for (let group = 0; group < groups; group += 1) {
        let sum = 0;
        for (let column = 0; column < dim && sum < least; column += 1) {
          sum += ((values[row * dim + column] as number) - (centres[group * dim + column] as number)) ** 2;
        }
        if (sum < least) [best, least] = [group, sum];
      }
      if (groupOf[row] !== best) moved += 1;
      groupOf[row] = best;
    }
    if (round > 0 && moved === 0) break;
    const counts = new Float64Array(groups);
    const sums = new Float64Array(groups * dim);
    for (let row = 0; row < rows; row += 1) {
      const group = groupOf[row] as number;
      counts[group] = (counts[group] as number) + 1;
      for (let column = 0; column < dim; column += 1) {
        sums[group * dim + column] = (sums[group * dim + column] as number) + (values[row * dim + column] as number);
      }
    }
    for (let at = 0; at < sums.length; at += 1) {
      const count = counts[Math.floor(at / dim)] as number;
      if (count > 0) centres[at] = (sums[at] as number) / count;
    }
  }
  return groupOf;
}
