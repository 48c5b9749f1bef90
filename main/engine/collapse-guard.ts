/**
 * Watches a pretraining run for collapse: a network that gives every tile nearly the same features while its loss looks
 * excellent. A pure state machine over monitor records; it speaks once per change for the worse, and once when the signs are
 * gone. Stopping is the person's choice, except for a loss that is no number any more. Wording: collapse-wording.ts.
 *
 * Why these rules: a SimTriplet run on two patients reached loss -1.86 of -2 with std of z at a third of its healthy value and
 * features worse than nine colour numbers. No single monitor shows that surely: the rank of an untrained network is a poor
 * yardstick, and kNN needs labels. So each run is its own baseline, and two signs together weigh more than one.
 */
import { perfectLoss, usesPredictor } from '#common/domain/objective.ts';
import type { MethodName } from '#common/domain/pretrain.ts';
import type { InputDiversity } from './monitors/input-diversity.ts';
import { wordVerdict } from './collapse-wording.ts';

export const verdictLevels = ['healthy', 'watch', 'collapsing', 'collapsed', 'diverged'] as const;
export type VerdictLevel = (typeof verdictLevels)[number];

/** What the guard saw, in the words' order of importance. */
export type CollapseSign =
  | 'input-constant'
  | 'loss-not-finite'
  | 'features-not-finite'
  | 'features-equal'
  | 'z-spread-lost'
  | 'z-spread-low'
  | 'rank-lost'
  | 'rank-low'
  | 'neighbours-worse'
  | 'neighbours-falling'
  | 'not-learning';

export interface Verdict {
  readonly level: VerdictLevel;
  readonly sentence: string;
  readonly signs: readonly CollapseSign[];
  readonly evidence: Readonly<Record<string, number>>;
  readonly advice: readonly string[];
}

export interface GuardContext {
  readonly method: MethodName;
  readonly neighbourWeight?: number | undefined;
  /** Width of z: its healthy std is 1 / sqrt(projection). */
  readonly projection: number;
}

export type Observation =
  | { readonly type: 'input'; readonly diversity: InputDiversity }
  | { readonly type: 'step'; readonly step: number; readonly loss: number; readonly zStd: number | null }
  | {
      /** completedEpochs 0 is the untrained network: the baseline. */
      readonly type: 'epoch';
      readonly completedEpochs: number;
      readonly step: number;
      readonly loss: number | null;
      readonly effectiveRank: number;
      readonly embeddingStd: number;
      readonly knnAccuracy: number | null;
    };

/** Plain JSON: it travels in the checkpoint, so that a resumed run neither forgets nor repeats a warning. */
export interface GuardState {
  readonly level: VerdictLevel;
  readonly inputConstant: boolean;
  /** Last measured std of z over its healthy value. */
  readonly spreadRatios: readonly number[];
  readonly baseline: {
    readonly effectiveRank: number;
    readonly embeddingStd: number;
    readonly knnAccuracy: number | null;
  } | null;
  /** Signs of the last epoch's monitors. */
  readonly epochSigns: readonly CollapseSign[];
  /** Numbers behind them, so that a verdict between two epochs can name them. */
  readonly epochEvidence: Readonly<Record<string, number>>;
  readonly epochsWithWorseNeighbours: number;
  /** Best kNN accuracy of this run after an epoch, and how many epochs in a row have been clearly below it. */
  readonly bestKnnAccuracy: number | null;
  readonly epochsBelowBest: number;
  readonly calmEpochs: number;
  readonly verdict: Verdict | null;
}

export const initialGuardState: GuardState = {
  level: 'healthy',
  inputConstant: false,
  spreadRatios: [],
  baseline: null,
  epochSigns: [],
  epochEvidence: {},
  epochsWithWorseNeighbours: 0,
  bestKnnAccuracy: null,
  epochsBelowBest: 0,
  calmEpochs: 0,
  verdict: null,
};

