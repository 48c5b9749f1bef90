/** Small DICOM whole-slide instances as bytes (PS3.5, PS3.10; explicit little endian): seeds of the fuzz run, and their damage. */
import type { RandomStream } from '#common/random.ts';
import type { Bomb } from './coded-samples.ts';
import { damageBytes, interesting } from './mutate-bytes.ts';

type Frames = { readonly native: readonly Buffer[] } | { readonly fragments: readonly Buffer[] };

const long = new Set(['OB', 'OW', 'SQ', 'UN', 'UT', 'OF']);

function element(tag: number, vr: string, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(vr === 'UI' ? 0 : 32)]);
  const head = Buffer.alloc(long.has(vr) ? 12 : 8);
  head.writeUInt16LE(Math.floor(tag / 0x10000), 0);
  head.writeUInt16LE(tag % 0x10000, 2);
  head.write(vr, 4, 'latin1');
  if (long.has(vr)) head.writeUInt32LE(padded.length, 8);
  else head.writeUInt16LE(padded.length, 6);
  return Buffer.concat([head, padded]);
}

function item(content: Buffer, tag = 0xe000): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(tag, 2);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

const us = (tag: number, value: number): Buffer => element(tag, 'US', Buffer.of(value & 255, value >> 8));
const ul = (tag: number, value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return element(tag, 'UL', bytes);
};
const sequence = (tag: number, ...items: Buffer[]): Buffer =>
  element(tag, 'SQ', Buffer.concat(items.map((each) => item(each))));

/** A slide of 2 x 2 frames of 32 px. `isSparse`: each frame says where it lies. */
export function dicomBytes(transferSyntax: string, photometric: string, frames: Frames, isSparse: boolean): Buffer {
  const place = (frame: number): Buffer =>
    sequence(
      0x0048021a,
      Buffer.concat([
        element(0x0048021e, 'SL', Buffer.from(Int32Array.of(1 + (frame % 2) * 32).buffer)),
        element(0x0048021f, 'SL', Buffer.from(Int32Array.of(1 + Math.floor(frame / 2) * 32).buffer)),
      ]),
    );
  const groups = isSparse ? [sequence(0x52009230, ...[0, 1, 2, 3].map(place))] : [];
  const measures = sequence(0x00289110, element(0x00280030, 'DS', '0.0005\\0.0005'));
  const encapsulated = 'fragments' in frames;
  const pixels = encapsulated
    ? Buffer.concat([
        Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        item(Buffer.alloc(0)),
        ...frames.fragments.map((bytes) => item(Buffer.concat([bytes, Buffer.alloc(bytes.length % 2)]))),
        item(Buffer.alloc(0), 0xe0dd),
      ])
    : element(0x7fe00010, 'OB', Buffer.concat([...frames.native]));
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020010, 'UI', transferSyntax),
    element(0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'),
    element(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.6'),
    element(0x00080018, 'UI', '1.2.3.4.5'),
    element(0x0020000d, 'UI', '1.2.3.4'),
    element(0x0020000e, 'UI', '1.2.3.4.1'),
    element(0x00209311, 'CS', isSparse ? 'TILED_SPARSE' : 'TILED_FULL'),
    us(0x00280002, 3),
    element(0x00280004, 'CS', photometric),
    us(0x00280006, 0),
    element(0x00280008, 'IS', '4'),
    us(0x00280010, 32),
    us(0x00280011, 32),
    us(0x00280100, 8),
    us(0x00280101, 8),
    us(0x00280102, 7),
    us(0x00280103, 0),
    ul(0x00480006, 61),
    ul(0x00480007, 59),
    sequence(0x00480105, element(0x00480112, 'DS', '20')),
    sequence(0x52009229, measures),
    ...groups,
    pixels,
  ]);
}

interface Place {
  readonly at: number;
  readonly lengthAt: number;
  readonly lengthBytes: number;
  readonly valueAt: number;
  readonly byteLength: number;
}

