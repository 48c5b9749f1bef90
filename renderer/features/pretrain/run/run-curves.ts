/**
 * A run's curves as they grow: answers of `runs.metrics` put behind each other. Pure; asking for them is in run-curves-store.ts.
 */
import type { PageServices } from '#common/contract/contract.ts';

export type MetricsAnswer = Awaited<ReturnType<PageServices['runs']['metrics']>>;
type Values = readonly (number | null)[];

export interface RunVerdict {
  readonly level: string;
  readonly sentence: string;
  readonly advice: readonly string[];
}

export interface RunCurves {
  readonly cursor: string | null;
  readonly hasMore: boolean;
  readonly steps: {
    readonly step: readonly number[];
    readonly epoch: readonly number[];
    readonly loss: Values;
    readonly zStd: Values;
    readonly learningRate: readonly number[];
    readonly tripletsPerSecond: Values;
  };
  readonly epochs: {
    readonly step: readonly number[];
    readonly epoch: readonly number[];
    readonly loss: Values;
    readonly effectiveRank: Values;
    readonly knnBalancedAccuracy: Values;
    readonly skippedSteps: readonly number[];
  };
  readonly resumedAt: readonly number[];
  readonly verdict: RunVerdict | null;
}

export const noCurves: RunCurves = {
  cursor: null,
  hasMore: true,
  steps: { step: [], epoch: [], loss: [], zStd: [], learningRate: [], tripletsPerSecond: [] },
  epochs: { step: [], epoch: [], loss: [], effectiveRank: [], knnBalancedAccuracy: [], skippedSteps: [] },
  resumedAt: [],
  verdict: null,
};

/** A new value with the answer behind what is there; `isFromStart` replaces all. */
export function appendMetrics(before: RunCurves, answer: MetricsAnswer): RunCurves {
  const { steps, epochs, resumedAt, verdict } = answer.isFromStart ? noCurves : before;
  return {
    cursor: answer.cursor,
    hasMore: answer.hasMore,
    steps: {
      step: steps.step.concat(answer.steps.step),
      epoch: steps.epoch.concat(answer.steps.epoch),
      loss: steps.loss.concat(answer.steps.loss),
      zStd: steps.zStd.concat(answer.steps.zStd),
      learningRate: steps.learningRate.concat(answer.steps.learningRate),
      tripletsPerSecond: steps.tripletsPerSecond.concat(answer.steps.tripletsPerSecond),
    },
    epochs: {
      step: epochs.step.concat(answer.epochs.step),
      epoch: epochs.epoch.concat(answer.epochs.epoch),
      loss: epochs.loss.concat(answer.epochs.loss),
      effectiveRank: epochs.effectiveRank.concat(answer.epochs.effectiveRank),
      knnBalancedAccuracy: epochs.knnBalancedAccuracy.concat(answer.epochs.knnBalancedAccuracy),
      skippedSteps: epochs.skippedSteps.concat(answer.epochs.skippedSteps),
    },
    resumedAt: resumedAt.concat(answer.resumedAt),
    verdict: answer.verdict ?? verdict,
  };
}

/** The last value that was measured. */
export function lastMeasured(values: Values): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

/** How the features stand against the untrained network (epoch 0); null while there is nothing to compare. */
export function knnTrend({ epochs }: RunCurves): { readonly before: number; readonly now: number } | null {
  const before = epochs.knnBalancedAccuracy[0];
  const now = lastMeasured(epochs.knnBalancedAccuracy.slice(1));
  return before === null || before === undefined || now === null ? null : { before, now };
}
