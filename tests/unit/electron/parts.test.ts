import type { Dialog } from 'electron';
import { describe, expect, test } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import { createElectronDouble } from '../../electron-double/electron.ts';
import { channels } from '#common/contract/shell-channels.ts';
import { corePaths } from '../../../electron/core-paths.ts';
import { crashPage } from '../../../electron/crash-page.ts';
import { askForFiles, chosenFiles, dialogOptions } from '../../../electron/dialogs.ts';
import { answerPage } from '../../../electron/ipc.ts';
import { JobWatch } from '../../../electron/job-watch.ts';
import { accelerator, menuTemplate } from '../../../electron/menu.ts';
import { quitChoice, quitQuestion } from '../../../electron/quit.ts';
import { restoreState, windowOptions } from '../../../electron/windows.ts';

const allow = async (paths: readonly { path: string; isFolder: boolean }[]): Promise<string[]> =>
  paths.map(({ path, isFolder }) => `${isFolder ? 'folder' : 'file'}:${path}`);

describe('dialogs', () => {
  const dialog = (open: object, save: object = {}): Pick<Dialog, 'showOpenDialog' | 'showSaveDialog'> =>
    ({ showOpenDialog: async () => open, showSaveDialog: async () => save }) as never;

  test('give ids and names, never paths', async () => {
    const question = { mode: 'files', kinds: ['slide'], isMultiple: true } as const;
    const chosen = await askForFiles(
      dialog({ canceled: false, filePaths: ['/a b/Müller.svs', '/c/d.svs'] }),
      question,
      allow,
    );
    expect(chosen).toEqual([
      { reference: { id: 'file:/a b/Müller.svs' }, name: 'Müller.svs' },
      { reference: { id: 'file:/c/d.svs' }, name: 'd.svs' },
    ]);
  });
  test('let folders be written in', async () => {
    const chosen = await askForFiles(dialog({ canceled: false, filePaths: ['/out'] }), { mode: 'folder' }, allow);
    expect(chosen).toEqual([{ reference: { id: 'folder:/out' }, name: 'out' }]);
    const made = await askForFiles(
      dialog({}, { canceled: false, filePath: '/data/New project' }),
      { mode: 'new', suggestedName: 'New project' },
      allow,
    );
    expect(made).toEqual([{ reference: { folder: 'folder:/data', name: 'New project' }, name: 'New project' }]);
  });
  test('answer null when given up, and when the core went away', async () => {
    const question = { mode: 'files', kinds: ['csv'], isMultiple: false } as const;
    expect(await askForFiles(dialog({ canceled: true, filePaths: [] }), question, allow)).toBeNull();
    expect(
      await askForFiles(
        dialog({ canceled: false, filePaths: ['/x'] }),
        { mode: 'new', suggestedName: 'n' },
        allow,
      ).catch(() => null),
    ).toBeNull();
    expect(await chosenFiles(['/x.svs'], async () => null, false)).toEqual([]);
  });
  test('offer the files that fit', () => {
    expect(dialogOptions({ mode: 'files', kinds: ['csv', 'geojson'], isMultiple: false, title: 'T' })).toEqual({
      title: 'T',
      properties: ['openFile'],
      filters: [{ name: 'T', extensions: ['csv', 'geojson', 'json', 'gz'] }],
    });
    expect(dialogOptions({ mode: 'project' }).properties).toContain('openDirectory');
  });
});

describe('questions of the page', () => {
  const asked: unknown[] = [];
  const lines: string[] = [];
  const double = createElectronDouble();
  answerPage(
    double.electron.ipcMain,
    {
      connect: () => asked.push('connect'),
      chooseFiles: async (question) => (asked.push(question), null),
      allowDropped: async (paths) => (asked.push(paths), []),
      setCommands: (commands) => asked.push(commands),
      updates: async (request) => (
        asked.push(request),
        { feed: null, checksAtStart: false, outcome: null, version: null }
      ),
    },
    (line) => lines.push(line),
  );
  const ours = { senderFrame: { parent: null, url: 'app://trefoil/' } };
  const ask = (channel: string, value: unknown, event: object = ours): unknown =>
    double.ipc.handlers.get(channel)?.(event, value);

  test('that fit are answered', async () => {
    await ask(channels.allowDropped, ['/a.svs']);
    await ask(channels.chooseFiles, { mode: 'folder' });
    double.ipc.emit(channels.setCommands, ours, []);
    expect(asked).toEqual([['/a.svs'], { mode: 'folder' }, []]);
  });
  test.each([
    [channels.chooseFiles, { mode: 'everything' }],
    [channels.chooseFiles, 'x'],
    [channels.updates, { type: 'install' }],
    [channels.updates, { type: 'use-address', address: 1 }],
    [channels.allowDropped, ['']],
    [channels.allowDropped, [{ path: '/x' }]],
    [channels.allowDropped, Array.from({ length: 10_001 }, () => '/x')],
  ])('that do not fit are refused: %s', (channel, value) => {
    const before = asked.length;
    expect(() => ask(channel, value)).toThrow('does not fit');
    double.ipc.emit(channels.setCommands, ours, [{ id: 1 }]);
    expect(asked).toHaveLength(before);
  });
  test('from elsewhere are refused', () => {
    for (const senderFrame of [
      null,
      { parent: null, url: 'https://example.org/' },
      { parent: {}, url: 'app://trefoil/' },
      { parent: null, url: 'app://trefoil/exports/p/e/report.html' },
      { parent: null, url: 'app://trefoil/crash' },
    ]) {
      expect(() => ask(channels.chooseFiles, { mode: 'folder' }, { senderFrame })).toThrow('may not ask');
    }
  });
});

