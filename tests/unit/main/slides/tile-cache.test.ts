import { expect, it } from 'vitest';
import { TileCache, TileCacheBudget } from '#main/slides/tile-cache.ts';

const settled = (): Promise<void> => new Promise((done) => setImmediate(done));

it('keeps the tiles of all readers together within one bound, whoever fills it', async () => {
  const budget = new TileCacheBudget(1000);
  const caches = [new TileCache(budget), new TileCache(budget), new TileCache(budget)];
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(caches.map((cache) => cache.get(`tile ${round}`, async () => new Uint8Array(90))));
    expect(budget.byteLength).toBeLessThanOrEqual(1000);
  }
  expect(budget.tileCount).toBe(11);
  expect(budget.highestByteLength).toBe(990);
});

it('never takes one reader’s tile for another’s, and lets a closed reader’s tiles go', async () => {
  const budget = new TileCacheBudget(1000);
  const [one, other] = [new TileCache(budget), new TileCache(budget)];
  await one.get('0/0/0', async () => Uint8Array.of(1));
  expect(await other.get('0/0/0', async () => Uint8Array.of(2))).toEqual(Uint8Array.of(2));
  one.clear();
  expect(budget.byteLength).toBe(1);
  expect(await other.get('0/0/0', async () => Uint8Array.of(3))).toEqual(Uint8Array.of(2));
});

it('does not keep what was still being decoded when its reader closed, nor a tile larger than everything', async () => {
  const budget = new TileCacheBudget(100);
  const cache = new TileCache(budget);
  let finish = (_tile: Uint8Array): void => undefined;
  const late = cache.get('late', () => new Promise((done) => (finish = done)));
  await settled();
  cache.clear();
  finish(new Uint8Array(10));
  await late;
  await new TileCache(budget).get('huge', async () => new Uint8Array(101));
  expect(budget.byteLength).toBe(0);
});

it('starts no decoding for a request that is cancelled already', async () => {
  const cache = new TileCache(100);
  await expect(cache.get('a', async () => new Uint8Array(1), AbortSignal.abort())).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(cache.decodedCount).toBe(0);
});

it('goes on decoding while one of two still waits, and tells the decoder when both have left', async () => {
  const cache = new TileCache(100);
  const [first, second] = [new AbortController(), new AbortController()];
  const signals: AbortSignal[] = [];
  const decode = (signal: AbortSignal): Promise<Uint8Array> => {
    signals.push(signal);
    return new Promise((_done, failed) => signal.addEventListener('abort', () => failed(new Error('given up'))));
  };
  const waiting = [cache.get('a', decode, first.signal), cache.get('a', decode, second.signal)];
  const outcomes = Promise.allSettled(waiting);
  await settled();
  first.abort();
  await expect(waiting[0]).rejects.toMatchObject({ code: 'cancelled' });
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  second.abort();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  // Somebody who comes afterwards gets a tile, not the failure of those who left.
  expect(await cache.get('a', async () => Uint8Array.of(7))).toEqual(Uint8Array.of(7));
});

it('asks again for a tile that could not be decoded', async () => {
  const cache = new TileCache(100);
  await expect(cache.get('a', () => Promise.reject(new Error('drive asleep')))).rejects.toThrow('drive asleep');
  expect(await cache.get('a', async () => Uint8Array.of(1))).toEqual(Uint8Array.of(1));
});
