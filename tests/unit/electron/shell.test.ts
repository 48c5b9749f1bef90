import type Electron from 'electron';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createShellHost, type ShellHost } from '#main/server/shell-host.ts';
import { serveConnection } from '#main/server/connection.ts';
import type { CoreEvent } from '#common/contract/events.ts';
import type { Services } from '#common/contract/contract.ts';
import { connectClient } from '#common/contract/client.ts';
import { portChannel, type MessagePortLike } from '#common/contract/port-channel.ts';
import type { FakePort } from '../../electron-double/electron.ts';
import { createElectronDouble, FakeWindow, type ElectronDouble } from '../../electron-double/electron.ts';
import { FakeChild } from '../../electron-double/child.ts';
import { channels } from '#common/contract/shell-channels.ts';
import { projectArgument, startShell } from '../../../electron/shell.ts';

const pageFolder = mkdtempSync(join(tmpdir(), 'trefoil-page-'));
writeFileSync(join(pageFolder, 'index.html'), '<title>page</title>');

let double: ElectronDouble;
let children: FakeChild[];
let lines: string[];
let stored: string | null;
let keptUpdates: string | null;
let feeds: unknown[];
let listeners: Set<(event: CoreEvent) => void>;
let allowed: string[];
const ours = { senderFrame: { parent: null, url: 'app://trefoil/' } };
const job = {
  job: 'j',
  service: 'runs',
  call: 'pretrain',
  title: 'Pretraining',
  project: 'p',
  status: 'running',
  startedAt: '2026-01-01',
  finishedAt: null,
  stage: '',
  note: '',
  done: 1,
  total: 4,
  fraction: 0.25,
  ratePerSecond: null,
  secondsLeft: null,
  messages: [],
  error: null,
  result: null,
} as const;

function start(settings: { isFirst?: boolean; argv?: string[] } = {}): void {
  double = createElectronDouble(settings);
  startShell({
    electron: double.electron,
    spawnCore: () => {
      const child = new FakeChild(children.length + 1);
      children.push(child);
      const host: ShellHost = createShellHost({
        line: {
          send: (message, sent) => {
            child.say(message);
            sent();
          },
        },
        onChannel: (channel) =>
          serveConnection(channel, {
            services: { jobs: { list: async () => [] }, projects: { list: async () => [] } } as unknown as Services,
            version: 'core',
            resolveFile: () => '',
            subscribe: (listener) => {
              listeners.add(listener);
              return () => listeners.delete(listener);
            },
            logDefect: () => undefined,
          }),
        allow: (paths) =>
          paths.map(({ path }) => {
            allowed.push(path);
            return `id:${path}`;
          }),
        quit: () => child.exit(0),
        logDefect: () => undefined,
      });
      child.onHeard = (message) => host.receive(message);
      queueMicrotask(() => child.say({ type: 'ready', version: 'core', socket: '/nowhere', token: 't' }));
      return child.asChild();
    },
    pageFolder,
    preload: '/app/preload.cjs',
    log: { write: (line) => lines.push(line), tail: () => lines.join('\n') },
    memory: { read: () => stored, write: (text) => (stored = text) },
    updates: {
      memory: { read: () => keptUpdates, write: (text) => (keptUpdates = text) },
      open: (feed) => {
        feeds.push(feed);
        return { checkForUpdates: async () => null, downloadUpdate: async () => undefined };
      },
    },
    argv: settings.argv ?? ['trefoil'],
    platform: 'linux',
  });
}
const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i += 1) await new Promise((done) => setImmediate(done));
};
const window = (): FakeWindow => FakeWindow.all.at(-1)!;
const tell = (event: CoreEvent): void => listeners.forEach((listener) => listener(event));

/** As the page does when it starts. */
const connect = async (): Promise<FakePort> => {
  double.ipc.emit(channels.connect, { ...ours, sender: window().webContents });
  await settle();
  return window().webContents.ports.at(-1)!;
};

beforeEach(() => {
  children = [];
  lines = [];
  stored = null;
  keptUpdates = null;
  feeds = [];
  listeners = new Set();
  allowed = [];
});

