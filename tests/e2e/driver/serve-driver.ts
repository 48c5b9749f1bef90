/** The app in Chromium on `trefoil serve`, which runs as a process of its own on a free port, the way a user starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from '@playwright/test';
import { connectCore } from './core-line.ts';
import type { AppDriver, LaunchOptions, RunningApp } from './app-driver.ts';

const cli = fileURLToPath(new URL('../../../main/entries/cli.ts', import.meta.url));

interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  readonly log: () => string;
}

export function serveDriver(context: BrowserContext): AppDriver {
  return { launch: (options) => launch(context, options) };
}

async function launch(context: BrowserContext, options: LaunchOptions): Promise<RunningApp> {
  // One token for all starts of the core, as on a workstation where it is set: open pages stay let in over a restart.
  const token = randomBytes(32).toString('base64url');
  let served = await serve(options, 0, token);
  const newPage = async (place: string): Promise<Page> => {
    using core = await connectCore(served.port, token);
    const [project] = await core.projects.list({});
    const page = await context.newPage();
    const start = `${new URL(served.url).origin}/`;
    // The first address lets the browser in and leads on by itself.
    await page.goto(served.url);
    await page.waitForURL(start);
    if (project !== undefined) {
      await page.goto(`${start}#/${project.project}/${place}`);
      // The project is shown when its rail is.
      await page.locator('nav [aria-current="page"]').waitFor();
    } else {
      // A key pressed before the page listens would be lost.
      await page.locator('main').waitFor();
    }
    return page;
  };
  const stop = async (signal: NodeJS.Signals) => {
    const gone = ended(served.child);
    signalGroup(served.child, signal);
    await gone;
  };
  try {
    return {
      page: await newPage(options.place ?? 'slides'),
      newPage: (place = 'slides') => newPage(place),
      core: () => connectCore(served.port, token),
      get coreProcess() {
        return served.child.pid!;
      },
      killCore: () => stop('SIGKILL'),
      restartCore: async () => {
        served = await serve(options, served.port, token);
      },
      coreLog: () => served.log(),
      close: async () => {
        // Pages first: one that sees its core go would say so.
        await Promise.all(context.pages().map((page) => page.close()));
        await stop('SIGTERM');
      },
    };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
}

async function serve(options: LaunchOptions, port: number, token: string): Promise<Served> {
  const project = options.project === undefined ? [] : [options.project];
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      cli,
      'serve',
      ...project,
      '--port',
      String(port),
      '--allow',
      ...options.allowedFolders,
    ],
    {
      // A group of its own, so that the engine's process can be killed together with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...withoutPlaywright(process.env),
        XDG_CONFIG_HOME: options.configurationFolder,
        TREFOIL_TOKEN: token,
        ...options.environment,
      },
      ...(options.userId === undefined ? {} : { uid: options.userId, gid: options.userId }),
    },
  );
  let output = '';
  let log = '';
  child.stderr.on('data', (part: Buffer) => (log += part.toString()));
  // A worker that is ended by its time limit must not leave cores behind.
  const killWithUs = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  const url = await new Promise<string>((done, failed) => {
    child.on('error', failed);
    child.on('exit', (code, signal) => failed(new Error(`serve ended (${code ?? signal}): ${output}${log}`)));
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString();
      const found = /^Trefoil is ready: (\S+)\n/m.exec(output)?.[1];
      if (found !== undefined) done(found);
    });
  });
  return { child, url, port: Number(new URL(url).port), log: () => log };
}

/** The test runner's own loader must not get into the process under test. */
function withoutPlaywright(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = environment;
  return rest;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => child.once('exit', () => done()));
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // Already gone.
  }
}
