/** Importing labels from a file: what is asked for, what would happen (asked of the core before anything changes), what happened. */
import { computed, ref, shallowRef, watch } from 'vue';
import type { PageServices } from '#common/contract/contract.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { useCore } from '../../../stores/core.ts';
import type { ChosenFile } from '../../../stores/file-browser.ts';
import { useProject } from '../../../stores/project.ts';

export type ImportReport = Awaited<ReturnType<PageServices['labels']['import']>>;
type Wanted = Parameters<PageServices['labels']['import']>[0];

const pauseMs = 500;

export function useLabelImport() {
  const core = useCore();
  const project = useProject();
  const file = shallowRef<ChosenFile | null>(null);
  const reader = ref('');
  /** Empty: as the file says. */
  const slide = ref('');
  const withDetections = ref(false);
  const preview = shallowRef<ImportReport | null>(null);
  const report = shallowRef<ImportReport | null>(null);
  const error = shallowRef<ErrorReport | null>(null);
  const isBusy = ref(false);
  /** By its name: whether there is a slide to choose must be known even when the file cannot be read without it. */
  const isAnnotations = computed(() => /\.(geo)?json(\.gz)?$/i.test(file.value?.name ?? ''));
  let running: AbortController | null = null;

  function wanted(reference: ChosenFile['reference']): Wanted {
    const name = reader.value.trim();
    return {
      project: project.required(),
      file: reference,
      ...(name === '' ? {} : { reader: name }),
      ...(isAnnotations.value && slide.value !== '' ? { slide: slide.value } : {}),
      ...(isAnnotations.value && withDetections.value ? { objects: 'all' as const } : {}),
    };
  }

  async function look(): Promise<void> {
    running?.abort();
    const chosen = file.value;
    if (chosen === null || report.value !== null) return;
    const controller = new AbortController();
    running = controller;
    isBusy.value = true;
    error.value = null;
    try {
      const answer = await core
        .services()
        .labels.previewImport(wanted(chosen.reference), { signal: controller.signal });
      if (!controller.signal.aborted) preview.value = answer;
    } catch (thrown) {
      if (controller.signal.aborted) return;
      preview.value = null;
      error.value = toErrorReport(thrown);
    } finally {
      if (running === controller) isBusy.value = false;
    }
  }

  async function run(): Promise<void> {
    if (file.value === null) return;
    isBusy.value = true;
    error.value = null;
    try {
      report.value = await core.services().labels.import(wanted(file.value.reference));
    } catch (thrown) {
      error.value = toErrorReport(thrown);
    } finally {
      isBusy.value = false;
    }
  }

  function choose(chosen: ChosenFile): void {
    file.value = chosen;
    slide.value = '';
    withDetections.value = false;
    preview.value = null;
    report.value = null;
    void look();
  }
  watch([slide, withDetections], () => void look());
  // What is replaced depends on the reader; a file may be large, so not at every letter.
  watch(reader, (_name, _before, onCleanup) => {
    const timer = setTimeout(() => void look(), pauseMs);
    onCleanup(() => clearTimeout(timer));
  });

  return { file, reader, slide, withDetections, isAnnotations, preview, report, error, isBusy, choose, run };
}
