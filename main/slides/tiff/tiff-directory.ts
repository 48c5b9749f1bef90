/**
 * The structure of a classic TIFF or BigTIFF: a bounded list of directories of tags, nothing about pixels.
 * Every count is checked against the file's size and a limit before memory is taken; chains that loop are refused.
 * Why not a library: docs/decisions/0002-tiff-structure.md.
 */
import { TrefoilError } from '#common/errors.ts';
import type { SlideFile } from '../slide-file.ts';

/** Far above real slides (some 20 pages of some 30 tags), far below what costs time. */
export const tiffLimits = {
  directories: 256,
  tagsPerDirectory: 512,
  /** Values of one tag: the tile offsets of a slide of 500,000 x 500,000 px in 256 px tiles. */
  valuesPerTag: 4 * 1024 * 1024,
} as const;

/** Bytes per value of each TIFF field type; types not listed are skipped, as the specification asks. */
const typeBytes: Readonly<Record<number, number>> = {
  1: 1, // BYTE
  2: 1, // ASCII
  3: 2, // SHORT
  4: 4, // LONG
  5: 8, // RATIONAL
  7: 1, // UNDEFINED
  13: 4, // IFD
  16: 8, // LONG8
  18: 8, // IFD8
};

interface TagField {
  readonly type: number;
  readonly count: number;
  /** Where the values lie in the file. */
  readonly offset: number;
}

export interface TiffHeader {
  readonly littleEndian: boolean;
  readonly big: boolean;
  readonly firstDirectory: number;
}

export class TiffDirectory {
  readonly #file: SlideFile;
  readonly #header: TiffHeader;
  readonly #fields: ReadonlyMap<number, TagField>;

  constructor(file: SlideFile, header: TiffHeader, fields: ReadonlyMap<number, TagField>) {
    this.#file = file;
    this.#header = header;
    this.#fields = fields;
  }

  get littleEndian(): boolean {
    return this.#header.littleEndian;
  }

  has(tag: number): boolean {
    return this.#fields.has(tag);
  }

