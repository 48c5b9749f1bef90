/**
 * One folder of the core's machine at a time, as the file browser shows it: where it lies, what is in it, narrowed by a part of
 * the name on the core's side, so that a folder of any size can be searched. Which of it is chosen is the browser's.
 */
import {
  computed,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
  type WritableComputedRef,
} from 'vue';
import type { FileEntry } from '#common/contract/files.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import { useCore } from '../stores/core.ts';
import { useSettings } from '../stores/settings.ts';

interface NamedFolder {
  readonly id: string;
  readonly name: string;
}

export interface FolderView {
  readonly roots: ShallowRef<readonly NamedFolder[]>;
  /** From the allowed folder down to the one shown. */
  readonly trail: ShallowRef<readonly NamedFolder[]>;
  readonly folder: ComputedRef<NamedFolder | null>;
  readonly entries: ShallowRef<readonly FileEntry[]>;
  /** Entries that fit and that the core did not list. */
  readonly leftOut: Ref<number>;
  readonly error: ShallowRef<ErrorReport | null>;
  readonly isLoading: Ref<boolean>;
  /** Part of the name; writing it narrows the list. */
  readonly filter: WritableComputedRef<string>;
  open(id: string): Promise<void>;
  up(): void;
  /** Asks again for what could not be shown. */
  retry(): void;
}

/** `kinds` of files listed besides folders; `onList` is told of every answer, and whether it is of another folder. */
export function useFolder(kinds: readonly FileEntry['kind'][], onList: (isNew: boolean) => void): FolderView {
  const core = useCore();
  const settings = useSettings();
  const roots = shallowRef<readonly NamedFolder[]>([]);
  const trail = shallowRef<readonly NamedFolder[]>([]);
  const entries = shallowRef<readonly FileEntry[]>([]);
  const leftOut = ref(0);
  const error = shallowRef<ErrorReport | null>(null);
  const isLoading = ref(false);
  const typed = ref('');
  const filter = computed({
    get: () => typed.value,
    set: (text) => {
      typed.value = text;
      const here = folder.value;
      if (here !== null) void list(here.id, false);
    },
  });
  const folder = computed(() => trail.value.at(-1) ?? null);
  let wanted: string | null = null;
  let running: AbortController | null = null;

  /** Keys may come faster than answers: only what was asked for last is shown. */
  async function list(id: string, isNew: boolean): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    wanted = id;
    isLoading.value = true;
    error.value = null;
    try {
      const { signal } = mine;
      const answer = await core
        .services()
        .files.list({ folder: id, match: typed.value, kinds: [...kinds] }, { signal });
      if (running !== mine) return;
      trail.value = answer.trail;
      entries.value = answer.entries;
      leftOut.value = answer.leftOut;
      onList(isNew);
      if (isNew) settings.remember('files.folder', id);
    } catch (thrown) {
      if (running === mine) error.value = toErrorReport(thrown);
    }
    if (running === mine) isLoading.value = false;
  }

  async function open(id: string): Promise<void> {
    typed.value = '';
    await list(id, true);
  }

  function up(): void {
    const parent = trail.value.at(-2);
    if (parent === undefined) return;
    // At once, so that a second press goes one further up.
    trail.value = trail.value.slice(0, -1);
    void open(parent.id);
  }

  async function start(): Promise<void> {
    if (!core.isOpen) return;
    error.value = null;
    try {
      roots.value = await core.services().files.roots({});
    } catch (thrown) {
      error.value = toErrorReport(thrown);
      return;
    }
    const last = settings.remembered('files.folder');
    if (last !== null) {
      await open(last);
      if (error.value === null) return;
    }
    const first = roots.value[0];
    if (first !== undefined) await open(first.id);
  }

  function retry(): void {
    if (roots.value.length === 0 || wanted === null) void start();
    else void list(wanted, wanted !== folder.value?.id);
  }

  // Also when the dialog was opened before there was a line to the core, or lost it meanwhile.
  watch(
    () => core.generation,
    () => void start(),
    { immediate: true },
  );

  return { roots, trail, folder, entries, leftOut, error, isLoading, filter, open, up, retry };
}
