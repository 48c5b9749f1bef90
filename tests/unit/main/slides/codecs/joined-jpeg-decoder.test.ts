/** Tiles decoded together are, byte for byte, what each is alone; whatever is odd about one of them touches no other. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import sharp, { type JpegOptions } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UndecodableTile, type CodedTile, type DecodeTile } from '#main/slides/codecs/coded-tile.ts';
import { decodeCodedTile } from '#main/slides/codecs/decode-coded-tile.ts';
import { joinable, joinJpegs } from '#main/slides/codecs/join-jpegs.ts';
import { JoinedJpegDecoder } from '#main/slides/codecs/joined-jpeg-decoder.ts';
import { openSlide } from '#main/slides/open-slide.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';

const svs = new URL('../../../../../resources/demo/CMU-1-Small-Region.svs', import.meta.url).pathname;
const hasCjpeg = spawnSync('cjpeg', ['-version']).error === undefined;

const plain = {
  codec: 'jpeg',
  samples: 3,
  bits: 8,
  sampleFormat: 'unsigned',
  littleEndian: true,
  predictor: 1,
  alpha: 'none',
  jpegTables: null,
  palette: null,
  window: null,
  chromaSubsampling: [1, 1],
} as const;

function tileOf(stored: Uint8Array, width: number, height: number, meaning: 'rgb' | 'ycbcr' = 'ycbcr'): CodedTile {
  return { ...plain, planes: [stored], width, height, meaning };
}

/** Colours that change from pixel to pixel, other ones for each tile. */
function pixels(width: number, height: number, seed: number): Buffer {
  return Buffer.from(
    Uint8Array.from(
      { length: width * height * 3 },
      (_, at) => (at * (7 + seed) + ((at / width) | 0) * 3 + seed * 40) % 251,
    ),
  );
}

function cjpeg(width: number, height: number, seed: number, ...options: string[]): Buffer {
  const header = Buffer.from(`P6 ${width} ${height} 255\n`);
  const { stdout } = spawnSync('cjpeg', options, { input: Buffer.concat([header, pixels(width, height, seed)]) });
  return stdout;
}