/** One measurement is a bad batch; a median of five is a state. The first word needs three. */
const spreadWindow = 5;
const spreadNeeded = 3;
const spreadLost = 0.15;
const spreadHalf = 0.5;
const spreadLow = 0.7;
const rankLost = 1.5;
/** Shares of the untrained network's rank. Healthy small runs end near 0.6 of it, a rate far too high leaves 0.1 to 0.2. */
const rankLow = 0.4;
const rankCollapsing = 0.25;
const knnMargin = 0.02;
/** A run that unlearns: kNN this far below its own best, so many epochs in a row. One epoch alone is noise of few labels. */
const knnFall = 0.05;
const knnFallEpochs = 2;
const excellentLoss = 0.9;
const noLearning = 0.05;
/** Epochs in a row without a sign before a warning is taken back. */
const calmNeeded = 3;

/** Feeds one record; `verdict` is what must be told now, or null. */
export function observe(
  state: GuardState,
  observation: Observation,
  context: GuardContext,
): { readonly state: GuardState; readonly verdict: Verdict | null } {
  if (state.level === 'diverged') return { state, verdict: null };
  const evidence: Record<string, number> = { ...state.epochEvidence };
  const next = absorb(state, observation, context, evidence);
  const signs = signsOf(next, observation);
  const level = levelOf(next, signs, evidence);
  return settle(state, next, level, signs, evidence, context, observation.type === 'epoch');
}

function absorb(
  state: GuardState,
  observation: Observation,
  context: GuardContext,
  evidence: Record<string, number>,
): GuardState {
  // VICReg and Barlow Twins have no loss that a good network comes close to: theirs says nothing by itself.
  const perfect = usesPredictor(context.method) ? perfectLoss(context) : null;
  const healthySpread = 1 / Math.sqrt(context.projection);
  evidence['healthyZStd'] = healthySpread;
  if (observation.type === 'input') {
    const { tiles, distinctTiles, betweenTileStd } = observation.diversity;
    Object.assign(evidence, { tiles, distinctTiles, betweenTileStd });
    return { ...state, inputConstant: tiles > 1 && betweenTileStd < 0.5 };
  }
  evidence['step'] = observation.step;
  if (observation.loss !== null) {
    evidence['loss'] = observation.loss;
    if (perfect !== null) evidence['lossShareOfPerfect'] = observation.loss / perfect;
  }
  if (observation.type === 'step') {
    if (observation.zStd === null) return state;
    evidence['zStd'] = observation.zStd;
    const ratio = observation.zStd / healthySpread;
    return { ...state, spreadRatios: [...state.spreadRatios, ratio].slice(-spreadWindow) };
  }
  const { effectiveRank, embeddingStd, knnAccuracy } = observation;
  Object.assign(evidence, { effectiveRank, embeddingStd }, knnAccuracy === null ? {} : { knnAccuracy });
  if (observation.completedEpochs === 0) {
    return { ...state, baseline: { effectiveRank, embeddingStd, knnAccuracy } };
  }
  const baseline = state.baseline;
  if (baseline === null) return state;
  evidence['effectiveRankBefore'] = baseline.effectiveRank;
  const signs: CollapseSign[] = [];
  if (embeddingStd <= 1e-6 || effectiveRank === 0) signs.push('features-equal');
  else if (effectiveRank < rankLost && baseline.effectiveRank >= 2 * rankLost) signs.push('rank-lost');
  else if (effectiveRank < rankLow * baseline.effectiveRank) signs.push('rank-low');
  let worse = 0;
  if (knnAccuracy !== null && baseline.knnAccuracy !== null) {
    evidence['knnAccuracyBefore'] = baseline.knnAccuracy;
    if (knnAccuracy < baseline.knnAccuracy - knnMargin) worse = state.epochsWithWorseNeighbours + 1;
  }
  if (worse > 0) signs.push('neighbours-worse');
  const bestKnnAccuracy =
    knnAccuracy === null ? state.bestKnnAccuracy : Math.max(knnAccuracy, state.bestKnnAccuracy ?? 0);
  const isBelowBest = knnAccuracy !== null && bestKnnAccuracy !== null && knnAccuracy < bestKnnAccuracy - knnFall;
  const epochsBelowBest = isBelowBest ? state.epochsBelowBest + 1 : 0;
  if (bestKnnAccuracy !== null) evidence['knnAccuracyBest'] = bestKnnAccuracy;
  if (epochsBelowBest >= knnFallEpochs && worse === 0) signs.push('neighbours-falling');
  const share = observation.loss === null || perfect === null ? null : observation.loss / perfect;
  if (share !== null && share < noLearning && observation.completedEpochs >= 10 && observation.step >= 500)
    signs.push('not-learning');
  const finite = Object.entries(evidence).filter(([, value]) => Number.isFinite(value));
  return {
    ...state,
    epochSigns: signs,
    epochEvidence: Object.fromEntries(finite),
    epochsWithWorseNeighbours: worse,
    bestKnnAccuracy,
    epochsBelowBest,
  };
}

