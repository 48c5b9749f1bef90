import { describe, expect, it } from 'vitest';
import { BoundedWork } from '#main/services/bounded-work.ts';
import { ResourcePool } from '#main/services/resource-pool.ts';

describe('bounded work', () => {
  it('never runs more at once than allowed, and serves the newest first', async () => {
    const work = new BoundedWork(2, 100);
    const releases: (() => void)[] = [];
    const started: number[] = [];
    let running = 0;
    let most = 0;
    const results = [0, 1, 2, 3, 4].map((number) =>
      work.run(async () => {
        started.push(number);
        most = Math.max(most, ++running);
        await new Promise<void>((done) => releases.push(done));
        running -= 1;
        return number;
      }),
    );
    for (let step = 0; step < 5; step += 1) {
      await new Promise((done) => setImmediate(done));
      releases.shift()?.();
    }
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
    expect(started).toEqual([0, 1, 4, 3, 2]);
  });

  it('drops what was cancelled while it waited, without starting it, and goes on', async () => {
    const work = new BoundedWork(1, 100);
    let release = (): void => undefined;
    const first = work.run(() => new Promise<void>((done) => (release = done)));
    const cancel = new AbortController();
    let isStarted = false;
    const second = work.run(async () => void (isStarted = true), cancel.signal);
    const third = work.run(async () => 'third');
    cancel.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    release();
    await first;
    expect(await third).toBe('third');
    expect(isStarted).toBe(false);
  });

  it('refuses more than may wait', async () => {
    const work = new BoundedWork(1, 1);
    let release = (): void => undefined;
    const first = work.run(() => new Promise<void>((done) => (release = done)));
    const second = work.run(async () => 2);
    await expect(work.run(async () => 3)).rejects.toMatchObject({ code: 'server-busy' });
    release();
    await first;
    expect(await second).toBe(2);
  });
});

describe('a pool of open things', () => {
  const made = (bound: number) => {
    const opened: string[] = [];
    const closed: string[] = [];
    const pool = new ResourcePool<string>(bound, async (name) => void closed.push(name));
    const use = (key: string, work: () => Promise<void> = async () => undefined): Promise<void> =>
      pool.use(key, async () => (opened.push(key), key), work);
    return { opened, closed, pool, use };
  };

  it('opens once, closes the least recently used and what is left at the end', async () => {
    const { opened, closed, pool, use } = made(2);
    for (const key of ['a', 'b', 'a', 'c']) await use(key);
    expect(opened).toEqual(['a', 'b', 'c']);
    expect(closed).toEqual(['b']);
    await pool.drop(() => true);
    expect(closed.toSorted()).toEqual(['a', 'b', 'c']);
    expect(pool.size).toBe(0);
  });

  it('never closes what is in use, also when it is dropped meanwhile', async () => {
    const { closed, pool, use } = made(1);
    let release = (): void => undefined;
    const using = use('a', () => new Promise<void>((done) => (release = done)));
    await use('b');
    await pool.drop((key) => key === 'a');
    expect(closed).not.toContain('a');
    await new Promise((done) => setImmediate(done));
    release();
    await using;
    expect(closed).toContain('a');
  });

  it('opens again what failed to open or to work', async () => {
    const { opened, closed, pool, use } = made(4);
    await expect(
      pool.use(
        'a',
        async () => Promise.reject(new Error('no')),
        async () => undefined,
      ),
    ).rejects.toThrow('no');
    await expect(use('a', async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await use('a');
    expect(opened).toEqual(['a', 'a']);
    expect(closed).toEqual(['a']);
  });

  it('keeps open what a harmless failure says nothing about', async () => {
    const opened: string[] = [];
    const pool = new ResourcePool<string>(
      2,
      async () => undefined,
      (error) => error instanceof RangeError,
    );
    const use = (work: () => Promise<void>): Promise<void> => pool.use('a', async () => (opened.push('a'), 'a'), work);
    await expect(use(async () => Promise.reject(new RangeError('cancelled')))).rejects.toThrow('cancelled');
    await use(async () => undefined);
    expect(opened).toEqual(['a']);
  });
});
