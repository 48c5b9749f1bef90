/**
 * Asks a person for files or folders of the machine the core runs on. The one way to do so: the page's own browser over
 * files.list in `serve`, the system's dialogs in the desktop app. The answer is ids, never paths; null when they gave up.
 */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { FileReference } from '#common/contract/file-reference.ts';
import type { FileEntry } from '#common/contract/files.ts';

export type FileQuestion =
  | {
      readonly mode: 'files';
      readonly kinds: readonly FileEntry['kind'][];
      readonly isMultiple: boolean;
      readonly title?: string;
    }
  | { readonly mode: 'folder'; readonly title?: string }
  | { readonly mode: 'project'; readonly title?: string }
  /** A name that is yet to be made in a folder. */
  | { readonly mode: 'new'; readonly suggestedName: string; readonly title?: string };

export interface ChosenFile {
  readonly reference: FileReference;
  readonly name: string;
}

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
  return useFileBrowser().ask(question);
}
