/** A portable model and the slides it is applied to: what was chosen, the model's card, the job and what came of it. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { bundlesCalls, type ModelDescription } from '#common/contract/bundles.ts';
import { TrefoilError } from '#common/errors.ts';
import type { z } from 'zod';
import { useCore } from '../../stores/core.ts';
import type { ChosenFile } from '../../stores/file-browser.ts';
import { useJobs } from '../../stores/jobs.ts';

export type AppliedModel = z.output<typeof bundlesCalls.apply.output>;

export const useApply = defineStore('apply', () => {
  const core = useCore();
  const jobs = useJobs();
  const model = shallowRef<ChosenFile | null>(null);
  const card = shallowRef<ModelDescription | null>(null);
  const error = shallowRef<TrefoilError | null>(null);
  const slides = shallowRef<readonly ChosenFile[]>([]);
  const folder = shallowRef<ChosenFile | null>(null);
  /** As it is typed; empty: every slide says its own. */
  const mpp = ref('');

  const mppNumber = computed(() => {
    if (mpp.value.trim() === '') return undefined;
    const value = Number(mpp.value.trim().replace(',', '.'));
    return value > 0 && value <= 100 ? value : null;
  });
  /** Started here or by another page. */
  const job = computed(() => jobs.newest('bundles.apply'));
  const isRunning = computed(() => job.value?.status === 'running');
  const result = computed<AppliedModel | null>(() => {
    if (job.value?.status !== 'finished') return null;
    const parsed = bundlesCalls.apply.output.safeParse(job.value.result);
    return parsed.success ? parsed.data : null;
  });
  const canStart = computed(
    () =>
      card.value !== null &&
      slides.value.length > 0 &&
      folder.value !== null &&
      mppNumber.value !== null &&
      !isRunning.value,
  );

  async function chooseModel(file: ChosenFile): Promise<void> {
    model.value = file;
    card.value = null;
    error.value = null;
    try {
      card.value = await core.services().bundles.inspect({ model: { file: file.reference } });
    } catch (thrown) {
      if (!(thrown instanceof TrefoilError)) throw thrown;
      error.value = thrown;
    }
  }
  async function start(): Promise<void> {
    if (model.value === null || folder.value === null || mppNumber.value === null) return;
    await jobs.start('bundles', 'apply', {
      model: { file: model.value.reference },
      slides: slides.value.map(({ reference }) => ({ file: reference })),
      out: folder.value.reference,
      ...(mppNumber.value === undefined ? {} : { mpp: mppNumber.value }),
    });
  }
  /** The result was read; the choices stay for the next slides. */
  async function clear(): Promise<void> {
    if (job.value !== null && !isRunning.value) await jobs.dismiss(job.value.job);
    slides.value = [];
  }

  return {
    model,
    card,
    error,
    slides,
    folder,
    mpp,
    mppNumber,
    job,
    isRunning,
    result,
    canStart,
    chooseModel,
    start,
    clear,
  };
});
