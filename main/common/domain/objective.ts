/**
 * What a method asks of a triplet, for both engines: which views are passed through the network, which pairs of them are
 * compared with what weight, and whether the prediction MLP takes part. Every pretraining method's loss is
 *   l(tile, second view) + neighbourWeight * l(tile, neighbour)
 * with the method's own two-view loss l; SimSiam has no neighbour. The formulas are in the engines' loss files.
 */
import type { MethodName } from './pretrain.ts';

/** 'supervised' learns classes from one view of each tile: no pretraining, what pretraining is compared with. */
export type TrainingMethod = MethodName | 'supervised';

export interface Objective {
  readonly method: TrainingMethod;
  /** 1 when missing, as SimTriplet was published; 0 leaves the neighbour out. */
  readonly neighbourWeight?: number | undefined;
}

/** Positions in `viewsOf`, not view numbers. */
export interface ViewPair {
  readonly first: number;
  readonly second: number;
  readonly weight: number;
}

/** Of tile (0), neighbour (1) and second view of the tile (2), those the method looks at. */
export function viewsOf(objective: Objective): readonly (0 | 1 | 2)[] {
  if (objective.method === 'supervised') return [0];
  return weightOf(objective) > 0 ? [0, 1, 2] : [0, 2];
}

export function pairsOf(objective: Objective): readonly ViewPair[] {
  if (objective.method === 'supervised') return [];
  const weight = weightOf(objective);
  return weight > 0
    ? [
        { first: 0, second: 1, weight },
        { first: 0, second: 2, weight: 1 },
      ]
    : [{ first: 0, second: 1, weight: 1 }];
}

/** The others compare projections directly; their prediction MLP stays as it was drawn. */
export function usesPredictor(method: TrainingMethod): boolean {
  return method === 'simtriplet' || method === 'simsiam';
}

/** The loss of equal views: the lowest there is for SimTriplet and SimSiam, and what the others cannot quite reach. */
export function perfectLoss(objective: Objective): number {
  return usesPredictor(objective.method) ? -1 - weightOf(objective) : 0;
}

function weightOf({ method, neighbourWeight = 1 }: Objective): number {
  return method === 'simsiam' ? 0 : neighbourWeight;
}
