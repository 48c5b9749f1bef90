/**
 * The orders that weigh several reasons for a tile: disagreement of the fold classifiers, and the mix of margin, disagreement
 * and rare classes. Both are multiplied by how usual the tile looks, and both spread their picks out; each pick names the
 * figure that weighed most. What they are worth is measured in docs/suggestions.md, not assumed.
 */
import type { RandomStream } from '#common/random.ts';
import type { Committee } from './committee.ts';
import type { CompactFeatures } from './compact-features.ts';
import { densityRanks, densityWeight } from './density.ts';
import { firstOverSlides } from './slide-share.ts';
import { Spread } from './spread.ts';

export interface MixedInput {
  readonly compact: CompactFeatures;
  readonly candidates: readonly number[];
  readonly labelled: readonly number[];
  readonly rowCount: number;
  /** Slide index per row. */
  readonly slides: ArrayLike<number>;
  readonly size: number;
  readonly random: RandomStream;
  readonly probabilities: { readonly values: ArrayLike<number>; readonly classNames: readonly string[] };
  readonly committee: Committee | null;
  /** In the order of the classifier's classes. */
  readonly labelsPerClass: readonly number[];
}

interface Pick {
  readonly row: number;
  readonly why: string;
}

/** Of so many times the wanted number, the ones that differ from each other are taken. */
const wider = 2;

export function byDisagreement(input: MixedInput): Pick[] {
  const { committee } = input;
  if (committee === null) return byMix(input);
  const density = densityRanks(input.compact, input.candidates, input.rowCount, input.random);
  return best(input, (row) => (committee.divergence[row] as number) * densityWeight(density[row] as number)).map(
    (row) => ({
      row,
      why: `${disagreementText(input, committee, row)}${usualText(density[row] as number)}`,
    }),
  );
}

export function byMix(input: MixedInput): Pick[] {
  const { probabilities, committee, labelsPerClass } = input;
  const count = probabilities.classNames.length;
  const density = densityRanks(input.compact, input.candidates, input.rowCount, input.random);
  const most = Math.max(1, ...labelsPerClass);
  const rarity = probabilities.classNames.map((_, k) => 1 - (labelsPerClass[k] ?? 0) / most);
  const largestDivergence = committee === null ? 1 : Math.log(Math.max(2, Math.min(committee.members, count)));
  const parts = (row: number): { margin: number; disagreement: number; rare: number } => {
    const { margin } = bestTwo(probabilities.values, count, row);
    let rare = 0;
    for (let k = 0; k < count; k += 1) {
      rare += (probabilities.values[row * count + k] as number) * (rarity[k] as number);
    }
    const disagreement = (committee?.divergence[row] ?? 0) / largestDivergence;
    return { margin: 1 - margin, disagreement, rare };
  };
  const score = (row: number): number => {
    const { margin, disagreement, rare } = parts(row);
    return (margin + disagreement + rare) * densityWeight(density[row] as number);
  };
  return best(input, score).map((row) => {
    const { margin, disagreement, rare } = parts(row);
    const usual = usualText(density[row] as number);
    if (committee !== null && disagreement >= margin && disagreement >= rare) {
      return { row, why: `${disagreementText(input, committee, row)}${usual}` };
    }
    const name = (k: number): string => probabilities.classNames[k] ?? '';
    const percent = (k: number): string => (100 * (probabilities.values[row * count + k] as number)).toFixed(0);
    if (rare > margin) {
      const rarest = rarity.reduce(
        (from, value, k) => (share(k) * value > share(from) * (rarity[from] ?? 0) ? k : from),
        0,
      );
      const labels = labelsPerClass[rarest] ?? 0;
      return { row, why: `Perhaps ${name(rarest)} (${percent(rarest)} %), which has ${labels} labels${usual}` };
    }
    const { first, second } = bestTwo(probabilities.values, count, row);
    return {
      row,
      why: `Undecided: ${name(first)} ${percent(first)} % against ${name(second)} ${percent(second)} %${usual}`,
    };

    function share(k: number): number {
      return probabilities.values[row * count + k] as number;
    }
  });
}

/** The two most probable classes and how far apart they are. */
export function bestTwo(
  values: ArrayLike<number>,
  count: number,
  row: number,
): { readonly first: number; readonly second: number; readonly margin: number } {
  const at = (k: number): number => values[row * count + k] as number;
  let [first, second] = at(0) >= at(1) ? [0, 1] : [1, 0];
  for (let k = 2; k < count; k += 1) {
    if (at(k) > at(first)) [first, second] = [k, first];
    else if (at(k) > at(second)) second = k;
  }
  return { first, second, margin: at(first) - at(second) };
}

function best(
  { compact, candidates, labelled, rowCount, slides, size, random }: MixedInput,
  score: (row: number) => number,
): number[] {
  const scores = new Map(candidates.map((row) => [row, score(row)]));
  const ranked = [...candidates].sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0) || a - b);
  return new Spread(compact, rowCount, labelled).take(firstOverSlides(ranked, slides, wider * size), size, random);
}

function disagreementText(
  { probabilities }: MixedInput,
  { members, votes, divergence }: Committee,
  row: number,
): string {
  const count = probabilities.classNames.length;
  const said = probabilities.classNames
    .map((name, k) => ({ name, votes: votes[row * count + k] as number }))
    .filter((item) => item.votes > 0)
    .sort((a, b) => b.votes - a.votes)
    .map((item) => `${item.votes} ${item.name}`)
    .join(', ');
  return `The ${members} fold classifiers disagree by ${(divergence[row] as number).toFixed(2)}: ${said}`;
}

function usualText(rank: number): string {
  return `; more usual than ${Math.min(99, Math.round(100 * rank))} % of the tiles.`;
}
