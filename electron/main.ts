/** Where Electron starts: real parts, real paths. Everything else is in shell.ts. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as electron from 'electron';
import { corePaths } from './core-paths.ts';
import { LogFile } from './log-file.ts';
import { openUpdater } from './open-updater.ts';
import { startShell } from './shell.ts';

const { app } = electron;
const paths = corePaths({
  isPackaged: app.isPackaged,
  resources: process.resourcesPath,
  // From electron/dist; only asked for where it is not packed.
  appFolder: join(import.meta.dirname, '../..'),
  platform: process.platform,
});
const userData = app.getPath('userData');
/** A small text in a file of the app's own folder. */
const kept = (name: string) => {
  const path = join(userData, name);
  return {
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : null),
    write: (text: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    },
  };
};
const log = new LogFile(join(app.getPath('logs'), 'trefoil.log'), () => new Date());

startShell({
  electron,
  spawnCore: () =>
    spawn(paths.node, ['--disable-warning=ExperimentalWarning', paths.entry], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
      // Nothing of Electron's own Node.js may reach the core's.
      // Node's four file threads would all be taken by two drives that do not answer.
      env: { UV_THREADPOOL_SIZE: '12', ...process.env, ELECTRON_RUN_AS_NODE: undefined, NODE_OPTIONS: undefined },
    }),
  pageFolder: paths.page,
  preload: join(import.meta.dirname, 'preload.cjs'),
  log,
  memory: kept('window.json'),
  updates: { memory: kept('updates.json'), open: (feed) => openUpdater(feed, (line) => log.write(line)) },
  argv: process.argv,
  platform: process.platform,
});
