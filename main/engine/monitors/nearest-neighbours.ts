/**
 * Weighted k-nearest-neighbour vote on L2-normalised features: k = min(200, n), weight exp(cosine / 0.1) (Wu et al. 2018, as
 * SimSiam uses it). A quick look at feature quality while pretraining; never trained on its own test set, because a query sees
 * no tile of its own group (slide).
 */

export interface LabelledFeatures {
  /** [rows, dimension] row-major. */
  readonly features: ArrayLike<number>;
  readonly dimension: number;
  /** Class number per row, 0 .. classes - 1. */
  readonly classes: ArrayLike<number>;
}

export interface NeighbourVoteSettings {
  readonly k: number;
  readonly temperature: number;
}

export const defaultNeighbourVote: NeighbourVoteSettings = { k: 200, temperature: 0.1 };

/** Class of each query row by the weighted vote of `memory`; ties go to the smaller class number. -1 without any memory. */
export function voteOfNeighbours(
  memory: LabelledFeatures,
  queries: ArrayLike<number>,
  settings: NeighbourVoteSettings = defaultNeighbourVote,
): Int32Array {
  const allowed = Array.from({ length: memory.classes.length }, (_, row) => row);
  const features = normalised(memory.features, memory.dimension);
  const normalisedQueries = normalised(queries, memory.dimension);
  const rows = queries.length / memory.dimension;
  return Int32Array.from({ length: rows }, (_, row) =>
    vote(features, memory, allowed, normalisedQueries, row, settings),
  );
}

export interface LeaveOneGroupOutResult {
  readonly accuracy: number;
  /** Mean of per-class recalls over the classes that occur: blind to class imbalance. */
  readonly balancedAccuracy: number;
  readonly rows: number;
  readonly groups: number;
}

/** Every row is voted on by the rows of the other groups. null with fewer than two groups or classes: nothing to measure. */
export function leaveOneGroupOutVote(
  labelled: LabelledFeatures & { readonly groups: ArrayLike<number> },
  settings: NeighbourVoteSettings = defaultNeighbourVote,
): LeaveOneGroupOutResult | null {
  const rows = labelled.classes.length;
  const groups = new Set(Array.from(labelled.groups));
  if (groups.size < 2 || new Set(Array.from(labelled.classes)).size < 2) return null;
  const features = normalised(labelled.features, labelled.dimension);
  const right = new Map<number, number>();
  const total = new Map<number, number>();
  for (const group of groups) {
    const allowed: number[] = [];
    const held: number[] = [];
    for (let row = 0; row < rows; row += 1) (labelled.groups[row] === group ? held : allowed).push(row);
    for (const row of held) {
      const truth = labelled.classes[row] ?? -1;
      const predicted = vote(features, labelled, allowed, features, row, settings);
      total.set(truth, (total.get(truth) ?? 0) + 1);
      if (predicted === truth) right.set(truth, (right.get(truth) ?? 0) + 1);
    }
  }
  let correct = 0;
  let recalls = 0;
  for (const [truth, count] of total) {
    correct += right.get(truth) ?? 0;
    recalls += (right.get(truth) ?? 0) / count;
  }
  return { accuracy: correct / rows, balancedAccuracy: recalls / total.size, rows, groups: groups.size };
}

function vote(
  features: Float64Array,
  { classes, dimension }: LabelledFeatures,
  allowed: readonly number[],
  queries: Float64Array,
  query: number,
  { k, temperature }: NeighbourVoteSettings,
): number {
  const similar = allowed.map((row) => {
    let cosine = 0;
    for (let c = 0; c < dimension; c += 1) {
      cosine += (features[row * dimension + c] ?? 0) * (queries[query * dimension + c] ?? 0);
    }
    return { row, cosine };
  });
  similar.sort((left, right) => right.cosine - left.cosine || left.row - right.row);
  const votes = new Map<number, number>();
  for (const { row, cosine } of similar.slice(0, k)) {
    const label = classes[row] ?? -1;
    votes.set(label, (votes.get(label) ?? 0) + Math.exp(cosine / temperature));
  }
  let best = -1;
  let most = -Infinity;
  for (const [label, weight] of votes) {
    if (weight > most || (weight === most && label < best)) {
      best = label;
      most = weight;
    }
  }
  return best;
}

function normalised(values: ArrayLike<number>, dimension: number): Float64Array {
  const result = Float64Array.from(values);
  for (let start = 0; start < result.length; start += dimension) {
    const row = result.subarray(start, start + dimension);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm > 0) for (let c = 0; c < dimension; c += 1) row[c] = (row[c] ?? 0) / norm;
  }
  return result;
}
