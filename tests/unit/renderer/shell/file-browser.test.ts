// @vitest-environment happy-dom
/** The page's own file browser at the keyboard: several files at once, typing to find, trying again. */
import type { VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileEntry } from '#common/contract/files.ts';
import { TrefoilError } from '#common/errors.ts';
import FileBrowser from '../../../../renderer/shell/FileBrowser.vue';
import { useFileBrowser, type ChosenFile } from '../../../../renderer/stores/file-browser.ts';
import { mountOnPage } from '../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../stores/fake-core.ts';

const entry = (name: string, kind: FileEntry['kind']): FileEntry => ({
  id: `id ${name}`,
  name,
  kind,
  isProject: false,
  byteLength: 1,
  modifiedAt: '2026-01-01T00:00:00.000Z',
});
const folders = [entry('studies', 'folder')];
const slides = ['a.svs', 'b.svs', 'c.svs', 'd.svs'].map((name) => entry(name, 'slide'));

describe('the file browser', () => {
  let core: FakeCore;
  let browser: VueWrapper;
  let entries: FileEntry[];
  let leftOut: number;
  let failure: TrefoilError | null;
  let answer: Promise<readonly ChosenFile[] | null>;
  const asked: { folder: string; match?: string; kinds?: string[] }[] = [];

  const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role="option"]')];
  const chosen = (): string[] =>
    rows()
      .filter((row) => row.ariaSelected === 'true' || row.getAttribute('aria-selected') === 'true')
      .map((row) => row.querySelector('.name')?.textContent ?? '');
  const list = (): HTMLElement => document.querySelector<HTMLElement>('[role="listbox"]')!;
  async function press(key: string, modifiers: KeyboardEventInit = {}, on: HTMLElement = list()): Promise<void> {
    on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...modifiers }));
    await settle();
  }
  const names = async (): Promise<string[] | undefined> => (await answer)?.map(({ name }) => name);

  beforeEach(async () => {
    setActivePinia(createPinia());
    entries = [...folders, ...slides];
    leftOut = 0;
    failure = null;
    asked.length = 0;
    core = await connectFakeCore({
      'files.roots': () => [{ id: 'root', name: 'Slides' }],
      'files.list': (input: { folder: string; match?: string; kinds?: string[] }) => {
        asked.push(input);
        if (failure !== null) throw failure;
        const match = input.match ?? '';
        return {
          trail: [{ id: 'root', name: 'Slides' }],
          entries: entries.filter(({ name }) => name.includes(match)),
          leftOut,
        };
      },
      'app.setSettings': () => ({}),
    });
    const question = { mode: 'files', kinds: ['slide', 'image'], isMultiple: true } as const;
    answer = useFileBrowser().ask(question);
    browser = mountOnPage(FileBrowser, { question });
    await settle();
  });
  afterEach(() => {
    browser.unmount();
    core.stop();
  });

  it('gives all chosen files on Enter, not only the one with the focus', async () => {
    await press('a', { ctrlKey: true });
    await press('ArrowDown');
    await press('Enter');
    expect(await names()).toEqual(['a.svs', 'b.svs', 'c.svs', 'd.svs']);
  });

  it('gives the file with the focus on Enter when another one alone is chosen', async () => {
    rows()[1]!.click();
    await press('ArrowDown');
    await press('Enter');
    expect(await names()).toEqual(['b.svs']);
  });

  it('opens a folder on Enter although files are chosen', async () => {
    await press('a', { ctrlKey: true });
    await press('Enter');
    expect(asked.at(-1)).toMatchObject({ folder: 'id studies' });
  });

  it('extends the choice with Shift and arrows, and shortens it again', async () => {
    await press('ArrowDown');
    await press('ArrowDown', { shiftKey: true });
    await press('ArrowDown', { shiftKey: true });
    expect(chosen()).toEqual(['a.svs', 'b.svs', 'c.svs']);
    await press('ArrowUp', { shiftKey: true });
    expect(chosen()).toEqual(['a.svs', 'b.svs']);
    await press('End', { shiftKey: true });
    expect(chosen()).toEqual(['a.svs', 'b.svs', 'c.svs', 'd.svs']);
  });

  it('narrows the list by typing in it, on the side of the core, and widens it with Backspace', async () => {
    await press('c');
    await press('.');
    expect(asked.at(-1)).toEqual({ folder: 'root', match: 'c.', kinds: ['slide', 'image'] });
    expect(rows()).toHaveLength(1);
    await press('Backspace');
    await press('Backspace');
    expect(rows()).toHaveLength(5);
  });

  it('keeps what was chosen before the list was narrowed', async () => {
    rows()[1]!.click();
    await press('c');
    await press('.');
    await press(' ');
    await press('Backspace');
    await press('Backspace');
    await press('d');
    await press('.');
    await press('Enter');
    expect(await names()).toEqual(['a.svs', 'c.svs', 'd.svs']);
  });

  it('goes from the filter into the list by an arrow, and takes the first by Enter', async () => {
    const filter = document.querySelector<HTMLElement>('input[type="search"]')!;
    filter.focus();
    await press('ArrowDown', {}, filter);
    expect(document.activeElement).toBe(list());
    await press('b');
    await press('.');
    await press('Enter', {}, filter);
    expect(await names()).toEqual(['b.svs']);
  });

  it('says how many are listed of how many, and how to find the others', async () => {
    entries = Array.from({ length: 500 }, (_, index) => entry(`${index}.svs`, 'slide'));
    leftOut = 1000;
    await press('s');
    expect(rows()).toHaveLength(400);
    expect(document.querySelector('[role="dialog"]')?.textContent).toContain('The first 400 of 1,500 are listed.');
  });

  it('says when nothing is called what was typed', async () => {
    await press('ü');
    expect(list().textContent).toContain('Nothing here has “ü” in its name.');
  });

  it('tries again where a folder could not be read', async () => {
    failure = new TrefoilError('file-unreadable', 'The folder cannot be read.', 'Check that it is there.');
    await press('x');
    const alert = document.querySelector('[role="alert"]')!;
    expect(alert.textContent).toContain('The folder cannot be read.');
    failure = null;
    entries = [...entries, entry('x.svs', 'slide')];
    alert.querySelector('button')!.click();
    await settle();
    expect(document.querySelector('[role="alert"]')).toBeNull();
    expect(rows().map((row) => row.querySelector('.name')?.textContent)).toEqual(['x.svs']);
  });
});
