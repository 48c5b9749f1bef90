/** What can be done with the run looked at, and doing it. Only deleting loses anything, so only that asks first. */
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { useNotices } from '../../../stores/notices.ts';
import { useNewRun } from '../new-run/new-run-store.ts';
import { usePretrainView } from '../pretrain-view.ts';
import { mostCompared, useRuns } from './runs-store.ts';

export function useRunActs() {
  const { t } = useI18n();
  const runs = useRuns();
  const newRun = useNewRun();
  const place = usePretrainView();
  const notices = useNotices();

  const shown = computed(() => (place.view === 'new' ? runs.active : runs.selected));
  const canPause = computed(() => shown.value?.state === 'running');
  const canGoOn = computed(() => shown.value?.state === 'paused');
  const canStop = computed(() => canPause.value || canGoOn.value);
  const canResume = computed(() => shown.value?.canResume === true && runs.job === null);
  const nameOf = (run: string): string => t('pretrain.runName', { number: runs.numbers.get(run) ?? '' });

  const canRemove = computed(
    () => place.view === 'runs' && shown.value !== null && !canStop.value && runs.job === null,
  );
  /** Asks first: what would be lost is shown, and the person says so. */
  async function askToRemove(): Promise<void> {
    if (shown.value !== null) await runs.askToRemove(shown.value.run);
  }
  async function remove(): Promise<void> {
    const run = runs.toRemove?.run;
    if (run === undefined) return;
    // By then it has no number any more.
    const name = nameOf(run);
    if (await runs.remove(run)) notices.done(t('pretrain.remove.done', { run: name }));
  }

  async function start(): Promise<void> {
    if (await newRun.start()) place.show('runs');
  }
  async function pause(): Promise<void> {
    if (shown.value !== null) await runs.pause(shown.value.run);
  }
  async function goOn(): Promise<void> {
    if (shown.value !== null) await runs.goOn(shown.value.run);
  }
  async function stop(): Promise<void> {
    const run = shown.value?.run;
    if (run === undefined || !(await runs.stop(run))) return;
    notices.done(t('pretrain.acts.stopped', { run: nameOf(run) }));
  }
  /** Goes on with the engine, precision and rests that are set for the next run: they are no part of a run. */
  async function resume(): Promise<void> {
    const run = shown.value;
    if (run === null) return;
    const { engine, adapter, precision, allowSoftware, gentle } = newRun.draft;
    const how = { engine, adapter: adapter.trim() === '' ? null : adapter.trim(), precision, allowSoftware, gentle };
    if (await runs.resume(run.run, how)) place.show('runs');
  }
  function toggleCompared(run = runs.selected?.run): void {
    if (run === undefined) return;
    if (!runs.setCompared(run, !runs.compared.includes(run)))
      notices.done(t('pretrain.compare.most', { count: mostCompared }));
  }

  return {
    shown,
    canPause,
    canGoOn,
    canStop,
    canResume,
    canRemove,
    nameOf,
    start,
    pause,
    goOn,
    stop,
    resume,
    askToRemove,
    remove,
    toggleCompared,
  };
}