describe('the menu', () => {
  test.each([
    ['Ctrl+Shift+Z', 'CommandOrControl+Shift+Z'],
    ['Alt+1', 'Alt+1'],
    ['F1', 'F1'],
    ['Ctrl+,', 'CommandOrControl+,'],
    ['x', null],
    ['?', null],
    ['Delete', null],
    ['', null],
  ])('shows the key %s as %s', (key, expected) => {
    expect(accelerator(key)).toBe(expected);
  });
  test('keeps copy and paste for text fields, on every system', () => {
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const roles = JSON.stringify(menuTemplate([], platform, () => undefined));
      for (const role of ['copy', 'paste', 'cut', 'selectAll']) expect(roles).toContain(`"role":"${role}"`);
      // Undo is the project's, not the text field's.
      expect(roles).not.toContain('"role":"undo"');
    }
  });
});

describe('the place of the window', () => {
  const display = { x: 0, y: 0, width: 1920, height: 1040 };
  const state = { x: 100, y: 50, width: 1200, height: 800, isMaximised: true };
  test('is taken up again when it is on a screen', () => {
    expect(restoreState(JSON.stringify(state), [display])).toEqual(state);
    expect(windowOptions(state, '/p', false)).toMatchObject({ x: 100, y: 50, width: 1200, height: 800, show: false });
  });
  test.each([
    [null],
    ['not json'],
    ['{}'],
    [JSON.stringify({ ...state, x: 5000 })],
    [JSON.stringify({ ...state, y: -500 })],
    [JSON.stringify({ ...state, width: 5 })],
  ])('is forgotten when it cannot be used: %s', (text) => {
    expect(restoreState(text, [display])).toBeNull();
  });
});

describe('signs of running jobs', () => {
  test('follow the newest job; only training keeps the machine awake', () => {
    const seen: string[] = [];
    const watch = new JobWatch({
      setProgress: (value) => seen.push(`p${value}`),
      stayAwake: (isOn) => seen.push(isOn ? 'awake' : 'sleep'),
    });
    const job = (id: string, service: string, fraction: number | null): JobState =>
      ({ job: id, service, status: 'running', startedAt: id, fraction }) as JobState;
    watch.reset([job('1', 'exports', 0.5)]);
    watch.changed(job('2', 'runs', null));
    watch.changed({ ...job('2', 'runs', 1), status: 'finished' });
    watch.changed({ ...job('1', 'exports', 1), status: 'failed' });
    expect(seen).toEqual(['p0.5', 'sleep', 'p2', 'awake', 'p0.5', 'sleep', 'p-1', 'sleep']);
    expect(watch.running).toEqual([]);
  });
  test('the question at the end names them, and closing it means to stay', () => {
    const question = quitQuestion([{ title: 'Pretraining' }, { title: 'Exporting' }]);
    expect(question.message).toBe('Still running: Pretraining, Exporting.');
    expect(question.buttons?.map((_label, index) => quitChoice(index))).toEqual(['background', 'stop', 'stay']);
    expect(quitChoice(question.cancelId!)).toBe('stay');
    expect(quitChoice(7)).toBe('stay');
  });
});

test('the crash page shows the log as text', () => {
  expect(crashPage({ what: 'core', reason: '<b>' }, 'line <script>alert(1)</script>')).toContain('line &lt;script&gt;');
});

test('the packed app runs the core with its own Node.js from its own folder', () => {
  expect(corePaths({ isPackaged: true, resources: '/app/resources', appFolder: '', platform: 'linux' })).toEqual({
    node: '/app/resources/core/runtime/node',
    entry: '/app/resources/core/main/entries/core.ts',
    page: '/app/resources/core/renderer/dist',
  });
  expect(corePaths({ isPackaged: true, resources: 'r', appFolder: '', platform: 'win32' }).node).toMatch(/node\.exe$/);
});
