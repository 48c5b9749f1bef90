/** Comparisons or simulations kept with the project, the one looked at, and the job that makes a new one. */
import { computed, ref, watch, type ShallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { InputOf } from '#common/contract/client.ts';
import type { PageServices } from '#common/contract/contract.ts';
import type { StudyKind } from '#common/contract/studies.ts';
import { useCore } from '../../stores/core.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useNotices } from '../../stores/notices.ts';
import { useProject } from '../../stores/project.ts';
import { projectQuery, type QueryContext } from '../../stores/project-query.ts';

export type KeptComparison = Awaited<ReturnType<PageServices['studies']['comparison']>>;
export type KeptSimulation = Awaited<ReturnType<PageServices['studies']['simulation']>>;
export type CompareInput = Omit<InputOf<PageServices['classifier']['compare']>, 'project' | 'out'>;
export type SimulateInput = Omit<InputOf<PageServices['labels']['simulate']>, 'project' | 'out' | 'file'>;

function useStudies<Kept>(
  kind: StudyKind,
  call: 'classifier.compare' | 'labels.simulate',
  read: (context: QueryContext, study: string) => Promise<Kept>,
) {
  const core = useCore();
  const project = useProject();
  const jobs = useJobs();
  const notices = useNotices();
  const list = projectQuery(['studies', 'labels', 'tiles'], ({ core: client, project: id, signal }) =>
    client.studies.list({ project: id, kind }, { signal }),
  );
  const all = computed(() => list.data.value ?? []);
  /** '': the newest, also when a newer one comes. */
  const chosen = ref('');
  const shown = computed(
    () => all.value.find(({ study }) => study === chosen.value)?.study ?? all.value[0]?.study ?? null,
  );
  const kept = projectQuery<Kept | null>(
    ['studies', 'labels', 'tiles'],
    async (context) => (shown.value === null ? null : read(context, shown.value)),
    () => shown.value,
  );
  const files = computed(() => all.value.find(({ study }) => study === shown.value)?.files ?? []);
  const runs = projectQuery(['runs', 'tiles'], ({ core: client, project: id, signal }) =>
    client.runs.states({ project: id }, { signal }),
  );
  const job = computed(() => jobs.runningOf(call));
  const failure = computed(() => {
    const newest = jobs.newest(call);
    return newest?.status === 'failed' ? newest.error : null;
  });
  /** Of the current tiles, oldest first: numbered as in Pretrain. */
  const finished = computed(() =>
    (runs.data.value ?? [])
      .toReversed()
      .map((run, index) => ({ ...run, number: index + 1 }))
      .filter((run) => run.state === 'finished' && run.isOfCurrentTiles),
  );
  watch(
    () => project.id,
    () => (chosen.value = ''),
  );

  async function remove(): Promise<void> {
    const study = shown.value;
    if (study === null) return;
    await notices.attempt(() => core.services().studies.remove({ project: project.required(), study }));
  }
  function address(name: string): string {
    return ['/studies', project.required(), shown.value ?? '', name]
      .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
      .join('/');
  }
  async function cancel(): Promise<void> {
    if (job.value !== null) await jobs.cancel(job.value.job);
  }
  return {
    list,
    all,
    chosen,
    shown,
    kept: kept.data as ShallowRef<Kept | null>,
    keptError: kept.error,
    files,
    runs,
    finished,
    job,
    failure,
    remove,
    address,
    cancel,
  };
}

export const useComparisons = defineStore('comparisons', () => {
  const jobs = useJobs();
  const project = useProject();
  const studies = useStudies<KeptComparison>(
    'comparison',
    'classifier.compare',
    ({ core, project: id, signal }, study) => core.studies.comparison({ project: id, study }, { signal }),
  );
  async function start(input: CompareInput): Promise<void> {
    studies.chosen.value = '';
    await jobs.start('classifier', 'compare', { ...input, project: project.required() });
  }
  return { ...studies, start };
});

export const useSimulations = defineStore('simulations', () => {
  const jobs = useJobs();
  const project = useProject();
  const studies = useStudies<KeptSimulation>('simulation', 'labels.simulate', ({ core, project: id, signal }, study) =>
    core.studies.simulation({ project: id, study }, { signal }),
  );
  async function start(input: SimulateInput): Promise<void> {
    studies.chosen.value = '';
    await jobs.start('labels', 'simulate', { ...input, project: project.required() });
  }
  return { ...studies, start };
});
