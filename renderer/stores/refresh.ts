/**
 * Keeps the classifier up with the labels: after a pause in labelling it starts `classifier.refresh` as a job
 * (common/refresh-schedule.ts decides when). Alive while a project is open, in whichever place the person is. Every window has
 * one; the core lets only one of them start, and the others see that job and count it as theirs.
 */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import {
  decideRefresh,
  initialRefreshState,
  nextRefreshState,
  type RefreshEvent,
  type RefreshState,
} from '#common/refresh-schedule.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { useClasses } from './classes.ts';
import { useCore } from './core.ts';
import { useJobs } from './jobs.ts';
import { useProject } from './project.ts';
import { projectQuery } from './project-query.ts';
import { useSettings } from './settings.ts';

/** Another job is in the way: asked again after this, or when a job ends. */
const busyMs = 5000;

export const useRefresh = defineStore('refresh', () => {
  const core = useCore();
  const project = useProject();
  const jobs = useJobs();
  const classes = useClasses();
  const settings = useSettings();
  const query = projectQuery(
    ['labels', 'classes', 'tiles', 'runs', 'classifiers', 'maps'],
    ({ core, project, signal }) => core.classifier.state({ project }, { signal }),
  );
  const schedule = shallowRef<RefreshState>(initialRefreshState);
  const failure = shallowRef<ErrorReport | null>(null);
  /** Labels the running refresh learns from. */
  const trainingOn = ref(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStarting = false;
  let busyUntil = 0;

  const isOn = computed({
    get: () => settings.remembered('classifier.refresh') !== 'off',
    set: (on) => settings.remember('classifier.refresh', on ? 'on' : 'off'),
  });
  const job = computed(() => jobs.runningOf('classifier.refresh') ?? jobs.runningOf('classifier.finetune'));
  const isRunning = computed(() => job.value !== null);
  const state = computed(() => query.data.value);

  function take(event: RefreshEvent): void {
    schedule.value = nextRefreshState(schedule.value, event);
    consider();
  }

  function consider(): void {
    clearTimeout(timer);
    if (!isOn.value || isStarting || project.id === null || core.client === null) return;
    const now = Date.now();
    const decision = decideRefresh(schedule.value, now);
    if (decision.do === 'nothing') return;
    const dueMs = Math.max(decision.do === 'wait' ? decision.atMs : now, busyUntil);
    if (dueMs > now) timer = setTimeout(consider, dueMs - now);
    else void start();
  }

  async function start(): Promise<void> {
    isStarting = true;
    failure.value = null;
    try {
      await core.services().startJob('classifier', 'refresh', { project: project.required() });
      // Whoever started it, the job's own message says that it runs.
    } catch (error) {
      const report = toErrorReport(error);
      if (report.code === 'project-busy' || report.code === 'connection-lost') busyUntil = Date.now() + busyMs;
      else {
        failure.value = report;
        schedule.value = nextRefreshState(nextRefreshState(schedule.value, { type: 'started' }), { type: 'failed' });
      }
    } finally {
      isStarting = false;
      consider();
    }
  }

  watch(
    () => project.id,
    () => {
      schedule.value = initialRefreshState;
      failure.value = null;
      busyUntil = 0;
      clearTimeout(timer);
    },
  );
  watch(
    state,
    (now) => {
      if (now === null) return;
      const { labelsVersion, trainedVersion, canTrain } = now;
      take({ type: 'labels', labelsVersion, trainedVersion, canTrain, atMs: Date.now() });
    },
    { immediate: true },
  );
  watch(
    () => job.value?.job ?? null,
    (now, before) => {
      if (now !== null && before === null) {
        trainingOn.value = classes.overview?.budget.labelled ?? 0;
        failure.value = null;
        take({ type: 'started' });
      }
    },
    { immediate: true },
  );
  onScopeDispose(
    jobs.onEnded((ended) => {
      busyUntil = 0;
      const isOurs = ended.service === 'classifier' && ['refresh', 'finetune'].includes(ended.call);
      if (isOurs && ended.project === project.id && schedule.value.runningVersion !== null) {
        if (ended.status === 'failed') failure.value = ended.error;
        take({ type: ended.status === 'finished' ? 'finished' : 'failed' });
        void query.refresh();
      } else consider();
    }),
  );
  watch([isOn, () => core.generation], consider);

  return { state, isOn, isRunning, job, trainingOn, failure, now: () => void start() };
});
