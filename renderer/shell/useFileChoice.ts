/**
 * Which of the listed files are chosen and which one has the focus, by mouse and keyboard as in a file manager. What is listed
 * is useFolder.ts's, what a click chooses file-choice.ts's.
 */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue';
import type { FileEntry } from '#common/contract/files.ts';
import type { FileQuestion } from '../stores/file-browser.ts';
import { chooseRange, isShown, taken } from './file-choice.ts';

type Modifiers = Pick<MouseEvent, 'shiftKey' | 'ctrlKey' | 'metaKey'>;

export interface FileChoice {
  readonly isMultiple: boolean;
  /** Entries the question is about. */
  readonly all: ComputedRef<readonly FileEntry[]>;
  /** Rows on the page. */
  readonly shown: ComputedRef<readonly FileEntry[]>;
  readonly chosen: ShallowRef<ReadonlySet<string>>;
  /** Row with the focus. */
  readonly at: Ref<number>;
  /** What is listed has changed; in another folder nothing is chosen. */
  listed(isNew: boolean): void;
  choose(index: number, event: Modifiers): void;
  chooseAll(): void;
  /** Enter or a double click on a file. */
  take(entry: FileEntry): void;
  /** With Shift everything from where it was begun is chosen. */
  move(by: number, event: Modifiers): void;
  /** Also those another filter hides now. */
  chosenEntries(): readonly FileEntry[];
}

/** What the core found beyond these is counted. */
export const shownRows = 400;

export function useFileChoice(question: FileQuestion, entries: () => readonly FileEntry[]): FileChoice {
  const kinds = question.mode === 'files' ? question.kinds : [];
  const isMultiple = question.mode === 'files' && question.isMultiple;
  const chosen = shallowRef<ReadonlySet<string>>(new Set());
  /** Of this folder, so that a choice outlives another filter. */
  const seen = new Map<string, FileEntry>();
  const at = ref(0);
  /** Where a range starts. */
  const anchor = ref(0);
  const all = computed(() => entries().filter((entry) => isShown(entry, question.mode, kinds)));
  const shown = computed(() => all.value.slice(0, shownRows));

  function listed(isNew: boolean): void {
    if (isNew) {
      chosen.value = new Set();
      seen.clear();
    }
    for (const entry of entries()) seen.set(entry.id, entry);
    at.value = 0;
    anchor.value = 0;
  }

  function choose(index: number, event: Modifiers): void {
    const entry = shown.value[index];
    if (entry === undefined) return;
    at.value = index;
    const isRange = event.shiftKey && isMultiple;
    const isChoosable =
      question.mode === 'project' ? entry.isProject : question.mode === 'files' && entry.kind !== 'folder';
    if (!isChoosable && !isRange) return;
    chosen.value = chooseRange(shown.value, chosen.value, {
      index,
      anchor: anchor.value,
      isMultiple,
      shift: event.shiftKey,
      ctrl: event.ctrlKey || event.metaKey,
    });
    if (!event.shiftKey) anchor.value = index;
  }

  function move(by: number, event: Modifiers): void {
    const next = Math.max(0, Math.min(shown.value.length - 1, at.value + by));
    if (event.shiftKey && isMultiple) choose(next, event);
    else anchor.value = next;
    at.value = next;
  }

  return {
    isMultiple,
    all,
    shown,
    chosen,
    at,
    listed,
    choose,
    chooseAll: () => {
      if (isMultiple) chosen.value = new Set(all.value.filter(({ kind }) => kind !== 'folder').map(({ id }) => id));
    },
    take: (entry) => (chosen.value = taken(entry, chosen.value, all.value)),
    move,
    chosenEntries: () => [...seen.values()].filter(({ id }) => chosen.value.has(id)),
  };
}
