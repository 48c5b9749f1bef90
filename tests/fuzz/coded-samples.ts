/** The same small picture in every codec, and a bomb for each: few bytes that claim or unfold to very many pixels. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import sharp from 'sharp';
import { encodeLzw } from '#tests/fixtures/tiff/lzw-encoder.ts';

export const tilePx = 32;

/** RGB of a tile: smooth, so that no codec makes it larger. */
export function rgbTile(shade: number): Buffer {
  const rgb = Buffer.alloc(tilePx * tilePx * 3);
  for (let at = 0; at < rgb.length; at++) rgb[at] = (shade + (at % 3) * 40 + Math.floor(at / 96)) & 255;
  return rgb;
}

const raw = { width: tilePx, height: tilePx, channels: 3 as const };

export function jpegTile(rgb: Buffer, height = tilePx): Promise<Buffer> {
  return sharp(rgb, { raw: { ...raw, height } })
    .jpeg({ quality: 80, chromaSubsampling: '4:4:4', optimiseCoding: false })
    .toBuffer();
}

export function webpTile(rgb: Buffer): Promise<Buffer> {
  return sharp(rgb, { raw }).webp({ quality: 70 }).toBuffer();
}

interface Encoder {
  getDecodedBuffer(info: object): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setDecompositions(count: number): void;
  encode(): void;
  delete(): void;
}

/** One codestream after another through OpenJPEG's own encoder. */
export async function jpeg2000Encoder(): Promise<(rgb: Buffer) => Buffer> {
  const require = createRequire(import.meta.url);
  const create = require('@cornerstonejs/codec-openjpeg/wasmjs') as (options: object) => Promise<{
    readonly J2KEncoder: new () => Encoder;
  }>;
  const wasmBinary = readFileSync(require.resolve('@cornerstonejs/codec-openjpeg/wasm'));
  const { J2KEncoder } = await create({ wasmBinary, print: () => undefined, printErr: () => undefined });
  return (rgb) => {
    const encoder = new J2KEncoder();
    const info = { width: tilePx, height: tilePx, bitsPerSample: 8, componentCount: 3, isSigned: false };
    encoder.getDecodedBuffer({ ...info, isUsingColorTransform: true }).set(rgb);
    encoder.setDecompositions(2);
    encoder.encode();
    const bytes = Buffer.from(encoder.getEncodedBuffer());
    encoder.delete();
    return bytes;
  };
}

/** LERC 2, version 2, without compression: header, no mask, one byte "not compressed", the samples. */
export function lercTile(
  rgb: Buffer,
  size: { width: number; height: number } = { width: tilePx, height: tilePx },
): Buffer {
  const grey = Buffer.from(Array.from({ length: tilePx * tilePx }, (_, at) => rgb[at * 3] ?? 0));
  const head = Buffer.alloc(6 + 4 + 6 * 4 + 3 * 8 + 4 + 1);
  head.write('Lerc2 ', 0, 'latin1');
  const words = [2, size.height, size.width, size.height * size.width, 8, head.length + grey.length, 1];
  words.forEach((word, index) => head.writeInt32LE(word | 0, 6 + index * 4));
  [0.5, Math.min(...grey), Math.max(...grey)].forEach((value, index) => head.writeDoubleLE(value, 34 + index * 8));
  head.writeInt32LE(0, 58);
  head[62] = 1;
  return Buffer.concat([head, grey]);
}

/** Frame header of a JPEG changed to 65,500 x 65,500. */
export function withJpegSize(jpeg: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(jpeg);
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xda) break;
    if (marker < 0xc0 || marker > 0xc2) continue;
    bytes.writeUInt16BE(height, at + 5);
    bytes.writeUInt16BE(width, at + 7);
  }
  return bytes;
}

/** SIZ marker of a JPEG 2000 codestream: image and tile of `side` pixels, `tileSide` for its inner tiles. */
export function withJpeg2000Size(codestream: Buffer, side: number, tileSide: number): Buffer {
  const bytes = Buffer.from(codestream);
  for (const at of [8, 12]) bytes.writeUInt32BE(side, at);
  for (const at of [24, 28]) bytes.writeUInt32BE(tileSide, at);
  return bytes;
}

export interface Bomb {
  /** TIFF compression number it is for. */
  readonly compression: number;
  readonly bytes: Buffer;
}

export async function bombs(): Promise<Bomb[]> {
  const zeros = Buffer.alloc(64 * 1024 * 1024);
  const flat = { width: 6000, height: 6000, channels: 3 as const, background: '#808080' };
  const jpeg = await jpegTile(rgbTile(1));
  const jpeg2000 = (await jpeg2000Encoder())(rgbTile(1));
  return [
    { compression: 8, bytes: deflateSync(zeros, { level: 9 }) },
    { compression: 50_000, bytes: zstdCompressSync(zeros) },
    { compression: 5, bytes: encodeLzw(zeros.subarray(0, 4 * 1024 * 1024)) },
    { compression: 32_773, bytes: Buffer.alloc(65_536, Buffer.of(0x81, 0)) },
    { compression: 7, bytes: withJpegSize(jpeg, 65_500, 65_500) },
    { compression: 50_001, bytes: await sharp({ create: flat }).webp({ lossless: true, effort: 0 }).toBuffer() },
    { compression: 33_005, bytes: withJpeg2000Size(jpeg2000, 0x7fff_ffff, 0x7fff_ffff) },
    { compression: 33_005, bytes: withJpeg2000Size(jpeg2000, 60_000, 1) },
    { compression: 34_887, bytes: lercTile(rgbTile(1), { width: 60_000, height: 60_000 }) },
  ];
}
