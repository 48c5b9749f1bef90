/**
 * The app in Electron: the same interface as in a browser, so that the same specs run in both. What only a browser can do (a
 * second window, another user's core) reports skipped when a spec asks for it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, expect, test, type BrowserContext, type Page } from '@playwright/test';
import { connectClient } from '#common/contract/client.ts';
import type { Channel } from '#common/contract/channel.ts';
import { channels } from '#common/contract/shell-channels.ts';
import type { AppDriver, LaunchOptions, Place, RunningApp } from './app-driver.ts';
import type { CoreLine } from './core-line.ts';
import type { FoundElectron } from './find-electron.ts';
import { enginesOf } from './processes.ts';

const shell = fileURLToPath(new URL('../../../electron/dist/main.cjs', import.meta.url));
const stopAndQuit = 1;

/** `watch` sees the windows before a spec does. */
export function electronDriver(electron: FoundElectron, watch: (context: BrowserContext) => Promise<void>): AppDriver {
  return { launch: (options) => launch(electron, watch, options) };
}

async function launch(
  { executable, isPackaged }: FoundElectron,
  watch: (context: BrowserContext) => Promise<void>,
  options: LaunchOptions,
): Promise<RunningApp> {
  test.skip(options.userId !== undefined, 'the desktop app has one user');
  mkdirSync(options.configurationFolder, { recursive: true });
  const gate = new Gate(options.configurationFolder);
  const app = await _electron.launch({
    executablePath: executable,
    args: [...(isPackaged ? [] : [shell]), ...(options.project === undefined ? [] : [options.project])],
    chromiumSandbox: true,
    locale: 'en-GB',
    colorScheme: 'dark',
    env: {
      ...plainEnvironment(),
      XDG_CONFIG_HOME: options.configurationFolder,
      TREFOIL_NODE: gate.node,
      ...options.environment,
    },
  });
  await watch(app.context());
  const logFile = await app.evaluate(({ app: parts, dialog, BrowserWindow }, answer) => {
    // Nobody is there to answer: running jobs are stopped when a spec ends.
    dialog.showMessageBoxSync = () => answer;
    BrowserWindow.getAllWindows()[0]?.setContentSize(1440, 900);
    return `${parts.getPath('logs')}/trefoil.log`;
  }, stopAndQuit);
  const page = await app.firstWindow();
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const starts = (): number[] => [...log().matchAll(/ core (\d+): ready$/gm)].map((match) => Number(match[1]));
  const coreProcess = (): number => starts().at(-1) ?? 0;
  await expect.poll(() => starts().length, { timeout: 30_000 }).toBeGreaterThan(0);
  if (options.project !== undefined) await goToPlace(page, options.place ?? 'slides');
  let lines = 0;

  return {
    page,
    newPage: () => {
      test.skip(true, 'the desktop app has one window');
      return Promise.resolve(page);
    },
    core: () => connectThrough(page, `trefoilLine${(lines += 1)}`),
    get coreProcess() {
      return coreProcess();
    },
    killCore: async () => {
      test.skip(isPackaged, "the packed app's core is started again at once, before a spec can look");
      gate.close();
      const gone = coreProcess();
      for (const process of [...enginesOf(gone), gone]) kill(process);
      await expect.poll(() => isAlive(gone)).toBe(false);
    },
    restartCore: async () => {
      const before = starts().length;
      gate.open();
      await expect.poll(() => starts().length, { timeout: 60_000 }).toBeGreaterThan(before);
    },
    coreLog: () =>
      log()
        .split('\n')
        .filter((line) => / core \d+: /.test(line))
        .join('\n'),
    close: async () => {
      gate.open();
      await app.close();
    },
  };
}

/** The shell starts its core again by itself; this holds the new one back until the spec has seen what it wants. */
class Gate {
  readonly node: string;
  private readonly closed: string;

  constructor(folder: string) {
    this.node = join(folder, 'node-behind-gate.sh');
    this.closed = join(folder, 'gate-is-closed');
    const lines = ['#!/bin/sh', `while [ -e '${this.closed}' ]; do sleep 0.1; done`, `exec '${process.execPath}' "$@"`];
    writeFileSync(this.node, `${lines.join('\n')}\n`, { mode: 0o755 });
  }

  close(): void {
    writeFileSync(this.closed, '');
  }

  open(): void {
    rmSync(this.closed, { force: true });
  }
}

/** The project comes by argument; its place by the page's own address. */
async function goToPlace(page: Page, place: Place): Promise<void> {
  await page.locator('nav [aria-current="page"]').waitFor();
  await page.evaluate((to) => {
    const [project = ''] = location.hash.replace(/^#\/?/, '').split('/');
    location.hash = `#/${project}/${to}`;
  }, place);
  await expect(page).toHaveURL(new RegExp(`/${place}(\\?|$)`));
}

interface PageWithLines {
  readonly trefoilShell: { connect(): void };
  trefoilLines?: Record<string, MessagePort>;
}

/** A second port of the window's, whose texts Playwright carries: the shell answers its own page only. */
async function connectThrough(page: Page, name: string): Promise<CoreLine> {
  // While the page itself is asking for a port, the two would take each other's.
  await expect(page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' })).toBeHidden();
  const messages: ((text: string) => void)[] = [];
  const closes: (() => void)[] = [];
  await page.exposeFunction(name, (text: string | null) => {
    if (text === null) for (const listener of closes.splice(0)) listener();
    else for (const listener of messages) listener(text);
  });
  await page.evaluate(
    ({ key, portName }) =>
      new Promise<void>((done) => {
        const own = globalThis as unknown as PageWithLines;
        const tell = (globalThis as unknown as Record<string, (text: string | null) => void>)[key];
        const take = (event: MessageEvent<unknown>): void => {
          const [port] = event.ports;
          if (event.data !== portName || port === undefined) return;
          removeEventListener('message', take);
          (own.trefoilLines ??= {})[key] = port;
          port.onmessage = ({ data }: MessageEvent<string | null>) => tell?.(data);
          done();
        };
        addEventListener('message', take);
        own.trefoilShell.connect();
      }),
    { key: name, portName: channels.port },
  );
  const post = (text: string | null): void =>
    void page
      .evaluate(({ key, data }) => (globalThis as unknown as PageWithLines).trefoilLines?.[key]?.postMessage(data), {
        key: name,
        data: text,
      })
      // The window is closed with its spec.
      .catch(() => undefined);
  const channel: Channel = {
    send: post,
    onMessage: (listener) => void messages.push(listener),
    onClose: (listener) => void closes.push(listener),
    close: () => {
      post(null);
      for (const listener of closes.splice(0)) listener();
    },
  };
  const client = await connectClient(channel);
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

/** The test runner's own loader must not get into the app; Playwright wants no gaps. */
function plainEnvironment(): Record<string, string> {
  const given = Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS');
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
