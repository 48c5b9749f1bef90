/**
 * One stored tile or strip of a TIFF page as 8-bit RGB. The output size is known before decoding starts and every decoder
 * is held to it, so a decompression bomb ends as `file-invalid` and not as memory.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import sharp from 'sharp';
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../slide-file.ts';
import { assembleJpeg } from './jpeg-stream.ts';
import { decodeLzw } from './lzw.ts';
import type { TiffPage } from './tiff-page.ts';

const inflateAsync = promisify(inflate) as (input: Uint8Array, options: object) => Promise<Buffer>;

/** What the decoders here cannot do with this page, in words; null when all is well. */
export function unsupportedLayout(page: TiffPage): string | null {
  if (page.bits.some((bits) => bits !== 8)) return `${page.bits.join('/')} bits a sample instead of 8`;
  if (![1, 3, 4].includes(page.samples)) return `${page.samples} samples a pixel`;
  const jpeg = page.compression === 7;
  if (page.samples === 1 ? page.photometric > 1 : page.photometric !== 2 && !(jpeg && page.photometric === 6)) {
    return `photometric interpretation ${page.photometric}`;
  }
  if (jpeg && page.samples === 4) return 'JPEG with four samples a pixel';
  if (page.predictor !== 1 && page.predictor !== 2) return `predictor ${page.predictor}`;
  return null;
}

/** Rows that are stored for tile `row`: strips end with the page, tiles are padded. */
export function storedRows(page: TiffPage, row: number): number {
  return page.tiled ? page.tileHeight : Math.min(page.tileHeight, page.height - row * page.tileHeight);
}

/** tileWidth * storedRows * 3 bytes. Throws `file-invalid` or `file-truncated`. */
export async function decodeTile(file: SlideFile, page: TiffPage, column: number, row: number): Promise<Uint8Array> {
  const rows = storedRows(page, row);
  const pixels = page.tileWidth * rows;
  file.memory.check(pixels * Math.max(3, page.samples), 'a tile', file.name);
  const index = row * page.tilesAcross + column;
  if (!page.planar) {
    const bytes = await decodePlane(file, page, index, rows, page.samples);
    return bytes ? toRgb(page, bytes, pixels) : new Uint8Array(pixels * 3).fill(255);
  }
  const interleaved = new Uint8Array(pixels * page.samples).fill(255);
  for (let sample = 0; sample < page.samples; sample++) {
    const plane = await decodePlane(file, page, index + sample * page.tilesAcross * page.tilesDown, rows, 1);
    if (!plane) continue;
    for (let at = 0; at < pixels; at++) interleaved[at * page.samples + sample] = plane[at] as number;
  }
  return toRgb(page, interleaved, pixels);
}

/** Samples as stored, predictor undone; null when the tile is not stored. */
async function decodePlane(
  file: SlideFile,
  page: TiffPage,
  index: number,
  rows: number,
  samples: number,
): Promise<Uint8Array | null> {
  const offset = page.offsets[index] ?? 0;
  const byteCount = page.byteCounts[index] ?? 0;
  if (byteCount === 0) return null;
  const wanted = page.tileWidth * rows * samples;
  const what = `tile ${index}`;
  // Compressed data far larger than the pixels is a lie about the length, not a slide.
  if (byteCount > 2 * wanted + 65_536 && page.compression !== 1) {
    throw damagedTile(file, index, `claims ${byteCount} bytes for ${wanted} bytes of pixels`);
  }
  if (page.compression === 1) {
    if (byteCount < wanted) throw damagedTile(file, index, `has ${byteCount} of ${wanted} bytes`);
    return undoPredictor(page, await file.read(offset, wanted, what), rows, samples);
  }
  const stored = await file.read(offset, byteCount, what);
  if (page.compression === 7) return decodeJpeg(file, page, index, stored, rows, samples);
  const bytes = page.compression === 5 ? decodeLzw(stored, wanted) : await inflateBounded(file, index, stored, wanted);
  if (!bytes || bytes.length !== wanted) throw damagedTile(file, index, 'does not decode to its declared size');
  return undoPredictor(page, bytes, rows, samples);
}

async function inflateBounded(file: SlideFile, index: number, stored: Buffer, wanted: number): Promise<Uint8Array> {
  try {
    return await inflateAsync(stored, { maxOutputLength: wanted, chunkSize: Math.max(64, Math.min(wanted, 1 << 18)) });
  } catch (error) {
    throw damagedTile(file, index, 'cannot be inflated to its declared size', error);
  }
}

async function decodeJpeg(
  file: SlideFile,
  page: TiffPage,
  index: number,
  stored: Buffer,
  rows: number,
  samples: number,
): Promise<Uint8Array> {
  const colour = samples === 1 ? 'grey' : page.photometric === 2 ? 'rgb' : 'ycbcr';
  const frame = assembleJpeg(stored, page.jpegTables, colour);
  if (!frame) throw damagedTile(file, index, 'is no readable JPEG');
  const { width, height, components } = frame;
  if (width !== page.tileWidth || height < rows || height > page.tileHeight || components !== samples) {
    throw damagedTile(file, index, `holds a ${width} x ${height} JPEG of ${components} components`);
  }
  try {
    const decoder = sharp(frame.stream, { failOn: 'error', limitInputPixels: width * height, sequentialRead: true });
    // Without a colour space of its own sharp would make three samples of grey.
    const { data, info } = await decoder
      .toColourspace(samples === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width === width && info.height === height && info.channels === samples) {
      return data.subarray(0, width * rows * samples);
    }
  } catch (error) {
    throw damagedTile(file, index, 'cannot be decoded as JPEG', error);
  }
  throw damagedTile(file, index, 'decodes to another size than declared');
}

/** Predictor 2: each sample is stored as its difference from the one to its left. */
function undoPredictor(page: TiffPage, bytes: Uint8Array, rows: number, samples: number): Uint8Array {
  if (page.predictor !== 2) return bytes;
  const rowBytes = page.tileWidth * samples;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * rowBytes;
    for (let at = row * rowBytes + samples; at < end; at++) {
      bytes[at] = (bytes[at] as number) + (bytes[at - samples] as number);
    }
  }
  return bytes;
}

/** Grey becomes three equal samples; transparency is laid on white, as slides are shown. */
function toRgb(page: TiffPage, bytes: Uint8Array, pixels: number): Uint8Array {
  if (page.samples === 3) return bytes;
  const rgb = new Uint8Array(pixels * 3);
  if (page.samples === 1) {
    const flip = page.photometric === 0 ? 255 : 0;
    for (let at = 0; at < pixels; at++) rgb.fill((bytes[at] as number) ^ flip, at * 3, at * 3 + 3);
    return rgb;
  }
  for (let at = 0; at < pixels; at++) {
    const alpha = page.extraSample === 0 ? 255 : (bytes[at * 4 + 3] as number);
    for (let sample = 0; sample < 3; sample++) {
      const value = bytes[at * 4 + sample] as number;
      const colour = page.extraSample === 1 ? value : (value * alpha) / 255;
      rgb[at * 3 + sample] = Math.min(255, Math.round(colour + 255 - alpha));
    }
  }
  return rgb;
}

function damagedTile(file: SlideFile, index: number, what: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file.name} is damaged: tile ${index} ${what}.`,
    'Copy the slide again from its source. If the damage stays, scan or export it again.',
    { tile: index },
    cause,
  );
}
