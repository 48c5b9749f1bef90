/** The core as a real process behind its pipe: it speaks the contract, serves bytes over its socket, and leaves nothing behind. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { connectClient } from '#common/contract/client.ts';
import { CoreProcess, type CoreState } from '../../electron/core-process.ts';
import { askForBytes } from '../../electron/core-bytes.ts';

const entry = resolve(import.meta.dirname, '../../main/entries/core.ts');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-core-entry-'));
const cores: CoreProcess[] = [];
afterEach(async () => {
  for (const core of cores.splice(0)) await core.stop();
});

function launch(): { core: CoreProcess; ready: () => Promise<void>; child: () => ChildProcess } {
  let child: ChildProcess | null = null;
  let waiting: (() => void) | null = null;
  const core = new CoreProcess({
    spawn: () =>
      (child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', entry, '--configuration', join(folder, 'config')],
        {
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        },
      )),
    log: () => undefined,
    onState: (state: CoreState) => state === 'ready' && waiting?.(),
    now: Date.now,
  });
  cores.push(core);
  return {
    core,
    ready: () =>
      new Promise((done) => {
        if (core.current === 'ready') done();
        else waiting = done;
      }),
    child: () => child!,
  };
}

test('speaks the contract over its pipe and gives bytes over a socket that only this user reaches', async () => {
  const { core, ready } = launch();
  core.start();
  await ready();
  const client = await connectClient(core.openPage());
  const ids = await core.allow([{ path: folder, isFolder: true }]);
  const project = await client.projects.create({ directory: { folder: ids![0]!, name: 'Größe 1' } });
  expect(project.name).toBe('Größe 1');
  const { socket, token } = core.readiness!;
  expect((await askForBytes(new Request('app://trefoil/slides/x/y/0/0_0.jpeg'), { socket, token })).status).toBe(404);
  if (process.platform !== 'win32') expect(statSync(dirname(socket)).mode & 0o077).toBe(0);
  await core.stop();
  expect(existsSync(socket)).toBe(false);
});

test('a crash closes the line; the next core takes the same project up', async () => {
  const { core, ready, child } = launch();
  core.start();
  await ready();
  const client = await connectClient(core.openPage());
  const [id] = (await core.allow([{ path: folder, isFolder: true }]))!;
  await client.projects.create({ directory: { folder: id!, name: 'second' } });
  const again = ready;
  child().kill('SIGKILL');
  await client.closed;
  await new Promise<void>((done) => {
    const timer = setInterval(() => {
      if (core.current !== 'ready') return;
      clearInterval(timer);
      done();
    }, 20);
  });
  await again();
  const next = await connectClient(core.openPage());
  const [folderId] = (await core.allow([{ path: folder, isFolder: true }]))!;
  expect((await next.projects.open({ directory: { folder: folderId!, name: 'second' } })).name).toBe('second');
});

test('ends by itself when the app that started it is killed', async () => {
  const parent = join(folder, 'parent.mjs');
  writeFileSync(
    parent,
    `import { spawn } from 'node:child_process';
const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ${JSON.stringify(entry)}, '--configuration', ${JSON.stringify(join(folder, 'config2'))}], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
child.on('message', (message) => message.type === 'ready' && process.send({ pid: child.pid, socket: message.socket }));`,
  );
  const app = fork(parent, { execPath: process.execPath });
  const { pid, socket } = await new Promise<{ pid: number; socket: string }>((done) =>
    app.once('message', (message) => done(message as never)),
  );
  expect(isAlive(pid)).toBe(true);
  app.kill('SIGKILL');
  for (let tries = 0; tries < 200 && isAlive(pid); tries += 1) await new Promise((done) => setTimeout(done, 50));
  expect([isAlive(pid), existsSync(socket)]).toEqual([false, false]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
