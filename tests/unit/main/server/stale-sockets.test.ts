import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clearStaleSockets } from '#main/server/stale-sockets.ts';

let temporary: string;
beforeEach(() => (temporary = mkdtempSync(join(tmpdir(), 'sockets-'))));
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

/** A socket whose process was killed. */
async function leaveSocket(path: string): Promise<void> {
  const listen = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe.skipIf(process.platform === 'win32')('at the start', () => {
  test('the folder of a killed core is removed', async () => {
    const folder = join(temporary, 'trefoil-dead');
    mkdirSync(folder);
    await leaveSocket(join(folder, 'bytes'));
    expect(existsSync(join(folder, 'bytes'))).toBe(true);
    await clearStaleSockets(temporary, join(temporary, 'trefoil-own'));
    expect(existsSync(folder)).toBe(false);
  });

  test('the folder of a core that runs stays', async () => {
    const folder = join(temporary, 'trefoil-alive');
    mkdirSync(folder);
    const server = createServer().listen(join(folder, 'bytes'));
    await once(server, 'listening');
    await clearStaleSockets(temporary, join(temporary, 'trefoil-own'));
    expect(existsSync(join(folder, 'bytes'))).toBe(true);
    server.close();
  });

  test('other folders, files and links of the same name stay', async () => {
    const dead = join(temporary, 'elsewhere');
    mkdirSync(dead);
    await leaveSocket(join(dead, 'bytes'));
    symlinkSync(dead, join(temporary, 'trefoil-link'));
    mkdirSync(join(temporary, 'trefoil-empty'));
    mkdirSync(join(temporary, 'trefoil-file'));
    writeFileSync(join(temporary, 'trefoil-file', 'bytes'), 'mine');
    mkdirSync(join(temporary, 'trefoil-more'));
    await leaveSocket(join(temporary, 'trefoil-more', 'bytes'));
    writeFileSync(join(temporary, 'trefoil-more', 'notes'), 'mine');
    await clearStaleSockets(temporary, join(temporary, 'trefoil-own'));
    const kept = ['elsewhere/bytes', 'trefoil-link', 'trefoil-empty', 'trefoil-file/bytes', 'trefoil-more/bytes'];
    expect(kept.filter((path) => !existsSync(join(temporary, path)))).toEqual([]);
  });
});