describe('at the start', () => {
  test('a second Trefoil leaves at once and starts no core', async () => {
    start({ isFirst: false });
    await settle();
    expect([double.app.quits, children.length, FakeWindow.all.length]).toEqual([1, 0, 0]);
  });

  test('one window opens on the page, sandboxed, and is shown when it can be', async () => {
    start();
    await settle();
    expect(double.isSandboxed).toBe(true);
    expect(double.schemes[0]).toMatchObject({ scheme: 'app', privileges: { standard: true, secure: true } });
    expect(window().loaded).toEqual(['app://trefoil/']);
    expect(window().options.webPreferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      webSecurity: true,
    });
    expect(window().isShown).toBe(false);
    window().emit('ready-to-show');
    expect(window().isShown).toBe(true);
  });

  test('the page is answered by the protocol', async () => {
    start();
    await settle();
    const response = await double.protocolHandler!(new Request('app://trefoil/'));
    expect(await response.text()).toBe('<title>page</title>');
  });

  test('a project named as an argument is given to the page as an id', async () => {
    start({ argv: ['trefoil', '--flag', '/data/my project'] });
    await settle();
    // Not before there is a page to hear it.
    expect(allowed).toEqual([]);
    await connect();
    expect(allowed).toEqual(['/data/my project']);
    expect(window().webContents.sent).toContainEqual([channels.openProject, 'id:/data/my project']);
    expect(double.app.recent).toEqual(['/data/my project']);
  });
});

describe('a second start', () => {
  test('brings the window to the front and opens its project in it', async () => {
    start();
    await settle();
    await connect();
    window().isMinimised = true;
    double.app.emit('second-instance', {}, ['trefoil', 'other'], '/data');
    await settle();
    expect([FakeWindow.all.length, window().isMinimised]).toEqual([1, false]);
    expect(window().webContents.sent).toContainEqual([channels.openProject, 'id:/data/other']);
  });
  test.each(['project.trefoil', 'project.sqlite'])('an opened %s means its folder', async (name) => {
    start();
    await settle();
    await connect();
    double.app.emit('open-file', { preventDefault: () => undefined }, `/data/p/${name}`);
    await settle();
    expect(allowed).toEqual(['/data/p']);
  });
  test('waits for the page while it is loaded again', async () => {
    start();
    await settle();
    await connect();
    window().webContents.emit('did-navigate');
    double.app.emit('second-instance', {}, ['trefoil', '/data/other'], '/');
    await settle();
    expect(allowed).toEqual([]);
    await connect();
    expect(window().webContents.sent).toContainEqual([channels.openProject, 'id:/data/other']);
  });
});

describe('the page', () => {
  test('speaks the contract with the core through its MessagePort', async () => {
    start();
    await settle();
    const port = await connect();
    const client = await connectClient(portChannel(eventPort(port)));
    expect([client.version, await client.projects.list({})]).toEqual(['core', []]);
  });

  test('hears that the line ended when the core dies, and gets another', async () => {
    start();
    await settle();
    const client = await connectClient(portChannel(eventPort(await connect())));
    children[0]!.exit(null, 'SIGKILL');
    await client.closed;
    await vi.waitFor(() => expect(children).toHaveLength(2));
    await settle();
    const again = await connectClient(portChannel(eventPort(await connect())));
    expect(again.version).toBe('core');
  });

  test('in another frame or from elsewhere gets nothing', async () => {
    start();
    await settle();
    for (const senderFrame of [
      null,
      { parent: {}, url: 'app://trefoil/' },
      { parent: null, url: 'https://trefoil/' },
    ]) {
      double.ipc.emit(channels.connect, { senderFrame, sender: window().webContents });
    }
    await settle();
    expect(window().webContents.ports).toEqual([]);
    expect(lines.filter((line) => line.startsWith('security:'))).toHaveLength(3);
  });

  test('that crashes is loaded again', async () => {
    start();
    await settle();
    window().webContents.emit('render-process-gone', {}, { reason: 'crashed' });
    expect(window().webContents.reloads).toBe(1);
  });

  test('that crashes again and again is given up, with a page that says so', async () => {
    start();
    await settle();
    for (let crash = 0; crash < 4; crash += 1) window().webContents.emit('render-process-gone', {}, { reason: 'oom' });
    expect([window().webContents.reloads, window().loaded.at(-1)]).toEqual([3, 'app://trefoil/crash']);
    const text = await (await double.protocolHandler!(new Request('app://trefoil/crash'))).text();
    expect(text).toContain('page has stopped');
    expect(text).toContain('oom');
  });
});

