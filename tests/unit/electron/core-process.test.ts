import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeChild } from '../../electron-double/child.ts';
import { CoreProcess, exitReason, type CoreState } from '../../../electron/core-process.ts';

let children: FakeChild[];
let states: [CoreState, string][];
let lines: string[];
let core: CoreProcess;
/** What a new process does at once. */
let behave: (child: FakeChild) => void;
const ready = { type: 'ready', version: '1', socket: '/s', token: 't' };
const newest = (): FakeChild => children.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  children = [];
  states = [];
  lines = [];
  behave = (child) => queueMicrotask(() => child.say(ready));
  core = new CoreProcess({
    spawn: () => {
      const child = new FakeChild(100 + children.length);
      children.push(child);
      behave(child);
      return child.asChild();
    },
    log: (line) => lines.push(line),
    onState: (state, reason) => states.push([state, reason]),
    now: Date.now,
  });
});
afterEach(() => vi.useRealTimers());

async function started(): Promise<void> {
  core.start();
  await vi.advanceTimersByTimeAsync(0);
}

describe('the core process', () => {
  test('is ready when it says so, and its output is logged line by line with its pid', async () => {
    await started();
    expect([core.current, core.readiness?.socket]).toEqual(['ready', '/s']);
    const umlaut = Buffer.from('zwölf\n');
    newest().stderr.write(Buffer.concat([Buffer.from('one\n'), umlaut.subarray(0, 3)]));
    newest().stderr.write(umlaut.subarray(3));
    await vi.advanceTimersByTimeAsync(1);
    expect(lines).toEqual(['core 100: started', 'core 100: ready', 'core 100: one', 'core 100: zwölf']);
  });

  test('is started again after a crash, later each time, and pages are told that their line ended', async () => {
    await started();
    const closed = vi.fn();
    core.openPage().onClose(closed);
    newest().exit(null, 'SIGSEGV');
    expect(closed).toHaveBeenCalledOnce();
    expect(states.at(-1)).toEqual(['restarting', 'it crashed (SIGSEGV)']);
    await vi.advanceTimersByTimeAsync(1);
    expect([children.length, core.current]).toEqual([2, 'ready']);
    newest().exit(1);
    await vi.advanceTimersByTimeAsync(400);
    expect(children).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(children).toHaveLength(3);
  });

  test('is given up after five deaths in two minutes, with the reason it gave itself, until a person asks again', async () => {
    behave = (child) =>
      queueMicrotask(() => {
        child.say({ type: 'failed', message: 'The settings cannot be read.', hint: 'Delete them.' });
        child.exit(1);
      });
    await started();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(children).toHaveLength(5);
    expect(states.at(-1)).toEqual(['failed', 'The settings cannot be read. Delete them.']);
    behave = (child) => queueMicrotask(() => child.say(ready));
    await started();
    expect([children.length, core.current]).toEqual([6, 'ready']);
  });

  test('that dies now and then is always started again', async () => {
    await started();
    for (let death = 0; death < 10; death += 1) {
      await vi.advanceTimersByTimeAsync(60_000);
      newest().say({ type: 'pong', id: 0 });
      newest().exit(1);
      await vi.advanceTimersByTimeAsync(6000);
      expect(core.current).toBe('ready');
    }
  });

  test('that never says it is ready is killed and started again', async () => {
    behave = () => undefined;
    await started();
    await vi.advanceTimersByTimeAsync(30_001);
    expect(children[0]?.killed).toEqual(['SIGKILL']);
    expect(lines.some((line) => line.includes('not ready within 30 s'))).toBe(true);
    expect(children.length).toBeGreaterThan(1);
  });

  test('that hangs is killed, one that answers pings is not', async () => {
    await started();
    newest().onHeard = (message) => {
      const { type, id } = message as { type: string; id: number };
      if (type === 'ping') newest().say({ type: 'pong', id });
    };
    await vi.advanceTimersByTimeAsync(300_000);
    expect(children).toHaveLength(1);
    newest().onHeard = () => undefined;
    await vi.advanceTimersByTimeAsync(80_000);
    expect(children[0]?.killed).toEqual(['SIGKILL']);
    expect(core.current).toBe('ready');
  });

  test('is left alone after the computer slept, when it answers again', async () => {
    await started();
    newest().onHeard = (message) => {
      const { type, id } = message as { type: string; id: number };
      if (type === 'ping') newest().say({ type: 'pong', id });
    };
    await vi.advanceTimersByTimeAsync(60_000);
    vi.setSystemTime(Date.now() + 8 * 3600_000);
    await vi.advanceTimersByTimeAsync(120_000);
    expect([children.length, newest().killed]).toEqual([1, []]);
  });

  test('that cannot be started at all is told as such', async () => {
    behave = (child) => {
      Object.defineProperty(child, 'pid', { value: undefined });
      queueMicrotask(() => child.emit('error', new Error('ENOENT')));
    };
    await started();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toEqual(['failed', 'it could not be started (ENOENT)']);
  });

  test('is asked to quit, waited for, and killed when it does not end', async () => {
    await started();
    newest().onHeard = (message) => {
      if ((message as { type: string }).type === 'quit') newest().exit(0);
    };
    await core.stop();
    expect([newest().killed, core.current]).toEqual([[], 'stopped']);
    expect(children).toHaveLength(1);
  });

  test('that does not end when asked is killed after 20 s and not started again', async () => {
    await started();
    let isStopped = false;
    void core.stop().then(() => (isStopped = true));
    await vi.advanceTimersByTimeAsync(19_000);
    expect([newest().killed, isStopped]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(2000);
    expect([newest().killed, isStopped, children.length]).toEqual([['SIGKILL'], true, 1]);
  });

  test('gives ids for files, and none when it dies meanwhile', async () => {
    await started();
    newest().onHeard = (message) => {
      const { type, id, paths } = message as { type: string; id: number; paths: { path: string }[] };
      if (type === 'allow') newest().say({ type: 'allowed', id, ids: paths.map(({ path }) => `id of ${path}`) });
    };
    expect(await core.allow([{ path: '/a b/ü.svs', isFolder: false }])).toEqual(['id of /a b/ü.svs']);
    newest().onHeard = () => undefined;
    const waiting = core.allow([{ path: '/x', isFolder: false }]);
    newest().exit(1);
    expect(await waiting).toBeNull();
  });

  test('is not believed when it sends what is no message', async () => {
    await started();
    newest().say({ type: 'ready', version: 1 });
    newest().say('anything');
    expect(core.readiness?.version).toBe('1');
    expect(lines.filter((line) => line.includes('no message'))).toHaveLength(2);
  });
});

test.each([
  [0, null, 'it ended by itself'],
  [3, null, 'it ended with code 3'],
  [null, 'SIGKILL', 'it was killed (by a person, or by the system for want of memory)'],
  [null, 'SIGTERM', 'it was ended by SIGTERM'],
] as const)('an exit with code %s and signal %s means that %s', (code, signal, words) => {
  expect(exitReason(code, signal)).toBe(words);
});
