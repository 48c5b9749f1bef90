/**
 * Where every directory of a TIFF, BigTIFF or SVS file lies, byte by byte, so that one can be taken out of a copy: links,
 * entries, values stored elsewhere, strips and tiles. It decodes nothing. Layout: TIFF 6.0, section 2; BigTIFF (Aware Systems).
 */
import type { FileHandle } from 'node:fs/promises';
import { TrefoilError } from '#common/errors.ts';

export interface ByteRange {
  readonly offset: number;
  readonly byteLength: number;
}

export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where the value's bytes lie: in the entry itself or elsewhere. */
  readonly value: ByteRange;
  readonly isElsewhere: boolean;
}

export interface TiffLayoutDirectory {
  /** Entry count, entries and the link to the next. */
  readonly range: ByteRange;
  /** Position of the link that points to this directory. */
  readonly linkAt: number;
  readonly next: number;
  readonly entries: readonly TiffEntry[];
}

export interface TiffLayout {
  readonly isBig: boolean;
  readonly isLittleEndian: boolean;
  readonly directories: readonly TiffLayoutDirectory[];
}

const typeBytes: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};
const maximumDirectories = 512;
const maximumEntries = 4096;
/** Largest list of offsets read: 8 million strips or tiles. */
const maximumValueBytes = 64 * 1024 * 1024;

/** null when it is no TIFF. Throws `file-invalid` for one whose directories do not make sense. */
export async function readTiffLayout(file: FileHandle, name: string): Promise<TiffLayout | null> {
  const { size } = await file.stat();
  const head = await readAt(file, 0, Math.min(16, size));
  if (head.length < 8) return null;
  const order = head.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return null;
  const isLittleEndian = order === 'II';
  const numbers = new Numbers(isLittleEndian);
  const version = numbers.at(head, 2, 2);
  if (version !== 42 && version !== 43) return null;
  const isBig = version === 43;
  if (isBig && head.length < 16) return null;
  const linkBytes = isBig ? 8 : 4;
  const countBytes = isBig ? 8 : 2;
  const entryBytes = isBig ? 20 : 12;
  const directories: TiffLayoutDirectory[] = [];
  let linkAt = isBig ? 8 : 4;
  let offset = numbers.at(head, linkAt, linkBytes);
  const seen = new Set<number>();
  while (offset !== 0) {
    const isSound = offset >= 8 && offset + countBytes <= size && !seen.has(offset);
    if (!isSound || directories.length >= maximumDirectories) throw damaged(name);
    seen.add(offset);
    const count = numbers.at(await readAt(file, offset, countBytes), 0, countBytes);
    const byteLength = countBytes + count * entryBytes + linkBytes;
    if (count > maximumEntries || offset + byteLength > size) throw damaged(name);
    const bytes = await readAt(file, offset, byteLength);
    const entries: TiffEntry[] = [];
    for (let index = 0; index < count; index += 1) {
      const at = countBytes + index * entryBytes;
      const type = numbers.at(bytes, at + 2, 2);
      const items = numbers.at(bytes, at + 4, linkBytes);
      const length = (typeBytes[type] ?? 0) * items;
      const isElsewhere = length > linkBytes;
      const valueAt = isElsewhere ? numbers.at(bytes, at + 4 + linkBytes, linkBytes) : offset + at + 4 + linkBytes;
      if (!Number.isSafeInteger(length) || valueAt + length > size) throw damaged(name);
      const value = { offset: valueAt, byteLength: length };
      entries.push({ tag: numbers.at(bytes, at, 2), type, count: items, value, isElsewhere });
    }
    const next = numbers.at(bytes, byteLength - linkBytes, linkBytes);
    directories.push({ range: { offset, byteLength }, linkAt, next, entries });
    linkAt = offset + byteLength - linkBytes;
    offset = next;
  }
  return { isBig, isLittleEndian, directories };
}

/** The whole numbers of an entry; empty for other types. */
export async function numbersOf(file: FileHandle, layout: TiffLayout, entry: TiffEntry | undefined): Promise<number[]> {
  const width = entry === undefined ? 0 : ({ 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 }[entry.type] ?? 0);
  if (entry === undefined || width === 0) return [];
  if (entry.value.byteLength > maximumValueBytes) {
    throw new TrefoilError('limit-exceeded', 'The TIFF lists too many tiles.', 'Use another copy of the slide.');
  }
  const bytes = await readAt(file, entry.value.offset, entry.value.byteLength);
  const numbers = new Numbers(layout.isLittleEndian);
  return Array.from({ length: entry.count }, (_, index) => numbers.at(bytes, index * width, width));
}

export async function textOf(file: FileHandle, entry: TiffEntry | undefined): Promise<string> {
  if (entry?.type !== 2 || entry.value.byteLength > 1024 * 1024) return '';
  return (await readAt(file, entry.value.offset, entry.value.byteLength)).toString('latin1').replace(/\0.*$/s, '');
}

/** Strips or tiles of a directory. */
export async function pixelRanges(
  file: FileHandle,
  layout: TiffLayout,
  directory: TiffLayoutDirectory,
): Promise<ByteRange[]> {
  const entryOf = (tag: number): TiffEntry | undefined => directory.entries.find((entry) => entry.tag === tag);
  const ranges: ByteRange[] = [];
  for (const [offsetTag, lengthTag] of [
    [273, 279],
    [324, 325],
    // The JPEG stream of old-style JPEG in TIFF.
    [513, 514],
  ] as const) {
    const offsets = await numbersOf(file, layout, entryOf(offsetTag));
    const lengths = await numbersOf(file, layout, entryOf(lengthTag));
    offsets.forEach((offset, index) => ranges.push({ offset, byteLength: lengths[index] ?? 0 }));
  }
  return ranges.filter(({ byteLength }) => byteLength > 0);
}

export async function readAt(file: FileHandle, offset: number, byteLength: number): Promise<Buffer> {
  const bytes = Buffer.alloc(byteLength);
  const { bytesRead } = await file.read(bytes, 0, byteLength, offset);
  return bytes.subarray(0, bytesRead);
}

class Numbers {
  private readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  at(bytes: Buffer, offset: number, width: number): number {
    if (width === 8) {
      return Number(this.little ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset));
    }
    return this.little ? bytes.readUIntLE(offset, width) : bytes.readUIntBE(offset, width);
  }
}

function damaged(name: string): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `The directories of ${name} do not make sense, so nothing can be taken out of it safely.`,
    'Use another copy of the slide.',
  );
}
