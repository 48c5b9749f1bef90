/** Back-pressure over the real pipe between core and shell: a reader that takes nothing costs a bounded amount of memory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import type { FromCore } from '#common/contract/shell-link.ts';
import { maximumWaitingBytes } from '#main/server/shell-host.ts';

const entry = resolve(import.meta.dirname, '../support/flooding-core.ts');
let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

/** The pipe as bytes, which a test can leave unread; Node.js itself would read its own IPC at once. */
function startCore(): Duplex {
  child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { ...process.env, NODE_CHANNEL_FD: '3', NODE_CHANNEL_SERIALIZATION_MODE: 'json' },
  });
  return child.stdio[3] as Duplex;
}

interface Flood {
  readonly isDropped: boolean;
  readonly sentBytes: number;
  readonly grownBytes: number;
}
async function told(): Promise<Flood> {
  const [line] = (await once(createInterface(child!.stdout!), 'line')) as [string];
  return JSON.parse(line) as Flood;
}

test.skipIf(process.platform === 'win32')(
  'a shell that reads nothing has its page dropped before memory grows',
  async () => {
    const pipe = startCore();
    pipe.write('{"type":"open","page":1}\n');
    const { isDropped, sentBytes, grownBytes } = await told();
    expect(isDropped).toBe(true);
    expect(sentBytes).toBeLessThan(maximumWaitingBytes + 8 * 2 ** 20);
    // Each text waits as a string and as the line made of it.
    expect(grownBytes).toBeLessThan(4 * maximumWaitingBytes);
  },
);

test.skipIf(process.platform === 'win32')(
  'when it reads again it hears that the page ended, and the line goes on',
  async () => {
    const pipe = startCore();
    pipe.write('{"type":"open","page":1}\n');
    await told();
    pipe.write('{"type":"ping","id":7}\n');
    const kinds: string[] = [];
    for await (const line of createInterface(pipe)) {
      const message = JSON.parse(line) as FromCore;
      kinds.push(message.type);
      if (message.type === 'pong') break;
    }
    expect(kinds.slice(-2)).toEqual(['close', 'pong']);
    expect(new Set(kinds.slice(0, -2))).toEqual(new Set(['text']));
  },
);
