/**
 * Loaded before the shell's bundle in plain Node.js: `electron` becomes a stand-in whose system does one thing: once the core is
 * ready it asks the app's protocol for a few addresses, prints the answers as one line of JSON, and quits.
 */
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';

const folder = process.env['STAND_IN_FOLDER'] ?? '';
const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  getPath: (name: string) => join(folder, name),
  getVersion: () => '0.0.0',
  requestSingleInstanceLock: () => true,
  enableSandbox: () => undefined,
  whenReady: () => Promise.resolve(),
  addRecentDocument: () => undefined,
  quit: () => {
    const event = { isRefused: false, preventDefault: () => (event.isRefused = true) };
    app.emit('before-quit', event);
    if (!event.isRefused) process.exit(0);
  },
});
class BrowserWindow extends EventEmitter {
  webContents = Object.assign(new EventEmitter(), { send: () => undefined, setWindowOpenHandler: () => undefined });
  loadURL = async () => undefined;
  setProgressBar = () => undefined;
}
let answer: ((request: Request) => Promise<Response>) | null = null;
const electron = {
  app,
  BrowserWindow,
  dialog: {},
  ipcMain: Object.assign(new EventEmitter(), { handle: () => undefined }),
  Menu: { buildFromTemplate: (template: unknown) => template, setApplicationMenu: () => undefined },
  MessageChannelMain: class {},
  nativeTheme: { shouldUseDarkColors: false },
  powerSaveBlocker: {},
  protocol: {
    registerSchemesAsPrivileged: () => undefined,
    handle: (_scheme: string, handler: typeof answer) => (answer = handler),
  },
  screen: { getAllDisplays: () => [] },
  session: {
    defaultSession: {
      setPermissionRequestHandler: () => undefined,
      setPermissionCheckHandler: () => undefined,
      setDevicePermissionHandler: () => undefined,
      setSpellCheckerEnabled: () => undefined,
      webRequest: { onBeforeRequest: () => undefined },
    },
  },
};
const loader = Module as unknown as { _load: (name: string, ...rest: unknown[]) => unknown };
const load = loader._load;
loader._load = (name, ...rest) => (name === 'electron' ? electron : load(name, ...rest));

const log = join(folder, 'logs', 'trefoil.log');
const timer = setInterval(() => void look(), 50);

async function look(): Promise<void> {
  const core = existsSync(log) ? / core (\d+): ready$/m.exec(readFileSync(log, 'utf8')) : null;
  if (core === null || answer === null) return;
  clearInterval(timer);
  const answers: Record<string, unknown> = {};
  for (const path of ['/', '/slides/no/slide/0/0_0.jpeg', '/crash']) {
    const response = await answer(new Request(`app://trefoil${path}`));
    answers[path] = [response.status, response.headers.get('content-type'), (await response.text()).slice(0, 15)];
  }
  process.stdout.write(`${JSON.stringify({ core: Number(core[1]), answers })}\n`);
  app.quit();
}
