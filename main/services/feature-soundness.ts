/** Whether choosing tiles by a run's features is to be trusted: what the guard said of the run (see docs/suggestions.md). */
import type { StoredRun } from './stored-runs.ts';

/** A run without a verdict counts as sound. */
export function areFeaturesSound(run: Pick<StoredRun, 'summary'>): boolean {
  return (run.summary.verdict?.level ?? 'healthy') === 'healthy';
}
