/**
 * A seeded draw of few training labels from a labelled pool, as a person with little time would make it: at least two per
 * class from different groups where they exist, the rest in proportion to the classes and in turn over the groups.
 */
import { RandomStream } from '#common/random.ts';

export interface LabelDraw {
  /** Class index per tile, -1 without label. */
  readonly labels: ArrayLike<number>;
  /** Group (slide or specimen) per tile. */
  readonly groups: readonly string[];
  /** How many labels; raised to two per class where that is more. */
  readonly count: number;
  readonly seed: number;
  /** 1 where a tile must not be drawn (test slides). */
  readonly excluded?: ArrayLike<number> | undefined;
}

/** 1 where the label is drawn. A larger count with the same seed is not guaranteed to contain the smaller draw. */
export function drawLabels(draw: LabelDraw): Uint8Array {
  const random = RandomStream.of('draw-labels', draw.seed);
  const byClass = new Map<number, number[]>();
  let pool = 0;
  for (let tile = 0; tile < draw.labels.length; tile += 1) {
    const label = draw.labels[tile] as number;
    if (label < 0 || (draw.excluded?.[tile] ?? 0) !== 0) continue;
    const tiles = byClass.get(label);
    if (tiles === undefined) byClass.set(label, [tile]);
    else tiles.push(tile);
    pool += 1;
  }
  const mask = new Uint8Array(draw.labels.length);
  const taken = new Map<string, number>();
  // Rare classes first, so that their few groups are not crowded out by the order of turns.
  const classes = [...byClass.entries()].sort((a, b) => a[1].length - b[1].length || a[0] - b[0]);
  const quotas = classQuotas(
    classes.map(([, tiles]) => tiles.length),
    Math.min(draw.count, pool),
  );
  classes.forEach(([, tiles], index) => {
    const queue = random.shuffled(tiles);
    const usedHere = new Map<string, number>();
    for (let turn = 0; turn < (quotas[index] ?? 0); turn += 1) {
      // The group least used by this class, then least used at all, then the shuffled order.
      let best = -1;
      let bestKey = Infinity;
      queue.forEach((tile, position) => {
        const group = draw.groups[tile] ?? '';
        const key = (usedHere.get(group) ?? 0) * 1e6 + (taken.get(group) ?? 0);
        if (key < bestKey) {
          best = position;
          bestKey = key;
        }
      });
      const tile = queue.splice(best, 1)[0] as number;
      const group = draw.groups[tile] ?? '';
      mask[tile] = 1;
      usedHere.set(group, (usedHere.get(group) ?? 0) + 1);
      taken.set(group, (taken.get(group) ?? 0) + 1);
    }
  });
  return mask;
}

/** Two each where the class has them, the rest by largest remainder of the class shares. */
function classQuotas(sizes: readonly number[], count: number): number[] {
  const quotas = sizes.map((size) => Math.min(2, size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let left = count - quotas.reduce((sum, quota) => sum + quota, 0);
  while (left > 0) {
    let best = -1;
    let bestGap = -Infinity;
    sizes.forEach((size, index) => {
      const quota = quotas[index] ?? 0;
      const gap = (size * count) / total - quota;
      if (quota < size && gap > bestGap) {
        best = index;
        bestGap = gap;
      }
    });
    if (best < 0) break;
    quotas[best] = (quotas[best] ?? 0) + 1;
    left -= 1;
  }
  return quotas;
}
