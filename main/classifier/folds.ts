/**
 * Folds that never split a group: leave-one-group-out or group k-fold at the level of image, specimen or patient. By
 * default the coarsest level that leaves every class in training in every fold, with the reason for each one rejected.
 */
import { TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';

export const groupLevels = ['image', 'specimen', 'patient'] as const;
export type GroupLevel = (typeof groupLevels)[number];

/** Name of the group of every tile, at each level. Images lie within specimens, specimens within patients. */
export type TileGroups = Readonly<Record<GroupLevel, readonly string[]>>;

export interface Fold {
  /** Groups held out. */
  readonly heldOut: readonly string[];
  /** Tiles whose label may be used in training. */
  readonly train: Int32Array;
  /** Labelled tiles of the held-out groups. */
  readonly test: Int32Array;
}

export interface FoldPlan {
  readonly level: GroupLevel;
  /** One sentence: the level and why coarser ones were rejected. */
  readonly reason: string;
  readonly folds: readonly Fold[];
}

export interface FoldInput {
  /** Class index per tile, -1 without label. */
  readonly labels: ArrayLike<number>;
  /** 1 where the tile's label may be used for training; left out: everywhere. */
  readonly trainMask?: ArrayLike<number> | undefined;
  /** 1 where the tile takes no part at all (test slides). */
  readonly excluded?: ArrayLike<number> | undefined;
  readonly groups: TileGroups;
  /** Chosen by the person; left out: the coarsest that works. */
  readonly level?: GroupLevel | undefined;
  /** Group folds; left out: one group at a time. */
  readonly foldCount?: number | undefined;
  readonly seed: number;
}

export function planFolds(input: FoldInput): FoldPlan {
  const candidates = input.level === undefined ? [...groupLevels].reverse() : [input.level];
  const rejected: string[] = [];
  let fallback: { readonly plan: Omit<FoldPlan, 'reason'>; readonly missing: number } | null = null;
  for (const level of candidates) {
    const folds = foldsAt(input, level);
    if (folds.length < 2) {
      rejected.push(`${level}: only ${folds.length} labelled ${level}`);
      continue;
    }
    const missing = foldsMissingAClass(input, folds);
    if (missing === 0 || input.level !== undefined) {
      const chosen = input.level === undefined ? `Held out by ${level}` : `Held out by ${level}, as asked`;
      const caution = missing === 0 ? '' : `; in ${missing} of ${folds.length} folds a class is missing from training`;
      const why = rejected.length === 0 ? '' : ` (coarser levels do not work here: ${rejected.join('; ')})`;
      return { level, reason: `${chosen}${caution}${why}.`, folds };
    }
    rejected.push(`${level}: a class would be missing from training in ${missing} of ${folds.length} folds`);
    // Finer levels come later and win ties: they leave more in training.
    if (fallback === null || missing / folds.length <= fallback.missing / fallback.plan.folds.length) {
      fallback = { plan: { level, folds }, missing };
    }
  }
  if (fallback !== null) {
    return {
      ...fallback.plan,
      reason: `Held out by ${fallback.plan.level}, because no level leaves every class in training (${rejected.join('; ')}).`,
    };
  }
  throw new TrefoilError(
    'no-labels',
    `There are too few labelled groups to hold one out (${rejected.join('; ')}).`,
    'Label tiles on at least two slides.',
  );
}

function foldsAt(input: FoldInput, level: GroupLevel): Fold[] {
  const { labels, trainMask, excluded, foldCount } = input;
  const groupOf = input.groups[level];
  const usable = (tile: number): boolean => (labels[tile] as number) >= 0 && (excluded?.[tile] ?? 0) === 0;
  const sizes = new Map<string, number>();
  for (let tile = 0; tile < labels.length; tile += 1) {
    if (!usable(tile)) continue;
    const group = groupOf[tile];
    if (group === undefined || group === '') {
      throw new TrefoilError(
        'invalid-input',
        `Tile ${tile} has no ${level}.`,
        `Name the ${level} of every slide, or use another group level.`,
      );
    }
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const names = [...sizes.keys()].sort();
  const bins = new Map<string, number>();
  if (foldCount === undefined || foldCount >= names.length) names.forEach((name, bin) => bins.set(name, bin));
  else {
    // Largest group first into the smallest fold; the seed breaks ties between equal groups.
    const loads = new Array<number>(foldCount).fill(0);
    const order = RandomStream.of('group-folds', input.seed)
      .shuffled(names)
      .sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
    for (const name of order) {
      const bin = loads.indexOf(Math.min(...loads));
      loads[bin] = (loads[bin] ?? 0) + (sizes.get(name) ?? 0);
      bins.set(name, bin);
    }
  }
  const binCount = new Set(bins.values()).size;
  return Array.from({ length: binCount }, (_, bin): Fold => {
    const train: number[] = [];
    const test: number[] = [];
    for (let tile = 0; tile < labels.length; tile += 1) {
      if (!usable(tile)) continue;
      if (bins.get(groupOf[tile] as string) === bin) test.push(tile);
      else if ((trainMask?.[tile] ?? 1) !== 0) train.push(tile);
    }
    return {
      heldOut: names.filter((name) => bins.get(name) === bin),
      train: Int32Array.from(train),
      test: Int32Array.from(test),
    };
  });
}

/** How many folds lack, in training, a class that occurs among the labels allowed for training. */
function foldsMissingAClass(input: FoldInput, folds: readonly Fold[]): number {
  const all = new Set<number>();
  for (let tile = 0; tile < input.labels.length; tile += 1) {
    const label = input.labels[tile] as number;
    if (label >= 0 && (input.excluded?.[tile] ?? 0) === 0 && (input.trainMask?.[tile] ?? 1) !== 0) all.add(label);
  }
  return folds.filter((fold) => new Set([...fold.train].map((tile) => input.labels[tile])).size < Math.max(2, all.size))
    .length;
}
