/** Tiles that lie: every codec is held to the declared size, says what is wrong, and works again afterwards. */
import { deflateSync, zstdCompressSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { UndecodableTile, type Codec, type CodedTile } from '#main/slides/codecs/coded-tile.ts';
import { createTileDecoder, decodeCodedTile } from '#main/slides/codecs/decode-coded-tile.ts';
import { RandomStream } from '#common/random.ts';
import { encodeJpeg2000 } from '#tests/fixtures/tiff/encode-jpeg2000.ts';
import { encodeLzw } from '#tests/fixtures/tiff/lzw-encoder.ts';

const side = 32;
const values = Array.from({ length: side * side * 3 }, (_, at) => (at * 31 + (at >> 5)) & 255);
const pixels = Buffer.from(values);

const tile = (codec: Codec, stored: Uint8Array | null, changes: Partial<CodedTile> = {}): CodedTile => ({
  codec,
  planes: [stored],
  width: side,
  height: side,
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
  ...changes,
});

const raw = { raw: { width: side, height: side, channels: 3 } } as const;
const encoders: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  none: () => pixels,
  lzw: () => encodeLzw(pixels),
  deflate: () => deflateSync(pixels),
  zstd: () => zstdCompressSync(pixels),
  jpeg: () => sharp(pixels, raw).jpeg().toBuffer(),
  webp: () => sharp(pixels, raw).webp({ lossless: true }).toBuffer(),
  jpeg2000: () => encodeJpeg2000(values, side, side, 3, 8),
};
const codecs = Object.keys(encoders) as Codec[];

describe('a tile that is smaller than declared', () => {
  it.each(codecs)('is undecodable as %s', async (codec) => {
    const stored = await encoders[codec]!();
    for (const changes of [{ height: side + 1 }, { width: side + 8 }, { width: 1000, height: 1000 }]) {
      await expect(decodeCodedTile(tile(codec, stored, changes))).rejects.toBeInstanceOf(UndecodableTile);
    }
  });
});