function signsOf(state: GuardState, observation: Observation): CollapseSign[] {
  const signs: CollapseSign[] = [];
  if (state.inputConstant) signs.push('input-constant');
  if (observation.type !== 'input' && observation.loss !== null && !Number.isFinite(observation.loss)) {
    signs.push('loss-not-finite');
  }
  if (observation.type === 'step' && observation.zStd !== null && !Number.isFinite(observation.zStd)) {
    signs.push('features-not-finite');
  }
  if (
    observation.type === 'epoch' &&
    !(Number.isFinite(observation.effectiveRank) && Number.isFinite(observation.embeddingStd))
  ) {
    signs.push('features-not-finite');
  }
  const ratio = spreadRatio(state);
  if (ratio !== null && ratio < spreadLost) signs.push('z-spread-lost');
  else if (ratio !== null && ratio < spreadLow) signs.push('z-spread-low');
  return [...signs, ...state.epochSigns];
}

/** Median of the last measurements, or null while there are too few. */
function spreadRatio(state: GuardState): number | null {
  if (state.spreadRatios.length < spreadNeeded) return null;
  const sorted = state.spreadRatios.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function levelOf(
  state: GuardState,
  signs: readonly CollapseSign[],
  evidence: Readonly<Record<string, number>>,
): VerdictLevel {
  const has = (sign: CollapseSign): boolean => signs.includes(sign);
  if (has('loss-not-finite') || has('features-not-finite')) return 'diverged';
  if (has('input-constant') || has('features-equal') || has('z-spread-lost') || has('rank-lost')) return 'collapsed';
  const ratio = spreadRatio(state);
  if (ratio !== null && ratio < spreadHalf) return 'collapsing';
  const { effectiveRank: rank, effectiveRankBefore: rankBefore } = evidence;
  if (has('rank-low') && rank !== undefined && rankBefore !== undefined && rank < rankCollapsing * rankBefore) {
    return 'collapsing';
  }
  const neighbours = has('neighbours-worse') || has('neighbours-falling');
  const doubts = [has('z-spread-low'), has('rank-low'), neighbours].filter(Boolean).length;
  const excellent = (evidence['lossShareOfPerfect'] ?? 0) > excellentLoss;
  if (doubts >= 2 || (excellent && has('z-spread-low'))) return 'collapsing';
  // Labels are few and kNN wavers: alone it must be worse twice in a row before anybody is worried.
  const onlyNeighbours = doubts === 1 && has('neighbours-worse');
  if (doubts === 1 && !(onlyNeighbours && state.epochsWithWorseNeighbours < 2)) return 'watch';
  return has('not-learning') ? 'watch' : 'healthy';
}

function settle(
  before: GuardState,
  next: GuardState,
  level: VerdictLevel,
  signs: readonly CollapseSign[],
  evidence: Readonly<Record<string, number>>,
  context: GuardContext,
  epochEnded: boolean,
): { state: GuardState; verdict: Verdict | null } {
  const worse = verdictLevels.indexOf(level) > verdictLevels.indexOf(before.level);
  const calm = level !== 'healthy' || before.level === 'healthy' ? 0 : before.calmEpochs + (epochEnded ? 1 : 0);
  if (!worse && calm < calmNeeded) return { state: { ...next, calmEpochs: calm }, verdict: null };
  const ratio = spreadRatio(next);
  const finite = Object.fromEntries(
    Object.entries(ratio === null ? evidence : { ...evidence, zStdShareOfHealthy: ratio }).filter(([, value]) =>
      Number.isFinite(value),
    ),
  );
  const verdict = wordVerdict(level, signs, finite, context);
  return { state: { ...next, level, calmEpochs: 0, verdict }, verdict };
}

/** The state of things for a run's summary: the last verdict, or that nothing was found. */
export function currentVerdict(state: GuardState, context: GuardContext): Verdict {
  return state.verdict ?? wordVerdict('healthy', [], {}, context);
}
