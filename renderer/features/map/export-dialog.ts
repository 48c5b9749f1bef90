/** Exports: which kinds are chosen, what they would write, what was written before. */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { exportOptions, exportsCalls, type ExportKind, type ExportOptions } from '#common/contract/exports.ts';
import type { z } from 'zod';
import { openFileBrowser } from '../../stores/file-browser.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useProject } from '../../stores/project.ts';
import { projectQuery } from '../../stores/project-query.ts';

export const exportKinds: readonly ExportKind[] = [
  'geojson',
  'csv',
  'png',
  'ome-tiff',
  'coco',
  'safetensors',
  'onnx',
  'model',
  'report',
  'report-pdf',
];
export type ExportPreviewAnswer = z.output<typeof exportsCalls.preview.output>;
export type MadeExport = z.output<typeof exportsCalls.make.output>;
export type ListedExport = z.output<typeof exportsCalls.list.output>[number];

export const useExportDialog = defineStore('exportDialog', () => {
  const project = useProject();
  const jobs = useJobs();
  const isOpen = ref(false);
  const kinds = ref<readonly ExportKind[]>(['geojson', 'csv', 'report']);
  const options = ref<ExportOptions>(exportOptions.parse({}));
  const started = ref<string | null>(null);
  const folderName = ref('');

  const preview = projectQuery(
    ['maps', 'classifiers', 'classes', 'slides', 'regions'],
    ({ core, project: id, signal }) =>
      core.exports.preview({ project: id, kinds: [...kinds.value], options: { ...options.value } }, { signal }),
    () => (isOpen.value && kinds.value.length > 0 ? [[...kinds.value].sort(), { ...options.value }] : null),
  );
  const earlier = projectQuery(
    ['exports'],
    ({ core, project: id, signal }) => core.exports.list({ project: id }, { signal }),
    () => (isOpen.value ? true : null),
  );

  const job = computed(() => jobs.all.find((each) => each.job === started.value) ?? null);
  /** The core writes no export while classifier or maps change under it. */
  const isBusy = computed(
    () =>
      jobs.runningOf('classifier.refresh') !== null ||
      jobs.runningOf('classifier.finetune') !== null ||
      jobs.runningOf('classifier.classify') !== null,
  );
  const running = computed(() => jobs.runningOf('exports.make') ?? jobs.runningOf('exports.export'));
  /** What the last export of this window wrote into the project. */
  const made = computed<MadeExport | null>(() => {
    if (job.value?.status !== 'finished' || job.value.call !== 'make') return null;
    const read = exportsCalls.make.output.safeParse(job.value.result);
    return read.success ? read.data : null;
  });
  /** How many files the last export wrote to a folder of the person's choice. */
  const written = computed<number | null>(() => {
    if (job.value?.status !== 'finished' || job.value.call !== 'export') return null;
    const read = exportsCalls.export.output.safeParse(job.value.result);
    return read.success ? read.data.files.length : null;
  });
  const failure = computed(() => (job.value?.status === 'failed' ? job.value.error : null));

  function open(wanted: readonly ExportKind[] | null = null): void {
    if (wanted !== null) kinds.value = wanted;
    started.value = null;
    isOpen.value = true;
  }
  function toggle(kind: ExportKind): void {
    kinds.value = kinds.value.includes(kind)
      ? kinds.value.filter((each) => each !== kind)
      : exportKinds.filter((each) => each === kind || kinds.value.includes(each));
  }
  /** Thousands of pictures cannot be downloaded file by file. */
  const isForFolderOnly = computed(() => kinds.value.includes('coco'));
  async function make(): Promise<void> {
    const next = await jobs.start('exports', 'make', {
      project: project.required(),
      kinds: [...kinds.value],
      options: { ...options.value },
    });
    if (next !== undefined) started.value = next.job;
  }
  /** Into a folder the person chooses; the page knows only its name. */
  async function writeToFolder(title: string): Promise<void> {
    const wanted = [...kinds.value];
    isOpen.value = false;
    const chosen = await openFileBrowser({ mode: 'folder', title });
    isOpen.value = true;
    const folder = chosen?.[0];
    if (folder === undefined) return;
    folderName.value = folder.name;
    const next = await jobs.start('exports', 'export', {
      project: project.required(),
      kinds: wanted,
      options: { ...options.value },
      out: folder.reference,
    });
    if (next !== undefined) started.value = next.job;
  }
  function address(of: string, name: string): string {
    return `/exports/${encodeURIComponent(project.required())}/${encodeURIComponent(of)}/${encodeURIComponent(name)}`;
  }

  const shownEarlier = shallowRef<string | null>(null);

  return {
    isOpen,
    kinds,
    options,
    isForFolderOnly,
    preview,
    earlier,
    shownEarlier,
    isBusy,
    running,
    made,
    written,
    failure,
    folderName,
    open,
    toggle,
    make,
    writeToFolder,
    address,
  };
});
