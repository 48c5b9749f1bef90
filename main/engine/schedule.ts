/**
 * Learning rate per step: base 0.05 * batch / 256, linear warm-up, then cosine to 0; the prediction MLP keeps the base rate
 * (SimTriplet's recipe). Pure: the rate is a function of the step alone, so a resume needs no state here.
 */
import type { PretrainSettings } from '#common/domain/pretrain.ts';

export interface Schedule {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly warmupSteps: number;
  /** Peak rate, also the prediction MLP's constant rate. */
  readonly scaledRate: number;
  /** Triplets of an epoch's shuffle that do not fill a batch; they come back in the next epoch's shuffle. */
  readonly leftOverTriplets: number;
}

/** `tripletsPerEpoch` tiles give floor(tripletsPerEpoch / batch) full batches. */
export function planSchedule(
  settings: Pick<PretrainSettings, 'batch' | 'epochs' | 'warmupEpochs' | 'baseLearningRate'>,
  tripletsPerEpoch: number,
): Schedule {
  const stepsPerEpoch = Math.floor(tripletsPerEpoch / settings.batch);
  const totalSteps = stepsPerEpoch * settings.epochs;
  return {
    stepsPerEpoch,
    totalSteps,
    warmupSteps: Math.min(Math.round(settings.warmupEpochs * stepsPerEpoch), totalSteps),
    scaledRate: (settings.baseLearningRate * settings.batch) / 256,
    leftOverTriplets: tripletsPerEpoch - stepsPerEpoch * settings.batch,
  };
}

/**
 * Rate of step `step` (0-based). Warm-up step s of W uses (s + 1) / W of the peak, so that no step is spent at rate 0;
 * after it, peak * (1 + cos(pi * (s - W) / (T - W))) / 2.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { warmupSteps, totalSteps, scaledRate } = schedule;
  if (step < warmupSteps) return (scaledRate * (step + 1)) / warmupSteps;
  const decaySteps = totalSteps - warmupSteps;
  if (decaySteps <= 0) return scaledRate;
  return 0.5 * scaledRate * (1 + Math.cos((Math.PI * (step - warmupSteps)) / decaySteps));
}
