/**
 * The desktop app: one window, the core beside it, and what the system wants of an app. It only puts the parts of this folder
 * together; Electron itself is passed in, so that tests run it with a double.
 */
import { basename, dirname, resolve } from 'node:path';
import type Electron from 'electron';
import { connectClient, type CoreClient } from '../main/common/contract/client.ts';
import { portChannel, type MessagePortLike } from '../main/common/contract/port-channel.ts';
import type { Channel } from '../main/common/contract/channel.ts';
import { loadStaticFiles } from '../main/server/static-files.ts';
import type { MenuCommand } from '../main/common/contract/shell-bridge.ts';
import { channels } from '../main/common/contract/shell-channels.ts';
import { askForBytes } from './core-bytes.ts';
import { CoreProcess, type CoreProcessOptions, type CoreState } from './core-process.ts';
import { crashPage, crashPath, crashStyle, restartPath, type Crash } from './crash-page.ts';
import { askForFiles, chosenFiles, type ChosenPath } from './dialogs.ts';
import { answerPage } from './ipc.ts';
import { JobWatch } from './job-watch.ts';
import { menuTemplate } from './menu.ts';
import { createAppProtocol } from './protocol.ts';
import { quitChoice, quitQuestion } from './quit.ts';
import { appOrigin, appScheme, pageHeaders, schemes, secureContents, secureSession } from './security.ts';
import { Updates, type UpdatesOptions } from './updates.ts';
import { restoreState, windowOptions } from './windows.ts';

export type ElectronParts = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'MessageChannelMain'
  | 'nativeTheme'
  | 'powerSaveBlocker'
  | 'protocol'
  | 'screen'
  | 'session'
>;

export interface ShellOptions {
  readonly electron: ElectronParts;
  readonly spawnCore: CoreProcessOptions['spawn'];
  readonly pageFolder: string;
  readonly preload: string;
  readonly log: { write(line: string): void; tail(): string };
  /** A small text kept between starts. */
  readonly memory: { read(): string | null; write(text: string): void };
  /** Where newer versions are looked for, kept apart, and what fetches them. */
  readonly updates: Pick<UpdatesOptions, 'memory' | 'open'>;
  /** Of this process: arguments may name a project. */
  readonly argv: readonly string[];
  readonly platform: NodeJS.Platform;
}

/** Returns at once when another Trefoil runs: that one opens the project. */
export function startShell(options: ShellOptions): void {
  const { electron, log } = options;
  if (!electron.app.requestSingleInstanceLock()) {
    electron.app.quit();
    return;
  }
  electron.protocol.registerSchemesAsPrivileged(schemes);
  electron.app.enableSandbox();
  secureContents(electron.app, (line) => log.write(line));
  new Shell(options).run();
}

/** The project a start names: the last argument that is no switch; unpacked, the first of them is the app itself. */
export function projectArgument(argv: readonly string[], isPackaged: boolean): string | null {
  const named = argv.slice(1).filter((argument) => !argument.startsWith('-'));
  return named.slice(isPackaged ? 0 : 1).at(-1) ?? null;
}

/** More crashes of the page than this within a minute, and it is not loaded again by itself. */
const mostPageCrashes = 3;

class Shell {
  private readonly options: ShellOptions;
  private readonly core: CoreProcess;
  private readonly jobs: JobWatch;
  private readonly updates: Updates;
  private window: Electron.BrowserWindow | null = null;
  private client: CoreClient | null = null;
  private awake: number | null = null;
  private commands: readonly MenuCommand[] = [];
  /** Folder of a project to open as soon as there are a core and a page that listens. */
  private waitingProject: string | null = null;
  private pageListens = false;
  private pageCrashes: number[] = [];
  private crash: Crash = { what: 'core', reason: '' };
  private isQuitting = false;
  /** The window was closed on purpose while work goes on. */
  private isInBackground = false;