/** Every element and item of a sound file, those inside of sequences too. */
function placesOf(bytes: Buffer): Place[] {
  const places: Place[] = [];
  const walk = (from: number, to: number): void => {
    for (let at = from; at + 8 <= to;) {
      const isItem = bytes.readUInt16LE(at) === 0xfffe;
      const vr = bytes.toString('latin1', at + 4, at + 6);
      const lengthAt = isItem ? at + 4 : long.has(vr) ? at + 8 : at + 6;
      const lengthBytes = isItem || long.has(vr) ? 4 : 2;
      const stated = lengthBytes === 4 ? bytes.readUInt32LE(lengthAt) : bytes.readUInt16LE(lengthAt);
      const valueAt = lengthAt + lengthBytes;
      const end = stated === 0xffff_ffff ? to : Math.min(to, valueAt + stated);
      places.push({ at, lengthAt, lengthBytes, valueAt, byteLength: end - valueAt });
      if (vr === 'SQ' || isItem || stated === 0xffff_ffff) walk(valueAt, end);
      at = end;
    }
  };
  walk(132, bytes.length);
  return places;
}

export function mutateDicom(seed: Buffer, random: RandomStream, bombs: readonly Bomb[]): Buffer {
  const places = placesOf(seed);
  let bytes: Buffer = Buffer.from(seed);
  const one = <T>(items: readonly T[]): T => items[random.nextInteger(items.length)] as T;
  const write = (at: number, value: number, length: number): void => {
    for (let index = 0; index < length && at + index < bytes.length; index++) {
      bytes[at + index] = Math.floor(value / 256 ** index) % 256;
    }
  };
  /** Nothing where the file was cut off before. */
  const writeText = (text: string, at: number): void => {
    if (at + text.length <= bytes.length) bytes.write(text, at, 'latin1');
  };
  const insert = (at: number, content: Buffer): void => {
    bytes = Buffer.concat([bytes.subarray(0, at), content, bytes.subarray(at)]);
  };
  const open = Buffer.concat([
    Buffer.from([0x28, 0, 0x10, 0x91, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff, 0xff]),
  ]);
  const acts: readonly (() => void)[] = [
    () => void (bytes[random.nextInteger(bytes.length)] = random.nextInteger(256)),
    () => {
      const { lengthAt, lengthBytes } = one(places);
      write(lengthAt, one([...interesting, bytes.length, 0xfffffffe]), lengthBytes);
    },
    () => {
      const { valueAt, byteLength } = one(places.filter((place) => place.byteLength <= 4 && place.byteLength > 0));
      write(valueAt, one([...interesting, 3, 60_000, 4_000_000]), byteLength);
    },
    () => {
      const { valueAt, byteLength } = one(places.filter((place) => place.byteLength < 200));
      const text = one(['0', '-1', '999999999', '1e308', '4294967296', 'TILED_SPARSE', 'TILED_FULL', 'MONOCHROME1']);
      writeText(text.padEnd(byteLength).slice(0, byteLength), valueAt);
    },
    () => writeText(one(['SQ', 'UN', 'OB', 'US', 'UL', 'zz', 'UT']), one(places).at + 4),
    () => insert(one(places).at, Buffer.concat(Array.from({ length: one([10, 100, 20_000]) }, () => open))),
    () => {
      const { at, valueAt, byteLength } = one(places);
      const piece = seed.subarray(at, valueAt + byteLength);
      insert(
        at,
        Buffer.concat(Array.from({ length: 1 + random.nextInteger(piece.length < 400 ? 2000 : 3) }, () => piece)),
      );
    },
    () => {
      const { valueAt, byteLength } = one(places.filter((place) => place.byteLength > 100));
      const damaged = damageBytes(seed.subarray(valueAt, valueAt + byteLength), random);
      bytes = Buffer.concat([bytes.subarray(0, valueAt), damaged, bytes.subarray(valueAt + byteLength)]);
    },
    () => {
      const frames = places.filter(({ at }) => at > seed.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0])));
      if (frames.length < 3) return;
      const { at, valueAt, byteLength } = one(frames);
      bytes = Buffer.concat([bytes.subarray(0, at), item(one(bombs).bytes), bytes.subarray(valueAt + byteLength)]);
    },
    () => void (bytes = bytes.subarray(0, 133 + random.nextInteger(Math.max(1, bytes.length - 133)))),
  ];
  for (let change = random.nextInteger(3); change >= 0; change--) one(acts)();
  return bytes;
}