describe('while something runs', () => {
  const running = async (): Promise<void> => {
    start();
    await settle();
    tell({ type: 'job-changed', job: { ...job, messages: [] } });
    await settle();
  };

  test('the task bar shows how far it is, and the machine stays awake while it trains', async () => {
    await running();
    expect([window().progress.at(-1), double.awake.size]).toEqual([0.25, 1]);
    tell({ type: 'job-changed', job: { ...job, messages: [], status: 'finished' } });
    await settle();
    expect([window().progress.at(-1), double.awake.size]).toEqual([-1, 0]);
  });

  test('closing the window asks; staying keeps it open', async () => {
    await running();
    double.answers.push(2);
    window().close();
    expect(double.asked[0]?.message).toContain('Pretraining');
    expect(children[0]!.connected).toBe(true);
    expect(double.app.quits).toBe(0);
  });

  test('going on in the background closes the window and keeps the core', async () => {
    await running();
    double.answers.push(0);
    window().close();
    double.app.emit('window-all-closed');
    await settle();
    expect([double.app.quits, children[0]!.connected]).toEqual([0, true]);
    double.app.emit('activate');
    expect(FakeWindow.all).toHaveLength(2);
  });

  test('in the background the app ends with the work, but not while the window is open again', async () => {
    for (const isOpenedAgain of [true, false]) {
      await running();
      double.answers.push(0);
      window().close();
      double.app.emit('window-all-closed');
      if (isOpenedAgain) double.app.emit('activate');
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      tell({ type: 'job-changed', job: { ...job, messages: [], status: 'finished' } });
      await settle();
      await vi.advanceTimersByTimeAsync(1500);
      vi.useRealTimers();
      expect(double.app.quits).toBe(isOpenedAgain ? 0 : 1);
    }
  });

  test('quitting waits for the core to write its checkpoint', async () => {
    await running();
    double.answers.push(1);
    const event = { preventDefault: vi.fn() };
    double.app.emit('before-quit', event);
    expect(event.preventDefault).toHaveBeenCalled();
    await settle();
    expect([children[0]!.connected, double.app.quits]).toEqual([false, 1]);
    // The second time nothing stands in the way.
    const second = { preventDefault: vi.fn() };
    double.app.emit('before-quit', second);
    expect(second.preventDefault).not.toHaveBeenCalled();
  });
});

test('the place of the window is kept', async () => {
  start();
  await settle();
  window().close();
  expect(JSON.parse(stored!)).toEqual({ x: 10, y: 20, width: 1200, height: 800, isMaximised: false });
  start();
  await settle();
  expect(window().options).toMatchObject({ x: 10, y: 20, width: 1200, height: 800 });
});

test('a core that cannot be kept running leads to a page with the log and a way to start it again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  start();
  await settle();
  for (let death = 0; death < 5; death += 1) {
    children.at(-1)!.exit(1);
    await vi.advanceTimersByTimeAsync(6000);
    await settle();
  }
  vi.useRealTimers();
  expect(window().loaded.at(-1)).toBe('app://trefoil/crash');
  const text = await (await double.protocolHandler!(new Request('app://trefoil/crash'))).text();
  expect(text).toContain('it ended with code 1');
  expect(text).not.toContain('<script');
  const before = children.length;
  await double.protocolHandler!(new Request('app://trefoil/restart-core'));
  expect(children.length).toBe(before + 1);
});

test('the menu has the commands of the page and sends them back', async () => {
  start();
  await settle();
  double.ipc.emit(channels.setCommands, ours, [
    { id: 'go.map', title: 'Map', group: 'Go to', key: 'Alt+6', isEnabled: true },
  ]);
  const group = double.menus.at(-1)!.find(({ label }) => label === 'Go to');
  const item = (group?.submenu as Electron.MenuItemConstructorOptions[])[0]!;
  expect(item).toMatchObject({ label: 'Map', accelerator: 'Alt+6', registerAccelerator: false, enabled: true });
  (item.click as () => void)();
  expect(window().webContents.sent).toContainEqual([channels.command, 'go.map']);
});

test.each([
  [['trefoil'], true, null],
  [['trefoil', '--inspect', '/p'], true, '/p'],
  [['electron', '.', '/p'], false, '/p'],
  [['electron', '.'], false, null],
  [['electron', '--inspect=0', 'dist/main.cjs', '/p'], false, '/p'],
  [['electron', '--inspect=0', 'dist/main.cjs'], false, null],
] as const)('of the arguments %o (packed: %s) the project is %s', (argv, isPackaged, expected) => {
  expect(projectArgument([...argv], isPackaged)).toBe(expected);
});

/** The page's own port is an event target. */
function eventPort(port: FakePort): MessagePortLike {
  return {
    postMessage: (message) => port.postMessage(message),
    close: () => port.close(),
    addEventListener: ((type: string, listener: (event: unknown) => void) =>
      void port.on(type, (event: unknown) => listener(event))) as MessagePortLike['addEventListener'],
  };
}

test('newer versions are looked for at the start only where a person said so', async () => {
  start();
  await settle();
  expect(feeds).toEqual([]);
  keptUpdates = JSON.stringify({ feed: { kind: 'address', address: 'https://example.org/' }, checksAtStart: true });
  start();
  await settle();
  expect(feeds).toEqual([{ kind: 'address', address: 'https://example.org/' }]);
});