  constructor(options: ShellOptions) {
    this.options = options;
    this.core = new CoreProcess({
      spawn: options.spawnCore,
      log: (line) => options.log.write(line),
      now: Date.now,
      onState: (state, reason) => this.coreChanged(state, reason),
    });
    this.updates = new Updates({
      ...options.updates,
      chooseFolder: async () => {
        const { dialog } = options.electron;
        const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] });
        return canceled ? null : (filePaths[0] ?? null);
      },
      ask: async (version) => (await options.electron.dialog.showMessageBox(updateQuestion(version))).response === 1,
      log: (line) => options.log.write(line),
    });
    this.jobs = new JobWatch({
      setProgress: (fraction) => this.window?.setProgressBar(fraction),
      stayAwake: (isOn) => this.stayAwake(isOn),
    });
  }

  run(): void {
    const { app } = this.options.electron;
    this.openProject(projectArgument(this.options.argv, app.isPackaged), process.cwd());
    app.on('second-instance', (_event, argv, folder) => {
      this.showWindow();
      this.openProject(projectArgument(argv, app.isPackaged), folder);
    });
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.openProject(path, '/');
    });
    app.on('activate', () => this.showWindow());
    app.on('window-all-closed', () => {
      if (!this.isInBackground) app.quit();
    });
    app.on('before-quit', (event) => this.beforeQuit(event));
    app.on('child-process-gone', (_event, details) =>
      this.options.log.write(`${details.type} process: ${details.reason}`),
    );
    void app.whenReady().then(() => this.ready());
  }

  private ready(): void {
    const { protocol, session, ipcMain, app } = this.options.electron;
    secureSession(session.defaultSession);
    protocol.handle(
      appScheme,
      createAppProtocol({
        page: loadStaticFiles(this.options.pageFolder),
        headers: pageHeaders(),
        bytes: async (request) => {
          const ready = this.core.readiness;
          return ready === null ? null : askForBytes(request, ready);
        },
        ownPage: (path) => this.ownPage(path),
        log: (line) => this.options.log.write(line),
      }),
    );
    answerPage(
      ipcMain,
      {
        connect: (event) => this.connectPage(event.sender),
        chooseFiles: (question) => askForFiles(this.options.electron.dialog, question, (paths) => this.allow(paths)),
        allowDropped: (paths) => chosenFiles(paths, (chosen) => this.allow(chosen), false),
        setCommands: (commands) => this.setCommands(commands),
        updates: (request) => this.updates.answer(request),
      },
      (line) => this.options.log.write(line),
    );
    this.core.start();
    this.showWindow();
    void this.updates.atStart();
    this.options.log.write(`Trefoil ${app.getVersion()} on ${this.options.platform}`);
  }

  private showWindow(): void {
    this.isInBackground = false;
    if (this.window !== null) {
      if (this.window.isMinimized()) this.window.restore();
      this.window.show();
      this.window.focus();
      return;
    }
    const { BrowserWindow, screen, nativeTheme } = this.options.electron;
    const state = restoreState(
      this.options.memory.read(),
      screen.getAllDisplays().map(({ workArea }) => workArea),
    );
    const window = new BrowserWindow(windowOptions(state, this.options.preload, nativeTheme.shouldUseDarkColors));
    this.window = window;
    if (state?.isMaximised === true) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('close', (event) => this.closing(event, window));
    window.on('closed', () => {
      this.window = null;
      this.pageListens = false;
    });
    window.webContents.on('did-navigate', () => (this.pageListens = false));
    window.webContents.on('render-process-gone', (_event, details) => {
      this.options.log.write(`page: ${details.reason}`);
      if (details.reason !== 'clean-exit') this.loadAgain(window, details.reason);
    });
    void window.loadURL(`${appOrigin}/${this.core.current === 'failed' ? crashPath.slice(1) : ''}`);
    this.setCommands(this.commands);
  }

  private loadAgain(window: Electron.BrowserWindow, reason: string): void {
    const now = Date.now();
    this.pageCrashes = [...this.pageCrashes.filter((at) => now - at < 60_000), now];
    if (this.pageCrashes.length <= mostPageCrashes) return window.webContents.reload();
    this.crash = { what: 'page', reason };
    void window.loadURL(`${appOrigin}${crashPath}`);
  }

  private closing(event: Electron.Event, window: Electron.BrowserWindow): void {
    const { x, y, width, height } = window.getNormalBounds();
    this.options.memory.write(JSON.stringify({ x, y, width, height, isMaximised: window.isMaximized() }));
    if (this.isQuitting || this.jobs.running.length === 0) return;
    const choice = quitChoice(this.options.electron.dialog.showMessageBoxSync(window, quitQuestion(this.jobs.running)));
    if (choice === 'stay') event.preventDefault();
    else if (choice === 'background') this.isInBackground = true;
    else this.isQuitting = true;
  }

  private beforeQuit(event: Electron.Event): void {
    const { app, dialog } = this.options.electron;
    if (this.core.current === 'stopped') return;
    event.preventDefault();
    if (!this.isQuitting && this.jobs.running.length > 0) {
      const choice = quitChoice(dialog.showMessageBoxSync(quitQuestion(this.jobs.running)));
      if (choice === 'stay') return;
      if (choice === 'background') {
        this.isInBackground = true;
        this.window?.close();
        return;
      }
    }
    this.isQuitting = true;
    void this.core.stop().then(() => app.quit());
  }

  private coreChanged(state: CoreState, reason: string): void {
    this.pageListens = false;
    if (state === 'ready') void this.connectSelf();
    if (state !== 'failed') return;
    this.crash = { what: 'core', reason };
    void this.window?.loadURL(`${appOrigin}${crashPath}`);
  }

  /** The shell is a page of its own to the core: it hears of jobs and opens projects. */
  private async connectSelf(): Promise<void> {
    try {
      const client = await connectClient(this.core.openPage());
      this.client = client;
      client.onEvent((event) => {
        if (event.type !== 'job-changed') return;
        this.jobs.changed(event.job);
        if (event.job.status !== 'running') this.quitWhenDone();
      });
      void client.closed.then(() => {
        if (this.client === client) this.client = null;
        this.jobs.reset([]);
      });
      this.jobs.reset(await client.jobs.list({}));
      this.quitWhenDone();
    } catch (error) {
      this.options.log.write(`shell: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Nobody sees an app without a window: it ends with the work it stayed for. A next run is started by then. */
  private quitWhenDone(): void {
    setTimeout(() => {
      if (this.isInBackground && this.jobs.running.length === 0) this.options.electron.app.quit();
    }, 1000);
  }

  private connectPage(page: Electron.WebContents): void {
    if (this.core.current !== 'ready') {
      // The page asks again after a while, as it does under `serve`.
      const { port1, port2 } = new this.options.electron.MessageChannelMain();
      page.postMessage(channels.port, null, [port2]);
      portChannel(electronPort(port1)).close();
      return;
    }
    const { port1, port2 } = new this.options.electron.MessageChannelMain();
    join(portChannel(electronPort(port1)), this.core.openPage());
    page.postMessage(channels.port, null, [port2]);
    this.pageListens = true;
    this.openWaiting();
  }

  private allow(paths: readonly ChosenPath[]): Promise<readonly string[] | null> {
    return this.core.allow(paths);
  }

  /** A project by double click, argument or second start, whose folder relative paths are meant from. */
  private openProject(path: string | null, from: string): void {
    if (path === null) return;
    const isInside = path.endsWith('.trefoil') || basename(path) === 'project.sqlite';
    this.waitingProject = resolve(from, isInside ? dirname(path) : path);
    this.openWaiting();
  }

  private openWaiting(): void {
    const folder = this.waitingProject;
    if (folder === null || !this.pageListens) return;
    this.waitingProject = null;
    void this.allow([{ path: folder, isFolder: true }]).then((ids) => {
      const id = ids?.[0];
      if (id === undefined) return;
      this.options.electron.app.addRecentDocument(folder);
      this.window?.webContents.send(channels.openProject, id);
      this.options.log.write('shell: a project is opened');
    });
  }

  private setCommands(commands: readonly MenuCommand[]): void {
    this.commands = commands;
    const { Menu } = this.options.electron;
    const template = menuTemplate(commands, this.options.platform, (id) =>
      this.window?.webContents.send(channels.command, id),
    );
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  private ownPage(path: string): { readonly text: string; readonly contentType: string } | null {
    const html = (text: string) => ({ text, contentType: 'text/html; charset=utf-8' });
    if (path === crashPath) return html(crashPage(this.crash, this.options.log.tail()));
    if (path === '/crash.css') return { text: crashStyle, contentType: 'text/css; charset=utf-8' };
    if (path !== restartPath) return null;
    this.core.start();
    return html(
      '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1; url=/"><title>Trefoil</title>',
    );
  }

  private stayAwake(isOn: boolean): void {
    const { powerSaveBlocker } = this.options.electron;
    if (isOn && this.awake === null) this.awake = powerSaveBlocker.start('prevent-app-suspension');
    if (!isOn && this.awake !== null) {
      powerSaveBlocker.stop(this.awake);
      this.awake = null;
    }
  }
}

function updateQuestion(version: string): Electron.MessageBoxOptions {
  return {
    type: 'question',
    message: `Trefoil ${version} is there. Download and install it?`,
    detail: 'It is checked, and installed when you close Trefoil. Your projects stay as they are.',
    buttons: ['Not now', 'Download and install'],
    defaultId: 0,
    cancelId: 0,
  };
}

/** Texts both ways; when one ends, so does the other. */
export function join(a: Channel, b: Channel): void {
  a.onMessage((text) => b.send(text));
  b.onMessage((text) => a.send(text));
  a.onClose(() => b.close());
  b.onClose(() => a.close());
}

/** Electron's port is an emitter; the rest of the world's are event targets. */
function electronPort(port: Electron.MessagePortMain): MessagePortLike {
  return {
    postMessage: (message) => port.postMessage(message),
    close: () => port.close(),
    start: () => port.start(),
    addEventListener: ((type: 'message' | 'close', listener: (event: { readonly data: unknown }) => void) => {
      if (type === 'message') port.on('message', (event) => listener({ data: event.data }));
      else port.on('close', () => listener({ data: undefined }));
    }) as MessagePortLike['addEventListener'],
  };
}
