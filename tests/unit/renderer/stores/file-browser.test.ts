// @vitest-environment happy-dom
/** One question for files at a time, answered once: by the page's own browser, or by the system's dialog in the desktop app. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openFileBrowser, useFileBrowser, type FileQuestion } from '../../../../renderer/stores/file-browser.ts';

const shell = vi.hoisted(() => ({ chooseFiles: null as null | ((question: unknown) => Promise<unknown>) }));
vi.mock('../../../../renderer/client/shell.ts', () => ({
  desktopShell: () => (shell.chooseFiles === null ? null : shell),
}));

const question: FileQuestion = { mode: 'folder', title: 'Where' };
const file = { reference: { id: 'x' }, name: 'x' };

describe('the question for files', () => {
  beforeEach(() => setActivePinia(createPinia()));
  afterEach(() => (shell.chooseFiles = null));

  it('is shown until it is answered, and answered with what was chosen', async () => {
    const browser = useFileBrowser();
    const answer = openFileBrowser(question);
    expect(browser.question).toEqual(question);
    browser.finish([file]);
    expect(browser.question).toBeNull();
    expect(await answer).toEqual([file]);
  });

  it('is answered with null when the person gives up or another question comes', async () => {
    const browser = useFileBrowser();
    const first = browser.ask(question);
    const second = browser.ask({ mode: 'project' });
    expect(await first).toBeNull();
    expect(browser.question).toEqual({ mode: 'project' });
    browser.finish(null);
    expect(await second).toBeNull();
  });

  it('is answered once only', async () => {
    const browser = useFileBrowser();
    const answer = browser.ask(question);
    browser.finish([file]);
    browser.finish(null);
    expect(await answer).toEqual([file]);
  });

  it("is the system's in the desktop app, which gets a plain object", async () => {
    const asked: unknown[] = [];
    shell.chooseFiles = async (given) => {
      asked.push(structuredClone(given));
      return [file];
    };
    expect(await openFileBrowser(question)).toEqual([file]);
    expect(asked).toEqual([question]);
    expect(useFileBrowser().question).toBeNull();
  });
});
