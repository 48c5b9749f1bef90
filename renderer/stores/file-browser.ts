/**
 * Asks a person for files or folders of the machine the core runs on. The one way to do so: the page's own browser over
 * files.list in `serve`, the system's dialogs in the desktop app. The answer is ids, never paths; null when they gave up.
 */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { ChosenFile, FileQuestion } from '#common/contract/shell-bridge.ts';
import { desktopShell } from '../client/shell.ts';

export type { ChosenFile, FileQuestion };

export const useFileBrowser = defineStore('fileBrowser', () => {
  const question = shallowRef<FileQuestion | null>(null);
  let answer: ((files: readonly ChosenFile[] | null) => void) | null = null;

  function ask(next: FileQuestion): Promise<readonly ChosenFile[] | null> {
    finish(null);
    question.value = next;
    return new Promise((done) => (answer = done));
  }
  function finish(files: readonly ChosenFile[] | null): void {
    const done = answer;
    answer = null;
    question.value = null;
    done?.(files);
  }
  return { question, ask, finish };
});

/** The names with the ids; null when the person gave up. */
export function openFileBrowser(question: FileQuestion): Promise<readonly ChosenFile[] | null> {
  // A plain object: what the page's reactivity wraps cannot cross to the shell.
  return desktopShell()?.chooseFiles({ ...question }) ?? useFileBrowser().ask(question);
}
