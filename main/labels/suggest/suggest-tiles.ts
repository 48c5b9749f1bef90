/**
 * Which tiles to label next, and why, in a sentence each. Pure and seeded: rows in, rows out. Rows are a bounded sample of the
 * project's tiles (the caller draws it and says so) together with the labelled ones they are compared with.
 */
import { RandomStream } from '#common/random.ts';
import type { Committee } from './committee.ts';
import { compactFeatures, squaredDistance, type CompactFeatures } from './compact-features.ts';
import { bestTwo, byDisagreement, byMix, type MixedInput } from './mixed.ts';
import { firstOverSlides } from './slide-share.ts';
import { Spread } from './spread.ts';
import { typicalTiles } from './typical.ts';

export type SuggestionOrder =
  'typical' | 'coverage' | 'uncertainty' | 'disagreement' | 'mix' | 'rare-class' | 'slide-balance' | 'random';

export interface SuggestionInput {
  readonly order: SuggestionOrder | 'auto';
  readonly size: number;
  readonly seed: number;
  readonly dim: number;
  /** [rows, dim] */
  readonly features: ArrayLike<number>;
  /** Class index of a labelled row, -1 for a candidate. */
  readonly labels: ArrayLike<number>;
  /** Slide index per row. */
  readonly slides: ArrayLike<number>;
  readonly classNames: readonly string[];
  /** All labels of the project, per class and per slide, also those not among the rows. */
  readonly labelsPerClass: readonly number[];
  readonly labelsPerSlide: readonly number[];
  readonly slideNames: readonly string[];
  /** [rows, classes of the classifier]; null before the first map. */
  readonly probabilities: { readonly values: ArrayLike<number>; readonly classNames: readonly string[] } | null;
  /** Of the fold classifiers, for the same rows and classes as `probabilities`; null when they were not asked. */
  readonly committee?: Committee | null;
  /** False where the guard of the pretraining run does not call the features healthy; 'auto' then chooses at random. */
  readonly areFeaturesSound?: boolean;
}

export interface Suggestions {
  readonly order: SuggestionOrder;
  readonly picks: readonly { readonly row: number; readonly why: string }[];
  readonly notes: readonly string[];
}

interface Prepared extends SuggestionInput {
  readonly compact: CompactFeatures;
  readonly candidates: readonly number[];
  readonly labelled: readonly number[];
  readonly random: RandomStream;
}

export function suggestTiles(input: SuggestionInput): Suggestions {
  const rows = Array.from({ length: input.labels.length }, (_, row) => row);
  const notes: string[] = [];
  const prepared: Prepared = {
    ...input,
    compact: compactFeatures(input.features, input.dim, input.seed),
    candidates: rows.filter((row) => (input.labels[row] as number) < 0),
    labelled: rows.filter((row) => (input.labels[row] as number) >= 0),
    random: RandomStream.of('suggest', input.order, input.seed),
  };
  const order = possibleOrder(prepared, notes);
  const picks = {
    typical,
    coverage,
    uncertainty,
    disagreement: (own: Prepared) => mixed(own, byDisagreement),
    mix: (own: Prepared) => mixed(own, byMix),
    'rare-class': rareClass,
    'slide-balance': slideBalance,
    random: drawn,
  }[order](prepared);
  return { order, picks, notes };
}

/**
 * What 'auto' means now, or what takes the place of an order that has nothing to go by yet. 'auto' is what the simulation in
 * docs/suggestions.md supports: coverage where the features are sound, and random choice where they are not, because there
 * every rule that trusts them did worse than chance.
 */
function possibleOrder(input: Prepared, notes: string[]): SuggestionOrder {
  const { order, probabilities, labelsPerClass } = input;
  const present = labelsPerClass.filter((count) => count > 0);
  const needsMap = order === 'uncertainty' || order === 'disagreement' || order === 'mix';
  if (needsMap && probabilities === null) {
    notes.push('There is no map yet to be unsure about: tiles that look different from your labels come first.');
    return 'coverage';
  }
  if (order === 'rare-class' && (input.labelled.length === 0 || present.length < 2)) {
    notes.push('Label two classes first; then tiles like the rarer one can be found.');
    return 'coverage';
  }
  if (order !== 'auto') return order;
  if (input.areFeaturesSound !== false) return 'coverage';
  notes.push(
    'Drawn at random: the pretraining run behind these features is not healthy, and choosing by such features did worse than chance in our simulation.',
  );
  return 'random';
}

function drawn({ candidates, size, random }: Prepared): Suggestions['picks'] {
  const why = 'Drawn at random: such tiles show the tissue as it is, common kinds as often as they are.';
  return random
    .shuffled([...candidates])
    .slice(0, size)
    .map((row) => ({ row, why }));
}

function typical({ compact: features, labels, random, ...rest }: Prepared): Suggestions['picks'] {
  return typicalTiles({ ...rest, features }, random).map(({ row, groupSize }) => {
    const share = Math.round((100 * groupSize) / Math.max(1, labels.length));
    const how = share < 1 ? 'less than 1 %' : `about ${share} %`;
    return { row, why: `Stands for tiles of its kind: ${how} of the tiles look like it.` };
  });
}