/** Stands for the pixels: a difference of two pictures is no use to read. */
const digest = (bytes: Uint8Array): string => `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;

async function together(tiles: readonly CodedTile[]): Promise<{ joined: number; results: string[] }> {
  const decoder = new JoinedJpegDecoder();
  const results = await Promise.all(tiles.map((tile) => decoder.decode(tile)));
  return { joined: decoder.joinedCount, results: results.map(digest) };
}

const alone = (tiles: readonly CodedTile[]): Promise<string[]> =>
  Promise.all(tiles.map(async (tile) => digest(await decodeCodedTile(tile))));

describe('tiles of a slide from a scanner', () => {
  let reader: SlideReader;
  let tiles: CodedTile[];
  beforeAll(async () => {
    reader = await openSlide(svs);
    tiles = [];
    for (let row = 0; row < 5; row += 1) {
      for (let column = 0; column < 8; column += 1) {
        const stored = await reader.readStoredJpegTile!(0, column, row);
        tiles.push(tileOf(stored!.bytes, stored!.width, stored!.height, 'rgb'));
      }
    }
  });
  afterAll(async () => reader.close());

  it('are decoded together into the same bytes', async () => {
    const { joined, results } = await together(tiles);
    expect(joined).toBe(40);
    expect(results).toEqual(await alone(tiles));
  });

  it('keep none of the others in memory', async () => {
    const decoder = new JoinedJpegDecoder();
    for (const result of await Promise.all(tiles.map((tile) => decoder.decode(tile))))
      expect(result.buffer.byteLength).toBe(240 * 240 * 3);
  });

  it('fail alone where one is cut short or garbled, and the others come', async () => {
    const [first, second, third, fourth] = tiles as [CodedTile, CodedTile, CodedTile, CodedTile];
    const garbled = Buffer.from(third.planes[0]!);
    garbled.fill(0x55, Math.floor(garbled.length * 0.6), Math.floor(garbled.length * 0.9));
    const cut = tileOf(second.planes[0]!.subarray(0, 900), 240, 240, 'rgb');
    const odd = tileOf(garbled, 240, 240, 'rgb');
    const decoder = new JoinedJpegDecoder();
    const by = (decode: DecodeTile) =>
      Promise.all([first, cut, odd, fourth].map((tile) => decode(tile).then(digest, (error: unknown) => error)));
    const results = await by(decoder.decode);
    const expected = await by(decodeCodedTile);
    expect(results.map(String)).toEqual(expected.map(String));
    expect(results[0]).toMatch(/^172800 /);
    expect(results[1]).toBeInstanceOf(UndecodableTile);
    // The decoder takes what it can from garbled bits, and the same when others follow them.
    expect(results[2]).not.toBe((await alone([third]))[0]);
    expect(results[3]).toMatch(/^172800 /);
  });

  it('are left out when nobody waits for them any more', async () => {
    const decoder = new JoinedJpegDecoder();
    const leaving = new AbortController();
    const first = decoder.decode(tiles[0]!, leaving.signal);
    const second = decoder.decode(tiles[1]!);
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect([digest(await second)]).toEqual(await alone([tiles[1]!]));
    expect(decoder.joinedCount).toBe(0);
  });
});

describe('tiles that cannot be joined', () => {
  const size = { width: 32, height: 32 };
  const encoded = (seed: number, options: JpegOptions): Promise<Buffer> =>
    sharp(pixels(32, 32, seed), { raw: { ...size, channels: 3 } })
      .jpeg(options)
      .toBuffer();

  it.each([
    ['with colour subsampled downwards', { chromaSubsampling: '4:2:0' }],
    ['stored in passes', { chromaSubsampling: '4:4:4', progressive: true }],
  ] as const)('%s are decoded alone, into the same bytes', async (_name, options) => {
    const tiles = await Promise.all([1, 2, 3].map(async (seed) => tileOf(await encoded(seed, options), 32, 32)));
    const { joined, results } = await together(tiles);
    expect(joined).toBe(0);
    expect(results).toEqual(await alone(tiles));
  });

  it('of other quality, size or codec wait for their own kind', async () => {
    const of = async (seed: number, quality: number): Promise<CodedTile> =>
      tileOf(await encoded(seed, { chromaSubsampling: '4:4:4', optimiseCoding: false, quality }), 32, 32);
    const raw: CodedTile = { ...plain, codec: 'none', planes: [pixels(32, 32, 9)], ...size, meaning: 'rgb' };
    const tiles = [await of(1, 80), await of(2, 60), raw, await of(3, 80), await of(4, 60)];
    const { joined, results } = await together(tiles);
    expect(joined).toBe(4);
    expect(results).toEqual(await alone(tiles));
  });

  it('in part of a block below are decoded alone: their last row of blocks is padded', async () => {
    const stored = await sharp(pixels(32, 30, 1), { raw: { width: 32, height: 30, channels: 3 } })
      .jpeg({ chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect(joinable(stored)).toBeNull();
  });

  it('because they are joined already stay as they are', async () => {
    const parts = await Promise.all([1, 2].map((seed) => encoded(seed, { chromaSubsampling: '4:4:4' })));
    expect(joinable(joinJpegs(parts.map((part) => joinable(part)!)))).toBeNull();
  });
});

describe.skipIf(!hasCjpeg)(
  `tiles with colour subsampled sideways, as many scanners store them${hasCjpeg ? '' : ' (skipped: libjpeg-turbo-progs is not installed)'}`,
  () => {
    it.each([
      ['whole blocks', 48],
      ['a part of a block at the right', 40],
    ])('are decoded together: %s', async (_name, width) => {
      const tiles = Array.from({ length: 20 }, (_, seed) =>
        tileOf(cjpeg(width, 32, seed, '-sample', '2x1', '-quality', '70'), width, 32),
      );
      const { joined, results } = await together(tiles);
      expect(joined).toBe(20);
      expect(results).toEqual(await alone(tiles));
    });

    it('are decoded alone where they restart by themselves', async () => {
      const tiles = [1, 2].map((seed) => tileOf(cjpeg(48, 32, seed, '-sample', '2x1', '-restart', '1'), 48, 32));
      const { joined, results } = await together(tiles);
      expect(joined).toBe(0);
      expect(results).toEqual(await alone(tiles));
    });
  },
);