  /** Raw bytes of a BYTE, ASCII or UNDEFINED tag; null when absent. At most `maximumBytes`, else `limit-exceeded`. */
  async bytes(tag: number, maximumBytes: number): Promise<Buffer | null> {
    const field = this.#fields.get(tag);
    if (!field || typeBytes[field.type] !== 1) return null;
    if (field.count > maximumBytes) throw tooMany(this.#file, `tag ${tag}`, field.count, maximumBytes);
    return this.#file.read(field.offset, field.count, `tag ${tag}`);
  }

  async text(tag: number, maximumBytes: number): Promise<string> {
    const bytes = await this.bytes(tag, maximumBytes);
    return bytes ? bytes.toString('utf8').replace(/\0[^]*$/, '') : '';
  }

  /** Values of an integer tag; null when absent or of another type. */
  async integers(tag: number, maximumCount: number = tiffLimits.valuesPerTag): Promise<Float64Array | null> {
    const field = this.#fields.get(tag);
    const bytesEach = field && field.type !== 5 && field.type !== 2 ? typeBytes[field.type] : undefined;
    if (!field || bytesEach === undefined) return null;
    if (field.count > maximumCount) throw tooMany(this.#file, `tag ${tag}`, field.count, maximumCount);
    const buffer = await this.#file.read(field.offset, field.count * bytesEach, `tag ${tag}`);
    this.#file.memory.check(field.count * 8, `tag ${tag}`, this.#file.name);
    const values = new Float64Array(field.count);
    for (let index = 0; index < field.count; index++) {
      values[index] = readInteger(buffer, index * bytesEach, bytesEach, this.#header.littleEndian);
    }
    return values;
  }

  async integer(tag: number): Promise<number | null> {
    return (await this.integers(tag))?.[0] ?? null;
  }

  /** First value of a RATIONAL tag; null when absent or divided by zero. */
  async rational(tag: number): Promise<number | null> {
    const field = this.#fields.get(tag);
    if (!field || field.type !== 5 || field.count < 1) return null;
    const buffer = await this.#file.read(field.offset, 8, `tag ${tag}`);
    const denominator = readInteger(buffer, 4, 4, this.#header.littleEndian);
    return denominator === 0 ? null : readInteger(buffer, 0, 4, this.#header.littleEndian) / denominator;
  }
}

/** The header, or null when the bytes are no TIFF. */
export function parseTiffHeader(bytes: Buffer): TiffHeader | null {
  if (bytes.length < 8) return null;
  const order = bytes.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const littleEndian = order === 'II';
  const version = readInteger(bytes, 2, 2, littleEndian);
  if (version === 42) return { littleEndian, big: false, firstDirectory: readInteger(bytes, 4, 4, littleEndian) };
  if (version !== 43 || bytes.length < 16 || readInteger(bytes, 4, 2, littleEndian) !== 8) return null;
  return { littleEndian, big: true, firstDirectory: readInteger(bytes, 8, 8, littleEndian) };
}

/** The chain of directories from the header on. Throws `file-invalid`, `file-truncated` or `limit-exceeded`. */
export async function readDirectories(file: SlideFile, header: TiffHeader): Promise<TiffDirectory[]> {
  const directories: TiffDirectory[] = [];
  const seen = new Set<number>();
  let offset = header.firstDirectory;
  while (offset !== 0) {
    if (seen.has(offset)) throw damaged(file, `its directory at byte ${offset} is linked twice`);
    if (directories.length >= tiffLimits.directories) {
      throw tooMany(file, 'pages', directories.length + 1, tiffLimits.directories);
    }
    seen.add(offset);
    const { directory, next } = await readDirectory(file, header, offset);
    directories.push(directory);
    offset = next;
  }
  if (directories.length === 0) throw damaged(file, 'it has no pages');
  return directories;
}

/** One directory and the position of the next (0 at the end). */
export async function readDirectory(
  file: SlideFile,
  header: TiffHeader,
  offset: number,
): Promise<{ directory: TiffDirectory; next: number }> {
  const { littleEndian, big } = header;
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const wordBytes = big ? 8 : 4;
  const count = readInteger(await file.read(offset, countBytes, 'a directory'), 0, countBytes, littleEndian);
  if (count === 0) throw damaged(file, `its directory at byte ${offset} is empty`);
  if (count > tiffLimits.tagsPerDirectory) throw tooMany(file, 'tags', count, tiffLimits.tagsPerDirectory);
  const start = offset + countBytes;
  const bytes = await file.read(start, count * entryBytes + wordBytes, 'a directory');
  const fields = new Map<number, TagField>();
  for (let index = 0; index < count; index++) {
    const at = index * entryBytes;
    const type = readInteger(bytes, at + 2, 2, littleEndian);
    const bytesEach = typeBytes[type];
    if (bytesEach === undefined) continue;
    const valueCount = readInteger(bytes, at + 4, wordBytes, littleEndian);
    const valueAt = at + 4 + wordBytes;
    const inPlace = valueCount * bytesEach <= wordBytes;
    fields.set(readInteger(bytes, at, 2, littleEndian), {
      type,
      count: valueCount,
      offset: inPlace ? start + valueAt : readInteger(bytes, valueAt, wordBytes, littleEndian),
    });
  }
  const next = readInteger(bytes, count * entryBytes, wordBytes, littleEndian);
  return { directory: new TiffDirectory(file, header, fields), next };
}

export function damaged(file: SlideFile, what: string): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file.name} is not a sound TIFF file: ${what}.`,
    'Copy the slide again from its source, or export it again from the scanner.',
  );
}

function tooMany(file: SlideFile, what: string, count: number, limit: number): TrefoilError {
  return new TrefoilError(
    'limit-exceeded',
    `${file.name} claims ${count} ${what.startsWith('tag ') ? `values in ${what}` : what}; at most ${limit} are read.`,
    'The file is probably damaged. Copy the slide again from its source.',
    { count, limit },
  );
}

/** An unsigned integer of 1, 2, 4 or 8 bytes; above 2^53 it is rounded, which every later bound refuses. */
function readInteger(buffer: Buffer, offset: number, byteLength: number, littleEndian: boolean): number {
  switch (byteLength) {
    case 1:
      return buffer.readUInt8(offset);
    case 2:
      return littleEndian ? buffer.readUInt16LE(offset) : buffer.readUInt16BE(offset);
    case 4:
      return littleEndian ? buffer.readUInt32LE(offset) : buffer.readUInt32BE(offset);
    default:
      return Number(littleEndian ? buffer.readBigUInt64LE(offset) : buffer.readBigUInt64BE(offset));
  }
}
