/**
 * Curves of the runs that are looked at, kept by id, so that going back to one costs nothing. While one of them trains it is
 * asked for news once a second; only what is new comes.
 */
import { computed, onScopeDispose, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { useCore } from '../../../stores/core.ts';
import { useProject } from '../../../stores/project.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { appendMetrics, noCurves, type RunCurves } from './run-curves.ts';
import { useRuns } from './runs-store.ts';

export const pollMs = 1000;

export const useRunCurves = defineStore('runCurves', () => {
  const core = useCore();
  const project = useProject();
  const byRun = shallowRef<ReadonlyMap<string, RunCurves>>(new Map());
  const errors = shallowRef<ReadonlyMap<string, ErrorReport>>(new Map());
  const asking = new Set<string>();

  watch(
    () => project.id,
    () => {
      byRun.value = new Map();
      errors.value = new Map();
    },
  );

  /** Asks until nothing more is there. A second question about the same run while one is under way is dropped. */
  async function refresh(run: string): Promise<void> {
    const of = project.id;
    if (of === null || core.client === null || asking.has(run)) return;
    asking.add(run);
    try {
      // Shown once at the end: a long curve that grows page by page would be drawn twenty times.
      let curves = byRun.value.get(run) ?? noCurves;
      do {
        const after = curves.cursor === null ? {} : { after: curves.cursor };
        curves = appendMetrics(curves, await core.services().runs.metrics({ project: of, run, ...after }));
        if (project.id !== of) return;
      } while (curves.hasMore);
      if (curves.cursor !== byRun.value.get(run)?.cursor) byRun.value = new Map(byRun.value).set(run, curves);
      if (errors.value.has(run)) errors.value = new Map([...errors.value].filter(([id]) => id !== run));
    } catch (error) {
      const report = toErrorReport(error);
      if (report.code !== 'connection-lost') errors.value = new Map(errors.value).set(run, report);
    } finally {
      asking.delete(run);
    }
  }

  return { byRun, errors, refresh };
});

/** Keeps the curves of `runs` fresh while the component lives; answers them by id. Call it in a setup. */
export function useFollowedCurves(runs: () => readonly string[]) {
  const curves = useRunCurves();
  const store = useRuns();
  const core = useCore();
  const project = useProject();
  const refreshAll = (): void => {
    for (const run of runs()) void curves.refresh(run);
  };
  watch([() => runs().join(), () => core.generation, () => project.versions.runs], refreshAll, { immediate: true });
  const timer = setInterval(() => {
    const moving = runs().filter((run) => store.byId.get(run)?.state === 'running');
    for (const run of moving) void curves.refresh(run);
  }, pollMs);
  onScopeDispose(() => clearInterval(timer));
  return {
    of: (run: string): RunCurves | null => curves.byRun.get(run) ?? null,
    errorOf: (run: string): ErrorReport | null => curves.errors.get(run) ?? null,
    all: computed(() => curves.byRun),
    refreshAll,
  };
}