function coverage(input: Prepared): Suggestions['picks'] {
  const { compact, labels, labelled, candidates, size, random } = input;
  const spread = new Spread(compact, labels.length, labelled);
  const ranks = candidates.map((row) => spread.nearest[row] as number).sort((a, b) => a - b);
  const before = spread.nearest.slice();
  return spread.take(candidates, size, random).map((row, index) => {
    if (labelled.length === 0) {
      return { row, why: index === 0 ? 'A first tile to begin with.' : 'Looks unlike the tiles before it.' };
    }
    const share = Math.round((100 * lowerBound(ranks, before[row] as number)) / ranks.length);
    return { row, why: `Looks unlike your labels: farther from them than ${share} % of the tiles.` };
  });
}

function uncertainty(input: Prepared): Suggestions['picks'] {
  const { probabilities, candidates, compact, labels, labelled, size, random } = input;
  if (probabilities === null) return coverage(input);
  const count = probabilities.classNames.length;
  const margins = new Map(candidates.map((row) => [row, bestTwo(probabilities.values, count, row)]));
  const ranked = [...candidates].sort((a, b) => (margins.get(a)?.margin ?? 1) - (margins.get(b)?.margin ?? 1) || a - b);
  const unsure = firstOverSlides(ranked, input.slides, 4 * size);
  // The most unsure tiles are often alike: among them, ones that differ from each other.
  const picks = new Spread(compact, labels.length, labelled).take(unsure, size, random);
  const percent = (row: number, k: number): string =>
    (100 * (probabilities.values[row * count + k] as number)).toFixed(0);
  return picks.map((row) => {
    const { first, second } = margins.get(row) ?? { first: 0, second: 1 };
    const [a, b] = [probabilities.classNames[first] ?? '', probabilities.classNames[second] ?? ''];
    return { row, why: `Undecided: ${a} ${percent(row, first)} % against ${b} ${percent(row, second)} %.` };
  });
}

function mixed(input: Prepared, choose: (input: MixedInput) => Suggestions['picks']): Suggestions['picks'] {
  const { probabilities, committee, classNames, labelsPerClass } = input;
  if (probabilities === null) return coverage(input);
  // The classifier may be older than the list of classes.
  const perClass = probabilities.classNames.map((name) => labelsPerClass[classNames.indexOf(name)] ?? 0);
  return choose({
    ...input,
    rowCount: input.labels.length,
    probabilities,
    committee: committee ?? null,
    labelsPerClass: perClass,
  });
}

function rareClass(input: Prepared): Suggestions['picks'] {
  const { compact, labels, labelled, candidates, labelsPerClass, classNames, size, random } = input;
  const seen = new Set(labelled.map((row) => labels[row] as number));
  const rare = [...seen].sort((a, b) => (labelsPerClass[a] ?? 0) - (labelsPerClass[b] ?? 0) || a - b)[0] ?? 0;
  const own = labelled.filter((row) => labels[row] === rare);
  const others = labelled.filter((row) => labels[row] !== rare);
  const distance = (row: number, to: readonly number[]): number =>
    to.reduce((least, other) => Math.min(least, squaredDistance(compact, row, other)), Infinity);
  // Nearer to the rare class than to any other comes first.
  const score = new Map(
    candidates.map((row) => [row, Math.sqrt(distance(row, own)) - Math.sqrt(distance(row, others))]),
  );
  const ranked = [...candidates].sort((a, b) => (score.get(a) ?? 0) - (score.get(b) ?? 0) || a - b);
  const alike = firstOverSlides(ranked, input.slides, 2 * size);
  const count = labelsPerClass[rare] ?? 0;
  const why = `Looks like your ${count} ${count === 1 ? 'label' : 'labels'} of ${classNames[rare] ?? ''}, the class with the fewest.`;
  return new Spread(compact, labels.length, []).take(alike, size, random).map((row) => ({ row, why }));
}

function slideBalance(input: Prepared): Suggestions['picks'] {
  const { compact, labels, labelled, candidates, slides, slideNames, labelsPerSlide, size, random } = input;
  const spread = new Spread(compact, labels.length, labelled);
  const waiting = new Map<number, number[]>();
  for (const row of candidates) {
    const slide = slides[row] as number;
    const own = waiting.get(slide);
    if (own === undefined) waiting.set(slide, [row]);
    else own.push(row);
  }
  const given = [...labelsPerSlide];
  const picks: { row: number; why: string }[] = [];
  while (picks.length < size && waiting.size > 0) {
    // Drawn among equals: the order of slides often follows their names, and names often their diagnosis.
    const fewest = Math.min(...[...waiting.keys()].map((slide) => given[slide] ?? 0));
    const turns = [...waiting.keys()].filter((slide) => (given[slide] ?? 0) === fewest);
    const slide = turns[random.nextInteger(turns.length)] as number;
    const own = waiting.get(slide) ?? [];
    const row = spread.draw(own, random);
    const rest = own.filter((other) => other !== row);
    if (rest.length === 0) waiting.delete(slide);
    else waiting.set(slide, rest);
    spread.choose(row);
    const count = labelsPerSlide[slide] ?? 0;
    const said = count === 0 ? 'no label yet' : `${count} ${count === 1 ? 'label' : 'labels'}`;
    picks.push({ row, why: `${slideNames[slide] ?? 'This slide'} has ${said}, among the fewest of all slides.` });
    given[slide] = (given[slide] ?? 0) + 1;
  }
  return picks;
}

/** How many of the ascending values are below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