describe('a tile whose bytes are damaged', () => {
  it.each(codecs.filter((codec) => codec !== 'none'))(
    'gives pixels or UndecodableTile as %s, never anything else',
    async (codec) => {
      const stored = await encoders[codec]!();
      const random = RandomStream.of(`damage-${codec}`);
      let refused = 0;
      for (let round = 0; round < 60; round++) {
        const bytes = Buffer.from(stored);
        for (let change = 0; change <= round % 4; change++)
          bytes[random.nextInteger(bytes.length)] = random.nextInteger(256);
        const damaged = round % 5 === 0 ? bytes.subarray(0, random.nextInteger(bytes.length)) : bytes;
        try {
          expect((await decodeCodedTile(tile(codec, damaged))).length).toBe(side * side * 3);
        } catch (error) {
          expect(error).toBeInstanceOf(UndecodableTile);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(5);
      // Nothing of it sticks to the decoder.
      const good = await decodeCodedTile(tile(codec, stored, { meaning: codec === 'jpeg' ? 'ycbcr' : 'rgb' }));
      if (codec !== 'jpeg') expect(Buffer.compare(good, pixels)).toBe(0);
    },
  );
});

describe('a bomb', () => {
  it('is cut off at the size of the tile', async () => {
    const zeros = Buffer.alloc(200_000_000);
    const bombs = { deflate: deflateSync(zeros), zstd: zstdCompressSync(zeros) };
    for (const [codec, stored] of Object.entries(bombs)) {
      await expect(decodeCodedTile(tile(codec as Codec, stored))).rejects.toThrow('to its declared size');
      await expect(decodeCodedTile(tile(`lerc-${codec}` as Codec, stored))).rejects.toThrow('to its declared size');
    }
  });

  it.each([
    ['a size of its own', (head: Buffer) => head.writeUInt32BE(60_000, 8), 'holds a 60000 x 32 JPEG 2000'],
    [
      'thousands of inner tiles',
      (head: Buffer) => void (head.writeUInt32BE(1, 24), head.writeUInt32BE(1, 28)),
      'of 1024 tiles',
    ],
    ['an offset', (head: Buffer) => void (head.writeUInt32BE(36, 8), head.writeUInt32BE(4, 16)), 'with an offset'],
    ['38 bits a sample', (head: Buffer) => head.writeUInt8(37, 42), 'of 38/8/8 bits'],
    ['signed colour', (head: Buffer) => [42, 45, 48].forEach((at) => head.writeUInt8(0x87, at)), 'cannot be shown'],
    ['odd sampling', (head: Buffer) => head.writeUInt8(3, 46), 'sampled 1x1 3x1 1x1'],
    ['sampling of nothing', (head: Buffer) => head.writeUInt8(0, 43), 'sampled 0x1'],
    ['tiles of no size', (head: Buffer) => head.writeUInt32BE(0, 24), 'no readable JPEG 2000'],
    ['more components', (head: Buffer) => head.writeUInt16BE(4, 40), 'no readable JPEG 2000'],
  ])('of JPEG 2000 with %s is refused by its header', async (_, change, message) => {
    const stored = Buffer.from(await encoders['jpeg2000']!());
    change(stored);
    await expect(decodeCodedTile(tile('jpeg2000', stored))).rejects.toThrow(message);
  });

  it('of JPEG 2000 with 65,535 layers and smallest precincts cannot make the decoder grow without end', async () => {
    const stored = Buffer.from(await encoders['jpeg2000']!());
    const codingStyle = stored.indexOf(Buffer.of(0xff, 0x52));
    stored.writeUInt16BE(65_535, codingStyle + 6);
    const before = process.memoryUsage().rss;
    await decodeCodedTile(tile('jpeg2000', stored)).catch((error: unknown) =>
      expect(error).toBeInstanceOf(UndecodableTile),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
    expect(Buffer.compare(await decodeCodedTile(tile('jpeg2000', await encoders['jpeg2000']!())), pixels)).toBe(0);
  });

  it('of JPEG 2000 as large as any tile may be is refused or decoded within what such a tile needs', async () => {
    // A header of 4096 x 4096 px over the data of 32 x 32: the decoder may take memory for the header's size, not more.
    const stored = Buffer.from(await encoders['jpeg2000']!());
    for (const at of [8, 12, 24, 28]) stored.writeUInt32BE(4096, at);
    const before = process.memoryUsage().rss;
    const read = decodeCodedTile(tile('jpeg2000', stored, { width: 4096, height: 4096 }));
    await read.catch((error: unknown) => expect(error).toBeInstanceOf(UndecodableTile));
    expect(process.memoryUsage().rss - before).toBeLessThan(800 * 1024 * 1024);
    expect(Buffer.compare(await decodeCodedTile(tile('jpeg2000', await encoders['jpeg2000']!())), pixels)).toBe(0);
  });

  it('of a size that no tile has is refused before anything is taken', async () => {
    for (const changes of [{ width: 1e6, height: 1e6 }, { width: 0 }, { height: -1 }, { width: Number.NaN }]) {
      await expect(decodeCodedTile(tile('none', pixels, changes))).rejects.toBeInstanceOf(UndecodableTile);
    }
  });
});

it('does not change the bytes it is given', async () => {
  const stored = Buffer.from(pixels);
  await decodeCodedTile(tile('none', stored, { predictor: 2 }));
  await decodeCodedTile(tile('none', stored, { meaning: 'ycbcr' }));
  expect(Buffer.compare(stored, pixels)).toBe(0);
});

it('reads JPEG 2000 inside a JP2 file, and believes that its colours are YCbCr', async () => {
  const codestream = await encoders['jpeg2000']!();
  const box = (type: string, ...inside: Uint8Array[]): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(8 + inside.reduce((sum, part) => sum + part.length, 0));
    return Buffer.concat([length, Buffer.from(type, 'latin1'), ...inside]);
  };
  const jp2 = (colourSpace: number): Buffer =>
    Buffer.concat([
      box('jP  ', Buffer.of(0x0d, 0x0a, 0x87, 0x0a)),
      box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
      box('jp2h', box('colr', Buffer.of(1, 0, 0, 0, 0, 0, colourSpace))),
      box('jp2c', codestream),
    ]);
  expect(Buffer.compare(await decodeCodedTile(tile('jpeg2000', jp2(16))), pixels)).toBe(0);
  const converted = await decodeCodedTile(tile('jpeg2000', codestream, { meaning: 'ycbcr' }));
  expect(Buffer.compare(await decodeCodedTile(tile('jpeg2000', jp2(18))), converted)).toBe(0);
  expect(Buffer.compare(converted, pixels)).not.toBe(0);
});

it('stops before it begins once nobody waits', async () => {
  const { decode } = createTileDecoder();
  await expect(decode(tile('none', pixels), AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
});
