import { afterEach, describe, expect, it } from 'vitest';
import { UndecodableTile, type CodedTile } from '#main/slides/codecs/coded-tile.ts';
import { decodeCodedTile } from '#main/slides/codecs/decode-coded-tile.ts';
import { DecodePool, type DecodePoolOptions } from '#main/slides/decode-pool/decode-pool.ts';
import { holdsUpItsThread } from '#main/slides/decode-pool/holds-up-its-thread.ts';
import { behaviour } from '#tests/support/odd-decode-worker.ts';
import { encodeLzw } from '#tests/fixtures/tiff/lzw-encoder.ts';

const plain: CodedTile = {
  codec: 'none',
  planes: [],
  width: 1,
  height: 1,
  samples: 3,
  bits: 8,
  sampleFormat: 'unsigned',
  littleEndian: true,
  meaning: 'rgb',
  predictor: 1,
  alpha: 'none',
  jpegTables: null,
  palette: null,
  window: null,
  chromaSubsampling: [1, 1],
};

let open: DecodePool[] = [];
const pool = (options: DecodePoolOptions): DecodePool => {
  const made = new DecodePool(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  open = [];
});

const oddWorker = {
  worker: new URL('../../../../support/odd-decode-worker.ts', import.meta.url),
  sendsToThread: () => true,
};
const odd = (how: number, value = 0): CodedTile => ({ ...plain, planes: [Uint8Array.of(how, value)] });

describe('the decode pool', () => {
  it('gives the same pixels as the calling thread, for many tiles at once, and leaves the stored bytes alone', async () => {
    const decoding = pool({ threads: 2 });
    const tiles = Array.from({ length: 12 }, (_, index): CodedTile => {
      const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_value, at) => (at * (index + 3)) & 255);
      return { ...plain, codec: 'lzw', width: 64, height: 64, planes: [encodeLzw(pixels)] };
    });
    const results = await Promise.all(tiles.map((tile) => decoding.decode(tile)));
    for (const [index, tile] of tiles.entries()) {
      expect(Buffer.compare(results[index]!, await decodeCodedTile(tile))).toBe(0);
    }
    expect(decoding.startedCount).toBe(12);
    expect(decoding.threadCount).toBeLessThanOrEqual(2);
  });

  it('passes on what is wrong with a tile, and goes on', async () => {
    const decoding = pool({ threads: 1 });
    const broken: CodedTile = { ...plain, codec: 'lzw', width: 9, height: 9, planes: [Uint8Array.of(1, 2)] };
    await expect(decoding.decode(broken)).rejects.toBeInstanceOf(UndecodableTile);
    await expect(decoding.decode({ ...broken, planes: [encodeLzw(new Uint8Array(243))] })).resolves.toHaveLength(243);
  });

  it.each([
    ['ends its process', behaviour.exit],
    ['throws where nobody catches', behaviour.throwOutside],
    ['hangs', behaviour.hang],
  ])('replaces a thread that %s: its tile fails, the others come', async (_what, how) => {
    const decoding = pool({
      threads: 1,
      longestMs: how === behaviour.hang ? 3000 : 30_000,
      ...oddWorker,
    });
    const bad = decoding.decode(odd(how));
    const good = decoding.decode(odd(behaviour.answer, 42));
    await expect(bad).rejects.toBeInstanceOf(UndecodableTile);
    expect(await good).toEqual(Uint8Array.of(42));
  });

  it('takes the newest first and never starts what was cancelled while it waited', async () => {
    const decoding = pool({ threads: 1, ...oddWorker });
    const order: number[] = [];
    const cancel = new AbortController();
    const ask = (value: number, signal?: AbortSignal): Promise<void> =>
      decoding.decode(odd(behaviour.answer, value), signal).then(([answer]) => void order.push(answer ?? -1));
    const asked = [ask(1), ask(2), ask(3, cancel.signal), ask(4)];
    const outcomes = Promise.allSettled(asked);
    cancel.abort();
    await expect(asked[2]).rejects.toMatchObject({ code: 'cancelled' });
    await outcomes;
    expect(order).toEqual([1, 4, 2]);
    expect(decoding.startedCount).toBe(3);
  });

  it('refuses more than may wait, and everything once it is closed', async () => {
    const decoding = pool({ threads: 1, maximumWaiting: 1, ...oddWorker });
    const asked = [decoding.decode(odd(behaviour.hang)), decoding.decode(odd(behaviour.answer))];
    const outcomes = Promise.allSettled(asked);
    await expect(decoding.decode(odd(behaviour.answer))).rejects.toMatchObject({ code: 'server-busy' });
    await decoding.close();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(decoding.threadCount).toBe(0);
    await expect(decoding.decode(odd(behaviour.answer))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('starts no thread for codecs that leave the calling thread by themselves', async () => {
    const decoding = pool({ threads: 1 });
    await decoding.decode({ ...plain, planes: [Uint8Array.of(1, 2, 3)] });
    expect(decoding.threadCount).toBe(0);
  });
});

it.each([
  ['jpeg', {}, false],
  ['webp', {}, false],
  ['deflate', {}, false],
  ['deflate', { predictor: 2 }, true],
  ['zstd', { bits: 16 }, true],
  ['none', { meaning: 'palette' }, true],
  ['jpeg', { samples: 4, meaning: 'cmyk' }, true],
  ['lzw', {}, true],
  ['packbits', {}, true],
  ['jpeg2000', {}, true],
  ['lerc', {}, true],
] as const)('%s with %o holds up its thread: %s', (codec, change, expected) => {
  expect(holdsUpItsThread({ ...plain, planes: [null], codec, ...change })).toBe(expected);
});
