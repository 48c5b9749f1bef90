/** Short messages at the edge of the window: what was done (with undo where it can be undone) and what failed (with what to do). */
import { ref } from 'vue';
import { defineStore } from 'pinia';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
  /** What to do next; for errors. */
  readonly hint: string;
  readonly code: string;
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

/** Errors stay until they are closed; the rest goes away by itself. */
const doneMs = 6000;
const most = 4;

export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([]);
  let nextId = 1;

  function add(notice: Omit<Notice, 'id'>): number {
    const id = nextId++;
    const rest = notices.value.filter(({ text, kind }) => text !== notice.text || kind !== notice.kind);
    notices.value = [...rest, { ...notice, id }].slice(-most);
    return id;
  }

  function done(text: string, action: Notice['action'] = null): void {
    const id = add({ kind: 'done', text, hint: '', code: '', action });
    setTimeout(() => close(id), doneMs);
  }

  /** A cancelled call is what the person wanted and says nothing. */
  function failed(error: unknown): ErrorReport {
    const report = toErrorReport(error);
    if (report.code !== 'cancelled') {
      add({ kind: 'error', text: report.message, hint: report.hint, code: report.code, action: null });
    }
    return report;
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

  return { notices, done, failed, close, attempt };
});
