/**
 * Class probabilities of one slide as a pyramidal OME-TIFF (OME-TIFF specification 6.0, "Sub-resolutions"): one channel a
 * class, one pixel a cell of the tile grid, 32-bit floats from 0 to 1. A cell without a tile is 0 in every channel; everywhere
 * else the channels add up to 1, so their sum is the mask. Reduced copies, each half the one before, are sub-images.
 */
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { throwIfCancelled } from '#common/errors.ts';
import type { ExportTile } from './geojson.ts';
import { omeXml, type OmeImage } from './ome-xml.ts';
import { TiffWriter, type TiffField } from './tiff-writer.ts';

export interface ProbabilityImage {
  readonly tiles: readonly Pick<ExportTile, 'column' | 'row' | 'probabilities'>[];
  /** Its width and height are the grid's columns and rows. */
  readonly about: OmeImage;
  /** Left out: when classic TIFF, which ends at 4 GB, might not do. */
  readonly bigTiff?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Must be a multiple of 16. */
const tilePx = 256;
const bytesPerSample = 4;
const classicLimitBytes = 4_000_000_000;
const zip = promisify(deflate);

export async function writeOmeTiff(file: FileHandle, image: ProbabilityImage): Promise<void> {
  const { about, tiles, signal } = image;
  const writer = new TiffWriter(file, image.bigTiff ?? needsBigTiff(about));
  const directories = [];
  for (const channel of about.channels.keys()) {
    const levels: TiffField[][] = [];
    let plane = planeOf(tiles, about, channel);
    for (let level = 0; ; level += 1) {
      throwIfCancelled(signal);
      levels.push(await writeLevel(writer, plane, level, about));
      if (Math.max(plane.width, plane.height) <= tilePx) break;
      plane = halved(plane);
    }
    const [full = [], ...reduced] = levels;
    const description: TiffField[] = channel === 0 ? [{ tag: 270, type: 'ascii', value: omeXml(about) }] : [];
    directories.push({ fields: [...full, ...description], subDirectories: reduced });
  }
  await writer.finish(directories);
}

/** Whether 4 GB might not do. Uncompressed: float noise may hardly shrink. Of halves of halves the sum is a third. */
export function needsBigTiff({ width, height, channels }: OmeImage): boolean {
  const padded = (length: number): number => Math.ceil(length / tilePx) * tilePx;
  return padded(width) * padded(height) * bytesPerSample * channels.length * 1.5 > classicLimitBytes;
}

interface Plane {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /** How much of a pixel's cells have a tile, 0 to 1. */
  readonly cover: Float32Array;
}

function planeOf(tiles: ProbabilityImage['tiles'], { width, height }: OmeImage, channel: number): Plane {
  const values = new Float32Array(width * height);
  const cover = new Float32Array(width * height);
  for (const { column, row, probabilities } of tiles) {
    if (column >= width || row >= height) continue;
    values[row * width + column] = probabilities[channel] ?? 0;
    cover[row * width + column] = 1;
  }
  return { width, height, values, cover };
}

/** The mean of the tiles under a pixel; cells without one take no part, or every edge of tissue would fade. */
function halved({ width, height, values, cover }: Plane): Plane {
  const next = { width: Math.max(1, width >> 1), height: Math.max(1, height >> 1) };
  const half = {
    values: new Float32Array(next.width * next.height),
    cover: new Float32Array(next.width * next.height),
  };
  for (let y = 0; y < next.height; y += 1) {
    for (let x = 0; x < next.width; x += 1) {
      let sum = 0;
      let weight = 0;
      for (const [dx, dy] of quarters) {
        const [column, row] = [Math.min(2 * x + dx, width - 1), Math.min(2 * y + dy, height - 1)];
        const share = cover[row * width + column] ?? 0;
        sum += share * (values[row * width + column] ?? 0);
        weight += share;
      }
      half.values[y * next.width + x] = weight === 0 ? 0 : sum / weight;
      half.cover[y * next.width + x] = weight / quarters.length;
    }
  }
  return { ...next, ...half };
}

const quarters = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

async function writeLevel(writer: TiffWriter, plane: Plane, level: number, about: OmeImage): Promise<TiffField[]> {
  const offsets: number[] = [];
  const byteCounts: number[] = [];
  for (let y = 0; y < plane.height; y += tilePx) {
    for (let x = 0; x < plane.width; x += tilePx) {
      const bytes = await zip(tileBytes(plane, x, y));
      offsets.push(await writer.append(bytes));
      byteCounts.push(bytes.byteLength);
    }
  }
  const perCentimetre = (pixelUm: number): [number, number] => ratio(10_000 / (pixelUm * 2 ** level));
  return [
    { tag: 254, type: 'long', value: [level === 0 ? 0 : 1] },
    { tag: 256, type: 'long', value: [plane.width] },
    { tag: 257, type: 'long', value: [plane.height] },
    { tag: 258, type: 'short', value: [bytesPerSample * 8] },
    // Deflate as zlib writes it.
    { tag: 259, type: 'short', value: [8] },
    // 0 is black.
    { tag: 262, type: 'short', value: [1] },
    { tag: 277, type: 'short', value: [1] },
    { tag: 282, type: 'rational', value: perCentimetre(about.pixelUmX) },
    { tag: 283, type: 'rational', value: perCentimetre(about.pixelUmY) },
    { tag: 284, type: 'short', value: [1] },
    { tag: 296, type: 'short', value: [3] },
    { tag: 305, type: 'ascii', value: about.creator },
    { tag: 322, type: 'long', value: [tilePx] },
    { tag: 323, type: 'long', value: [tilePx] },
    { tag: 324, type: 'offset', value: offsets },
    { tag: 325, type: 'long', value: byteCounts },
    // IEEE floating point.
    { tag: 339, type: 'short', value: [3] },
  ];
}

/** Always whole tiles: beyond the image they are 0. */
function tileBytes({ width, height, values }: Plane, left: number, top: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(tilePx * tilePx * bytesPerSample));
  for (let y = top; y < Math.min(top + tilePx, height); y += 1) {
    for (let x = left; x < Math.min(left + tilePx, width); x += 1) {
      const at = ((y - top) * tilePx + (x - left)) * bytesPerSample;
      bytes.setFloat32(at, values[y * width + x] ?? 0, true);
    }
  }
  return new Uint8Array(bytes.buffer);
}

function ratio(value: number): [number, number] {
  const denominator = Math.max(1, Math.min(1_000_000, Math.floor(4_000_000_000 / Math.max(value, 1))));
  return [Math.max(1, Math.round(value * denominator)), denominator];
}
