/**
 * Electron as the shell uses it, without Electron: every part keeps what it was given, and `emit` plays the system. Typed as
 * ElectronParts, so that a call Electron does not have does not compile.
 */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import type { ElectronParts } from '../../electron/shell.ts';

type OpenHandler = (details: { url: string }) => Electron.WindowOpenHandlerResponse;

export class FakeContents extends EventEmitter {
  readonly sent: [string, unknown][] = [];
  readonly ports: FakePort[] = [];
  reloads = 0;
  openHandler: OpenHandler | null = null;
  send(channel: string, value: unknown): void {
    this.sent.push([channel, value]);
  }
  postMessage(channel: string, value: unknown, ports: FakePort[]): void {
    this.sent.push([channel, value]);
    this.ports.push(...ports);
  }
  reload(): void {
    this.reloads += 1;
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler;
  }
}

export class FakePort extends EventEmitter {
  other: FakePort | null = null;
  isClosed = false;
  postMessage(data: unknown): void {
    queueMicrotask(() => this.other?.emit('message', { data }));
  }
  start(): void {}
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    queueMicrotask(() => this.other?.emit('close'));
  }
}

export class FakeWindow extends EventEmitter {
  static all: FakeWindow[] = [];
  readonly webContents = new FakeContents();
  readonly options: Electron.BrowserWindowConstructorOptions;
  readonly loaded: string[] = [];
  readonly progress: number[] = [];
  isShown = false;
  isMinimised = false;
  isMaximisedNow = false;
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.options = options;
    FakeWindow.all.push(this);
  }
  loadURL(url: string): Promise<void> {
    this.loaded.push(url);
    return Promise.resolve();
  }
  show(): void {
    this.isShown = true;
  }
  focus(): void {}
  restore(): void {
    this.isMinimised = false;
  }
  isMinimized(): boolean {
    return this.isMinimised;
  }
  maximize(): void {
    this.isMaximisedNow = true;
  }
  isMaximized(): boolean {
    return this.isMaximisedNow;
  }
  getNormalBounds(): Electron.Rectangle {
    return { x: 10, y: 20, width: 1200, height: 800 };
  }
  setProgressBar(value: number): void {
    this.progress.push(value);
  }
  /** As a person or the app closes it: 'close' may be refused. */
  close(): void {
    const event = { isRefused: false, preventDefault: () => (event.isRefused = true) };
    this.emit('close', event);
    if (!event.isRefused) this.emit('closed');
  }
}

export interface ElectronDouble {
  readonly electron: ElectronParts;
  readonly app: EventEmitter & { quits: number; recent: string[] };
  readonly ipc: EventEmitter & { handlers: Map<string, (event: unknown, value: unknown) => unknown> };
  readonly session: {
    permission: ((contents: unknown, permission: string, answer: (isAllowed: boolean) => void) => void) | null;
    check: (() => boolean) | null;
    device: (() => boolean) | null;
    beforeRequest: ((details: { url: string }, answer: (response: { cancel: boolean }) => void) => void) | null;
  };
  readonly menus: Electron.MenuItemConstructorOptions[][];
  readonly awake: Set<number>;
  protocolHandler: ((request: Request) => Promise<Response>) | null;
  /** Buttons a person presses in message boxes, in order; and what they were asked. */
  readonly answers: number[];
  readonly asked: Electron.MessageBoxOptions[];
  readonly schemes: Electron.CustomScheme[];
  isSandboxed: boolean;
}

export function createElectronDouble(settings: { readonly isFirst?: boolean } = {}): ElectronDouble {
  FakeWindow.all = [];
  const app = Object.assign(new EventEmitter(), { quits: 0, recent: [] as string[] });
  const ipc = Object.assign(new EventEmitter(), {
    handlers: new Map<string, (event: unknown, value: unknown) => unknown>(),
  });
  const double: ElectronDouble = {
    electron: {} as ElectronParts,
    app,
    ipc,
    session: { permission: null, check: null, device: null, beforeRequest: null },
    menus: [],
    awake: new Set(),
    protocolHandler: null,
    answers: [],
    asked: [],
    schemes: [],
    isSandboxed: false,
  };
  let nextBlocker = 1;
  const ask = (...given: unknown[]): number => {
    double.asked.push(given.at(-1) as Electron.MessageBoxOptions);
    return double.answers.shift() ?? 0;
  };
  const parts = {
    app: Object.assign(app, {
      isPackaged: true,
      requestSingleInstanceLock: () => settings.isFirst ?? true,
      quit: () => (app.quits += 1),
      enableSandbox: () => (double.isSandboxed = true),
      whenReady: () => Promise.resolve(),
      getVersion: () => '0.1.0',
      addRecentDocument: (path: string) => app.recent.push(path),
    }),
    BrowserWindow: FakeWindow,
    dialog: { showMessageBoxSync: ask },
    ipcMain: Object.assign(ipc, {
      handle: (channel: string, handler: (event: unknown, value: unknown) => unknown) =>
        ipc.handlers.set(channel, handler),
    }),
    Menu: {
      buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
      setApplicationMenu: (template: Electron.MenuItemConstructorOptions[]) => double.menus.push(template),
    },
    MessageChannelMain: class {
      readonly port1 = new FakePort();
      readonly port2 = new FakePort();
      constructor() {
        this.port1.other = this.port2;
        this.port2.other = this.port1;
      }
    },
    nativeTheme: { shouldUseDarkColors: true },
    powerSaveBlocker: {
      start: () => {
        double.awake.add(nextBlocker);
        return nextBlocker++;
      },
      stop: (id: number) => double.awake.delete(id),
    },
    protocol: {
      registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => double.schemes.push(...schemes),
      handle: (_scheme: string, handler: (request: Request) => Promise<Response>) => (double.protocolHandler = handler),
    },
    screen: { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1040 } }] },
    session: {
      defaultSession: {
        setPermissionRequestHandler: (handler: ElectronDouble['session']['permission']) =>
          (double.session.permission = handler),
        setPermissionCheckHandler: (handler: () => boolean) => (double.session.check = handler),
        setDevicePermissionHandler: (handler: () => boolean) => (double.session.device = handler),
        setSpellCheckerEnabled: () => undefined,
        webRequest: {
          onBeforeRequest: (handler: ElectronDouble['session']['beforeRequest']) =>
            (double.session.beforeRequest = handler),
        },
      },
    },
  };
  Object.assign(double.electron, parts);
  return double;
}
