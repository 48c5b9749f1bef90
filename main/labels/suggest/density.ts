/**
 * How usual a tile looks: the share of the tiles that are farther from their neighbours than it is. Uncertainty is weighed by
 * it (information density; Settles and Craven 2008), so that oddities, about which every classifier is unsure, do not come
 * first. A rank and not a distance: it means the same whatever the features.
 */
import type { RandomStream } from '#common/random.ts';
import { squaredDistance, type CompactFeatures } from './compact-features.ts';

const neighbours = 10;
/** Neighbours are looked for among so many tiles, drawn by seed. */
const sampled = 500;

/** Below this rank a tile counts as odd. */
const oddRank = 0.25;

/** 1 for all but the odd, towards 0 for the oddest. Not the rank itself: that would ask for the commonest tiles only. */
export function densityWeight(rank: number): number {
  return Math.min(1, rank / oddRank);
}

/** Per row above 0 and up to 1, 1 for the most usual; 0 for rows that are no candidates. */
export function densityRanks(
  features: CompactFeatures,
  candidates: readonly number[],
  rowCount: number,
  random: RandomStream,
): Float64Array {
  const sample = candidates.length <= sampled ? candidates : random.shuffled([...candidates]).slice(0, sampled);
  const spacing = candidates.map((row) => {
    const near = Float64Array.from(sample, (other) =>
      other === row ? Infinity : squaredDistance(features, row, other),
    ).sort();
    const count = Math.min(neighbours, sample.length - 1);
    let sum = 0;
    for (let i = 0; i < count; i += 1) sum += Math.sqrt(near[i] as number);
    return { row, spacing: sum };
  });
  spacing.sort((a, b) => b.spacing - a.spacing || a.row - b.row);
  const ranks = new Float64Array(rowCount);
  spacing.forEach(({ row }, position) => (ranks[row] = (position + 1) / spacing.length));
  return ranks;
}
