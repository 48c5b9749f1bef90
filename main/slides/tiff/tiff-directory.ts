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
  9: 4, // SLONG
  11: 4, // FLOAT
  12: 8, // DOUBLE
  13: 4, // IFD
  16: 8, // LONG8
  18: 8, // IFD8
};

interface TagField {
  readonly type: number;
  readonly count: number;
  /** Where the values lie in the file. */
  readonly offset: number;
  /** NDPI: what a single LONG in its place has above 32 bits; else 0. */
  readonly high: number;
}

export interface TiffHeader {
  readonly littleEndian: boolean;
  readonly big: boolean;
  readonly firstDirectory: number;
  /** Bytes 8 to 12 of a classic file, where NDPI keeps the upper half of that position. */
  readonly firstDirectoryHigh: number;
}

/**
 * Hamamatsu's NDPI is a classic little-endian TIFF that may exceed 4 GB: links are 8 bytes long, and after each directory
 * lie the upper 32 bits of every entry's value or position (found out by OpenSlide). `ndpi` says that a file is so.
 */
export interface DirectoryLayout extends TiffHeader {
  readonly ndpi: boolean;
}

/** Marks every page of an NDPI file. */
export const ndpiFormatTag = 65_420;
const twoTo32 = 2 ** 32;

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

  /** How many values a tag claims; 0 when absent. */
  count(tag: number): number {
    return this.#fields.get(tag)?.count ?? 0;
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
    const bytesEach = field && ![2, 5, 9, 11, 12].includes(field.type) ? typeBytes[field.type] : undefined;
    if (!field || bytesEach === undefined) return null;
    if (field.count > maximumCount) throw tooMany(this.#file, `tag ${tag}`, field.count, maximumCount);
    const buffer = await this.#file.read(field.offset, field.count * bytesEach, `tag ${tag}`);
    this.#file.memory.check(field.count * 8, `tag ${tag}`, this.#file.name);
    const values = new Float64Array(field.count);
    for (let index = 0; index < field.count; index++) {
      values[index] = readInteger(buffer, index * bytesEach, bytesEach, this.#header.littleEndian);
    }
    if (field.high > 0 && field.count === 1) values[0] = (values[0] ?? 0) + field.high * twoTo32;
    return values;
  }

  /** Length of a BYTE or UNDEFINED tag; 0 when absent. */
  byteLength(tag: number): number {
    const field = this.#fields.get(tag);
    return field && typeBytes[field.type] === 1 ? field.count : 0;
  }

  /** First value of a FLOAT, DOUBLE, RATIONAL, SLONG or unsigned tag; null when absent. */
  async number(tag: number): Promise<number | null> {
    const field = this.#fields.get(tag);
    if (!field || field.count < 1) return null;
    if (field.type === 5) return this.rational(tag);
    if (![9, 11, 12].includes(field.type)) return (await this.integers(tag))?.[0] ?? null;
    const buffer = await this.#file.read(field.offset, typeBytes[field.type] ?? 4, `tag ${tag}`);
    const little = this.#header.littleEndian;
    if (field.type === 9) return little ? buffer.readInt32LE(0) : buffer.readInt32BE(0);
    if (field.type === 11) return little ? buffer.readFloatLE(0) : buffer.readFloatBE(0);
    return little ? buffer.readDoubleLE(0) : buffer.readDoubleBE(0);
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
  if (version === 42) {
    const firstDirectoryHigh = bytes.length >= 12 ? readInteger(bytes, 8, 4, littleEndian) : 0;
    return { littleEndian, big: false, firstDirectory: readInteger(bytes, 4, 4, littleEndian), firstDirectoryHigh };
  }
  if (version !== 43 || bytes.length < 16 || readInteger(bytes, 4, 2, littleEndian) !== 8) return null;
  return { littleEndian, big: true, firstDirectory: readInteger(bytes, 8, 8, littleEndian), firstDirectoryHigh: 0 };
}

export interface LinkedDirectory {
  readonly directory: TiffDirectory;
  readonly offset: number;
}

export interface DirectoryChain {
  readonly directories: readonly LinkedDirectory[];
  readonly layout: DirectoryLayout;
}

/** The chain of directories from the header on. Throws `file-invalid`, `file-truncated` or `limit-exceeded`. */
export async function readDirectories(file: SlideFile, header: TiffHeader): Promise<DirectoryChain> {
  const layout = await directoryLayout(file, header);
  const directories: LinkedDirectory[] = [];
  const seen = new Set<number>();
  let offset = layout.firstDirectory;
  while (offset !== 0) {
    if (seen.has(offset)) throw damaged(file, `its directory at byte ${offset} is linked twice`);
    if (directories.length >= tiffLimits.directories) {
      throw tooMany(file, 'pages', directories.length + 1, tiffLimits.directories);
    }
    seen.add(offset);
    const { directory, next } = await readDirectory(file, layout, offset);
    directories.push({ directory, offset });
    offset = next;
  }
  if (directories.length === 0) throw damaged(file, 'it has no pages');
  return { directories, layout };
}

async function directoryLayout(file: SlideFile, header: TiffHeader): Promise<DirectoryLayout> {
  if (header.big || !header.littleEndian || header.firstDirectory === 0) return { ...header, ndpi: false };
  const far = header.firstDirectory + header.firstDirectoryHigh * twoTo32;
  for (const firstDirectory of far === header.firstDirectory ? [far] : [far, header.firstDirectory]) {
    if (firstDirectory >= file.byteLength) continue;
    const layout = { ...header, firstDirectory, ndpi: true };
    try {
      const { directory } = await readDirectory(file, layout, firstDirectory);
      if (directory.has(ndpiFormatTag)) return layout;
    } catch (error) {
      // Then it is no NDPI there; what is wrong with the file shows when it is read as TIFF.
      if (!(error instanceof TrefoilError)) throw error;
    }
  }
  return { ...header, ndpi: false };
}

/** One directory and the position of the next (0 at the end). */
export async function readDirectory(
  file: SlideFile,
  layout: DirectoryLayout,
  offset: number,
): Promise<{ directory: TiffDirectory; next: number }> {
  const { littleEndian, big } = layout;
  const countBytes = big ? 8 : 2;
  const entryBytes = big ? 20 : 12;
  const wordBytes = big ? 8 : 4;
  // Smaller NDPI files are read as plain TIFF: the upper halves could only be 0.
  const far = layout.ndpi && file.byteLength > twoTo32;
  const count = readInteger(await file.read(offset, countBytes, 'a directory'), 0, countBytes, littleEndian);
  if (count === 0) throw damaged(file, `its directory at byte ${offset} is empty`);
  if (count > tiffLimits.tagsPerDirectory) throw tooMany(file, 'tags', count, tiffLimits.tagsPerDirectory);
  const start = offset + countBytes;
  const linkBytes = far ? 8 : wordBytes;
  const highAt = count * entryBytes + linkBytes;
  const bytes = await file.read(start, highAt + (far ? count * 4 : 0), 'a directory');
  const fields = new Map<number, TagField>();
  for (let index = 0; index < count; index++) {
    const at = index * entryBytes;
    const type = readInteger(bytes, at + 2, 2, littleEndian);
    const bytesEach = typeBytes[type];
    if (bytesEach === undefined) continue;
    const valueCount = readInteger(bytes, at + 4, wordBytes, littleEndian);
    const valueAt = at + 4 + wordBytes;
    const inPlace = valueCount * bytesEach <= wordBytes;
    const high = far ? readInteger(bytes, highAt + index * 4, 4, littleEndian) : 0;
    const position = readInteger(bytes, valueAt, wordBytes, littleEndian) + high * twoTo32;
    fields.set(readInteger(bytes, at, 2, littleEndian), {
      type,
      count: valueCount,
      offset: inPlace ? start + valueAt : position,
      high: inPlace && type === 4 ? high : 0,
    });
  }
  const next = readInteger(bytes, count * entryBytes, linkBytes, littleEndian);
  return { directory: new TiffDirectory(file, layout, fields), next };
}

export function damaged(file: SlideFile, what: string): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file.name} is not a sound TIFF file: ${what}.`,
    'Copy the slide again from its source, or export it again from the scanner.',
  );
}

export function tooMany(file: SlideFile, what: string, count: number, limit: number): TrefoilError {
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
