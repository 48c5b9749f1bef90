/** The project's pretraining runs, the one looked at, those compared, and every act on a run. Curves are in run-curves-store.ts. */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { PageServices } from '#common/contract/contract.ts';
import type { RunRemoval, RunState } from '#common/contract/runs.ts';
import { useCore } from '../../../stores/core.ts';
import { useJobs } from '../../../stores/jobs.ts';
import { useNotices } from '../../../stores/notices.ts';
import { useProject } from '../../../stores/project.ts';
import { projectQuery } from '../../../stores/project-query.ts';

export type PretrainInput = Parameters<PageServices['runs']['pretrain']>[0];
export type RunDetails = Awaited<ReturnType<PageServices['runs']['details']>>;

export const mostCompared = 8;
const refreshMs = 1000;

export const useRuns = defineStore('runs', () => {
  const core = useCore();
  const project = useProject();
  const jobs = useJobs();
  const notices = useNotices();
  const query = projectQuery(['runs', 'tiles'], ({ core, project, signal }) =>
    core.runs.states({ project }, { signal }),
  );

  /** Newest first. */
  const all = computed<readonly RunState[]>(() => query.data.value ?? []);
  const byId = computed(() => new Map(all.value.map((run) => [run.run, run])));
  const numbers = computed(() => new Map(all.value.toReversed().map((run, index) => [run.run, index + 1])));
  const selectedId = ref<string | null>(null);
  const selected = computed(() => byId.value.get(selectedId.value ?? '') ?? all.value[0] ?? null);
  const compared = ref<readonly string[]>([]);
  /** The run that trains or waits now: of this page, of another one, or of before the page was opened. */
  const active = computed(() => all.value.find(({ state }) => state === 'running' || state === 'paused') ?? null);
  const job = computed(() => jobs.runningOf('runs.pretrain'));

  /** The last job failed and nothing was started since: what is to be said about it. */
  const failure = computed(() => {
    const last = jobs.newest('runs.pretrain');
    return last?.status === 'failed' && last.job !== dismissedFailure.value ? last : null;
  });
  const dismissedFailure = ref('');
  const dismissFailure = (): void => void (dismissedFailure.value = failure.value?.job ?? '');

  const details = projectQuery<RunDetails | null>(
    ['runs'],
    async ({ core, project, signal }) => {
      const run = selected.value?.run;
      return run === undefined ? null : core.runs.details({ project, run }, { signal });
    },
    () => selected.value?.run ?? null,
  );

  watch(
    () => project.id,
    () => {
      selectedId.value = null;
      compared.value = [];
      toRemove.value = null;
      isStarting.value = false;
    },
  );

  // A run writes its progress without a word about "runs": its job tells, at most once a second here.
  let lastRefresh = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  watch(
    () => [job.value?.done, job.value?.stage, job.value?.job],
    () => {
      clearTimeout(waiting);
      waiting = setTimeout(
        () => {
          lastRefresh = Date.now();
          void query.refresh();
        },
        Math.max(0, lastRefresh + refreshMs - Date.now()),
      );
    },
  );

  const known = shallowRef<ReadonlySet<string>>(new Set());
  const isStarting = ref(false);
  // The new run is the one that was not there before the start; it is shown as soon as the core has made it.
  watch(all, (now) => {
    if (!isStarting.value) return;
    const fresh = now.find(({ run }) => !known.value.has(run));
    if (fresh === undefined) return;
    selectedId.value = fresh.run;
    isStarting.value = false;
  });
  jobs.onEnded((ended) => {
    if (ended.service === 'runs' && ended.call === 'pretrain') isStarting.value = false;
  });

  async function start(input: PretrainInput): Promise<boolean> {
    known.value = new Set(all.value.map(({ run }) => run));
    isStarting.value = true;
    const started = await jobs.start('runs', 'pretrain', input);
    if (started === undefined) isStarting.value = false;
    else void query.refresh();
    return started !== undefined;
  }

  async function resume(
    run: string,
    how: Pick<PretrainInput, 'engine' | 'adapter' | 'precision' | 'allowSoftware' | 'gentle'> = {},
  ): Promise<boolean> {
    selectedId.value = run;
    const started = await jobs.start('runs', 'pretrain', { project: project.required(), resume: run, ...how });
    return started !== undefined;
  }

  async function act(what: 'pause' | 'continue' | 'stop', run: string): Promise<boolean> {
    const state = await notices.attempt(() => core.services().runs[what]({ project: project.required(), run }));
    if (state !== undefined && query.data.value !== null) {
      query.data.value = query.data.value.map((each) => (each.run === run ? state : each));
    }
    return state !== undefined;
  }

  /** What would be lost with the run about to be deleted; null while none is. */
  const toRemove = shallowRef<RunRemoval | null>(null);
  async function askToRemove(run: string): Promise<void> {
    const lost = await notices.attempt(() => core.services().runs.removal({ project: project.required(), run }));
    if (lost !== undefined) toRemove.value = lost;
  }
  /** After the person confirmed what is lost. False when it was refused. */
  async function remove(run: string): Promise<boolean> {
    const confirmed = { project: project.required(), run, confirmed: true };
    const gone = await notices.attempt(() => core.services().runs.remove(confirmed));
    toRemove.value = null;
    return gone !== undefined;
  }

  function step(by: number): void {
    const at = all.value.findIndex(({ run }) => run === selected.value?.run);
    const next = all.value[at + by];
    if (next !== undefined) selectedId.value = next.run;
  }

  /** False when eight are compared already. */
  function setCompared(run: string, isCompared: boolean): boolean {
    const rest = compared.value.filter((each) => each !== run && byId.value.has(each));
    if (isCompared && rest.length >= mostCompared) return false;
    compared.value = isCompared ? [...rest, run] : rest;
    return true;
  }

  return {
    query,
    all,
    byId,
    numbers,
    selectedId,
    selected,
    compared,
    active,
    job,
    failure,
    dismissFailure,
    details,
    isStarting,
    start,
    resume,
    pause: (run: string) => act('pause', run),
    goOn: (run: string) => act('continue', run),
    stop: (run: string) => act('stop', run),
    toRemove,
    askToRemove,
    remove,
    step,
    setCompared,
  };
});
