/** A drive that hangs ends in an error, holds up nobody else, and is used again when it answers. */
import { describe, expect, it } from 'vitest';
import { SlideDrives } from '#main/slides/slide-drives.ts';

const never = <T>(): Promise<T> => new Promise(() => undefined);
const stalled = expect.objectContaining({
  code: 'file-unreadable',
  hint: expect.stringContaining('network connection'),
  details: { stalled: true },
});

/** An operation that ends when told. */
function held<T>(value: T): { operation: () => Promise<T>; answer: () => void; starts: () => number } {
  const waiting: (() => void)[] = [];
  return {
    operation: () => new Promise<T>((done) => waiting.push(() => done(value))),
    answer: () => waiting.splice(0).forEach((end) => end()),
    starts: () => waiting.length,
  };
}

describe('a drive that does not answer', () => {
  it('ends in an error with a hint, for those in line too, and further calls there fail at once', async () => {
    const drives = new SlideDrives(20);
    const calls = Array.from({ length: 5 }, () => drives.run('/netz/a.svs', never));
    for (const call of await Promise.allSettled(calls)) expect(call).toEqual({ status: 'rejected', reason: stalled });
    let isStarted = false;
    const further = drives.run('/netz/b.svs', async () => (isStarted = true));
    await expect(further).rejects.toEqual(stalled);
    expect(isStarted).toBe(false);
    // Two threads hang, not five.
    expect(drives.stuckCalls).toBe(2);
    expect(await drives.run('/lokal/a.svs', async () => 'read')).toBe('read');
  });

  it('is used again once it answers; what comes too late is given back', async () => {
    const drives = new SlideDrives(20);
    const opening = held('handle');
    const late: string[] = [];
    const call = drives.run('/netz/a.svs', opening.operation, { discard: (handle) => late.push(handle) });
    await expect(call).rejects.toEqual(stalled);
    opening.answer();
    await new Promise(setImmediate);
    expect(late).toEqual(['handle']);
    expect([drives.stuckCalls, drives.callsUnderWay]).toEqual([0, 0]);
    expect(await drives.run('/netz/a.svs', async () => 'again')).toBe('again');
  });
});

describe('giving up', () => {
  it('rejects at once, whether the call runs or waits in line', async () => {
    const drives = new SlideDrives();
    const giveUp = new AbortController();
    const reading = held(1);
    const calls = [1, 2, 3].map(() => drives.run('/netz/a.svs', reading.operation, { signal: giveUp.signal }));
    const results = Promise.allSettled(calls);
    await new Promise(setImmediate);
    expect(reading.starts()).toBe(2);
    giveUp.abort();
    for (const call of await results) expect(call).toMatchObject({ reason: { code: 'cancelled' } });
    reading.answer();
    await new Promise(setImmediate);
    expect(drives.callsUnderWay).toBe(0);
    await expect(drives.run('/netz/a.svs', never, { signal: giveUp.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

it('no more than two calls of a folder run at once, and all get their turn in order', async () => {
  const drives = new SlideDrives();
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const work = (index: number) => async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    order.push(index);
    running -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => drives.run('/lokal/a.svs', work(index))));
  expect(most).toBe(2);
  expect(order).toEqual([...order].sort((a, b) => a - b));
});
