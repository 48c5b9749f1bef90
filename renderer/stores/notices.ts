/** Short messages at the edge of the window: what was done (with undo where it can be undone) and what failed (with what to do). */
import { computed, ref, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
  /** What to do next; for errors. */
  readonly hint: string;
  readonly code: string;
  /** One a line, e.g. each file that was left out. */
  readonly items: readonly string[];
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

/** Errors stay until they are closed; the rest goes away by itself. */
const doneMs = 6000;
const most = 4;

export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([]);
  const places = shallowRef<readonly HTMLElement[]>([]);
  let nextId = 1;

  function add(notice: Omit<Notice, 'id'>): number {
    const id = nextId++;
    const rest = notices.value.filter(({ text, kind }) => text !== notice.text || kind !== notice.kind);
    notices.value = [...rest, { ...notice, id }].slice(-most);
    return id;
  }

  function done(text: string, action: Notice['action'] = null): void {
    const id = add({ kind: 'done', text, hint: '', code: '', items: [], action });
    setTimeout(() => close(id), doneMs);
  }

  /** A cancelled call is what the person wanted and says nothing. */
  function failed(error: unknown): ErrorReport {
    const report = toErrorReport(error);
    if (report.code !== 'cancelled') {
      add({ kind: 'error', text: report.message, hint: report.hint, code: report.code, items: [], action: null });
    }
    return report;
  }

  /** Part of a job was left out: each by name with its reason and next step. Stays until it is closed. */
  function refused(text: string, left: readonly { readonly name: string; readonly error: ErrorReport }[]): void {
    const items = left.map(
      ({ name, error }) => `${error.message.includes(name) ? '' : `${name}: `}${error.message} ${error.hint}`,
    );
    add({ kind: 'error', text, hint: '', code: left[0]?.error.code ?? '', items, action: null });
  }

  /**
   * Where an open window wants them: beside its content, for they would cover its buttons, and nothing outside it can be
   * reached. Returns the function that takes the place away again.
   */
  function offerPlace(element: HTMLElement): () => void {
    places.value = [...places.value, element];
    return () => {
      places.value = places.value.filter((each) => each !== element);
    };
  }

  function close(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id);
  }

  /** Runs an act of the person; a failure is shown and answered with undefined. */
  async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  return {
    notices,
    /** null: the edge of the window. */
    place: computed(() => places.value.at(-1) ?? null),
    done,
    failed,
    refused,
    offerPlace,
    close,
    attempt,
  };
});
