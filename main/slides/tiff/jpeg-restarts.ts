/**
 * A JPEG inside a file, too large to be read whole: its tables and geometry, where its restart markers are, and a small
 * JPEG made of some of its runs (ITU-T T.81: a run between markers decodes by itself). The size in the frame header is
 * not used: it holds 16 bits only, and NDPI writes 0 or remainders there.
 */
import type { SlideFile } from '../slide-file.ts';
import { damaged } from './tiff-directory.ts';

export interface JpegStructure {
  /** Quantisation and Huffman tables, frame and scan header as stored. */
  readonly tables: readonly Buffer[];
  readonly frame: Buffer;
  readonly scan: Buffer;
  readonly components: number;
  readonly mcuWidth: number;
  readonly mcuHeight: number;
  /** MCUs between restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Position in the file of the first coded byte. */
  readonly scanStart: number;
}

const maximumHeaderBytes = 1024 * 1024;
const searchBytes = 1024 * 1024;

/** null when the bytes at `start` are no baseline JPEG of one scan, or its header does not end. */
export async function readJpegStructure(file: SlideFile, start: number, end: number): Promise<JpegStructure | null> {
  const length = Math.min(end - start, maximumHeaderBytes, file.byteLength - start);
  if (!(length >= 4)) return null;
  const head = await file.read(start, length, 'the header of a level');
  if (head[0] !== 0xff || head[1] !== 0xd8) return null;
  const tables: Buffer[] = [];
  let frame: Buffer | null = null;
  let restartInterval = 0;
  let at = 2;
  while (at + 4 <= head.length) {
    if (head[at] !== 0xff) return null;
    const marker = head[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const byteLength = 2 + head.readUInt16BE(at + 2);
    if (byteLength < 4 || at + byteLength > head.length) return null;
    const segment = Buffer.from(head.subarray(at, at + byteLength));
    if (marker === 0xdb || marker === 0xc4) tables.push(segment);
    else if (marker === 0xc0 || marker === 0xc1) frame = segment;
    else if (marker === 0xdd && byteLength === 6) restartInterval = segment.readUInt16BE(4);
    else if (marker > 0xc1 && marker < 0xd0 && marker !== 0xc8 && marker !== 0xcc) return null;
    at += byteLength;
    if (marker !== 0xda) continue;
    const geometry = frame && mcuOf(frame);
    if (!frame || !geometry || segment[4] !== geometry.components) return null;
    return { tables, frame, scan: segment, ...geometry, restartInterval, scanStart: start + at };
  }
  return null;
}

function mcuOf(frame: Buffer): { components: number; mcuWidth: number; mcuHeight: number } | null {
  const components = frame[9] ?? 0;
  if ((components !== 1 && components !== 3) || frame.length < 10 + 3 * components || frame[4] !== 8) return null;
  let across = 1;
  let down = 1;
  for (let component = 0; component < components && components > 1; component++) {
    const sampling = frame[11 + component * 3] as number;
    across = Math.max(across, sampling >> 4);
    down = Math.max(down, sampling & 15);
  }
  return across > 4 || down > 4 ? null : { components, mcuWidth: 8 * across, mcuHeight: 8 * down };
}

/** Where each of `count` runs begins, by searching for their markers a piece at a time. Throws `file-invalid`. */
export async function findRestarts(
  file: SlideFile,
  scanStart: number,
  end: number,
  count: number,
): Promise<Float64Array> {
  const starts = new Float64Array(count);
  starts[0] = scanStart;
  let found = 1;
  for (let from = scanStart; from < end && found < count; from += searchBytes) {
    // One byte more, so that a marker on the edge is seen.
    const piece = await file.read(from, Math.min(searchBytes + 1, end - from), 'a level');
    for (let at = piece.indexOf(0xff); at >= 0 && at + 1 < piece.length; at = piece.indexOf(0xff, at + 1)) {
      if (((piece[at + 1] as number) & 0xf8) !== 0xd0) continue;
      if (found < count) starts[found++] = from + at + 2;
    }
  }
  if (found < count) throw damaged(file, `a level has ${found} of ${count} runs of its JPEG`);
  return starts;
}

/** A JPEG of runs below each other, each as wide as the picture. Markers between them are numbered anew. */
export function smallJpeg(jpeg: JpegStructure, width: number, height: number, runs: readonly Buffer[]): Buffer {
  const frame = Buffer.from(jpeg.frame);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const parts: Buffer[] = [Buffer.of(0xff, 0xd8), ...jpeg.tables, frame];
  if (jpeg.restartInterval > 0) {
    parts.push(Buffer.of(0xff, 0xdd, 0, 4, jpeg.restartInterval >> 8, jpeg.restartInterval & 0xff));
  }
  parts.push(jpeg.scan);
  runs.forEach((run, index) => {
    if (index > 0) parts.push(Buffer.of(0xff, 0xd0 + ((index - 1) % 8)));
    parts.push(run);
  });
  parts.push(Buffer.of(0xff, 0xd9));
  return Buffer.concat(parts);
}
