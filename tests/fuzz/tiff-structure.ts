/** Where the parts of a sound TIFF lie, so that mutations hit structure: entries, links, stored tiles. For sound files only. */

export interface TiffEntry {
  readonly at: number;
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Where the values lie, in the entry or elsewhere. */
  readonly valuesAt: number;
  readonly valueBytes: number;
}

export interface TiffStructure {
  readonly little: boolean;
  readonly big: boolean;
  readonly entryBytes: number;
  readonly wordBytes: number;
  readonly entries: readonly TiffEntry[];
  /** Positions that hold the offset of a directory: header, ends of directories, values of SubIFDs. */
  readonly links: readonly number[];
  readonly directories: readonly number[];
  readonly tiles: readonly { readonly offsetAt: number; readonly byteCountAt: number; readonly compression: number }[];
}

const typeBytes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 11: 4, 16: 8 };

export function tiffStructure(bytes: Buffer): TiffStructure {
  const little = bytes[0] === 0x49;
  const big = readNumber(bytes, 2, 2, little) === 43;
  const wordBytes = big ? 8 : 4;
  const entryBytes = big ? 20 : 12;
  const read = (at: number, length: number): number => readNumber(bytes, at, length, little);
  const entries: TiffEntry[] = [];
  const links: number[] = [];
  const directories: number[] = [];
  const tiles: { offsetAt: number; byteCountAt: number; compression: number }[] = [];
  const queue = [big ? 8 : 4];
  for (let link = queue.shift(); link !== undefined; link = queue.shift()) {
    links.push(link);
    const start = read(link, wordBytes);
    if (start === 0 || directories.includes(start)) continue;
    directories.push(start);
    const countBytes = big ? 8 : 2;
    const count = read(start, countBytes);
    const own: TiffEntry[] = [];
    for (let index = 0; index < count; index++) {
      const at = start + countBytes + index * entryBytes;
      const type = read(at + 2, 2);
      const valueBytes = typeBytes[type] ?? 1;
      const values = read(at + 4, wordBytes);
      const inPlace = at + 4 + wordBytes;
      const valuesAt = values * valueBytes <= wordBytes ? inPlace : read(inPlace, wordBytes);
      own.push({ at, tag: read(at, 2), type, count: values, valuesAt, valueBytes });
    }
    entries.push(...own);
    const find = (...tags: number[]): TiffEntry | undefined => own.find(({ tag }) => tags.includes(tag));
    const compressionEntry = find(259);
    const compression = compressionEntry ? read(compressionEntry.valuesAt, compressionEntry.valueBytes) : 1;
    const offsets = find(324, 273);
    const byteCounts = find(325, 279);
    for (let tile = 0; offsets && byteCounts && tile < Math.min(offsets.count, byteCounts.count); tile++) {
      const offsetAt = offsets.valuesAt + tile * offsets.valueBytes;
      tiles.push({ offsetAt, byteCountAt: byteCounts.valuesAt + tile * byteCounts.valueBytes, compression });
    }
    const sub = find(330);
    for (let index = 0; sub && index < sub.count; index++) queue.push(sub.valuesAt + index * sub.valueBytes);
    queue.push(start + countBytes + count * entryBytes);
  }
  return { little, big, entryBytes, wordBytes, entries, links, directories, tiles };
}

export function readNumber(bytes: Buffer, at: number, length: number, little: boolean): number {
  let value = 0;
  for (let index = 0; index < length; index++) {
    value = value * 256 + (bytes[little ? at + length - 1 - index : at + index] ?? 0);
  }
  return value;
}

/** The low `length` bytes of `value`; what lies beyond the end of the buffer is dropped. */
export function writeNumber(bytes: Buffer, at: number, value: number, length: number, little: boolean): void {
  let rest = Math.max(0, Math.trunc(value));
  for (let index = 0; index < length; index++) {
    const place = little ? at + index : at + length - 1 - index;
    if (place >= 0 && place < bytes.length) bytes[place] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
