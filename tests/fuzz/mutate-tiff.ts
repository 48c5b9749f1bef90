/** Damages a TIFF where it hurts: tags, counts, links in circles, sizes, positions of tiles, vendors' XML, coded tiles. */
import type { RandomStream } from '#common/random.ts';
import { damageBytes, interesting } from './mutate-bytes.ts';
import { damageXml } from './mutate-xml.ts';
import type { Bomb } from './coded-samples.ts';
import { readNumber, writeNumber, type TiffEntry, type TiffStructure } from './tiff-structure.ts';

const compressions = [1, 2, 5, 6, 7, 8, 32_773, 32_946, 33_003, 33_005, 34_712, 34_887, 50_000, 50_001, 9999];
const sizeTags = [256, 257, 322, 323, 278];
const layoutTags = [258, 259, 262, 277, 284, 317, 320, 338, 339, 347, 530, 532, 254, 50_674, 65_420, 65_421, 65_426];
const textTags = [270, 305, 700];

export function mutateTiff(
  seed: Buffer,
  structure: TiffStructure,
  random: RandomStream,
  bombs: readonly Bomb[],
): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  const { little, wordBytes, entryBytes, entries, links, directories, tiles } = structure;
  const one = <T>(items: readonly T[]): T => items[random.nextInteger(items.length)] as T;
  const entryOf = (tags: readonly number[]): TiffEntry => {
    const fitting = entries.filter(({ tag }) => tags.includes(tag));
    return one(fitting.length > 0 ? fitting : entries);
  };
  const write = (at: number, value: number, length: number): void => writeNumber(bytes, at, value, length, little);
  const setValue = (entry: TiffEntry, value: number): void =>
    write(entry.valuesAt + random.nextInteger(Math.max(1, entry.count)) * entry.valueBytes, value, entry.valueBytes);
  /** The tag's values become these bytes, put at the end of the file. */
  const replace = (entry: TiffEntry, content: Uint8Array): void => {
    write(entry.at + 4, content.length, wordBytes);
    write(entry.at + 4 + wordBytes, bytes.length, wordBytes);
    bytes = Buffer.concat([bytes, content]);
  };
  const replaceTile = (tile: TiffStructure['tiles'][number], content: Uint8Array): void => {
    write(tile.offsetAt, bytes.length, 4);
    write(tile.byteCountAt, content.length, 4);
    bytes = Buffer.concat([bytes, content]);
  };
  const acts: readonly (() => void)[] = [
    () => void (bytes[random.nextInteger(bytes.length)] = random.nextInteger(256)),
    () => void (bytes[one(entries).at + random.nextInteger(entryBytes)] = random.nextInteger(256)),
    // Type, count or position of any tag.
    () => write(one(entries).at + 2, one([0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 16, 18, 99]), 2),
    () => write(one(entries).at + 4, one(interesting), wordBytes),
    () => write(one(entries).at + 4 + wordBytes, one([...interesting, bytes.length - 1, bytes.length]), wordBytes),
    () => {
      // One entry takes another's place; where the file was cut before, there is none left.
      const from = one(entries).at;
      if (from + entryBytes <= bytes.length) bytes.copy(bytes, one(entries).at, from, from + entryBytes);
    },
    // Circles and leaps: any link to any directory.
    () => write(one(links), one([...directories, ...interesting, bytes.length - 2]), wordBytes),
    () => setValue(entryOf(sizeTags), one([...interesting, 3, 17, 60_000, 500_000, 4_000_000])),
    () => setValue(entryOf([259]), one(compressions)),
    () => setValue(entryOf(layoutTags), one([...interesting, 3, 4, 5, 6, 16, 32, 64])),
    // Lying byte counts, tiles beyond the end, tiles that overlap.
    () => write(one(tiles).byteCountAt, one([...interesting, bytes.length, 64]), 4),
    () => write(one(tiles).offsetAt, one([...interesting, bytes.length - 1]), 4),
    () => {
      const to = readNumber(bytes, one(tiles).offsetAt, 4, little);
      for (const tile of tiles) write(tile.offsetAt, to, 4);
    },
    () => {
      const entry = entryOf(textTags);
      const text = seed.toString('utf8', entry.valuesAt, entry.valuesAt + entry.count);
      replace(entry, Buffer.from(damageXml(text, random)));
    },
    () => {
      const tile = one(tiles);
      const offset = readNumber(seed, tile.offsetAt, 4, little);
      const coded = seed.subarray(offset, offset + readNumber(seed, tile.byteCountAt, 4, little));
      replaceTile(tile, damageBytes(coded, random));
    },
    () => {
      const tile = one(tiles);
      const own = bombs.filter(({ compression }) => compression === tile.compression);
      replaceTile(tile, one(own.length > 0 && random.nextUnit() < 0.8 ? own : bombs).bytes);
    },
    () => void (bytes = bytes.subarray(0, 1 + random.nextInteger(bytes.length))),
    () => void (bytes = Buffer.concat([bytes, Buffer.alloc(1 + random.nextInteger(4096), random.nextInteger(256))])),
  ];
  for (let change = random.nextInteger(3); change >= 0; change--) one(acts)();
  return bytes;
}
