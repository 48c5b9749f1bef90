/** Writes small DICOM files for tests: explicit (or implicit) little endian, sequences of defined or undefined length. */
export type Value = Buffer | string | number | readonly Item[];
export type Item = readonly [tag: number, vr: string, value: Value][];

const numbers: Record<string, (value: number) => Buffer> = {
  US: (value) => bytes(2, (buffer) => buffer.writeUInt16LE(value)),
  UL: (value) => bytes(4, (buffer) => buffer.writeUInt32LE(value)),
  SL: (value) => bytes(4, (buffer) => buffer.writeInt32LE(value)),
  FL: (value) => bytes(4, (buffer) => buffer.writeFloatLE(value)),
};
const long = new Set(['OB', 'OW', 'OV', 'SQ', 'UN', 'UT']);

function bytes(length: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
}

function tagged(tag: number, length: number): Buffer {
  return bytes(8, (buffer) => {
    buffer.writeUInt16LE(tag >>> 16, 0);
    buffer.writeUInt16LE(tag & 0xffff, 2);
    buffer.writeUInt32LE(length >>> 0, 4);
  });
}

export interface Encoding {
  readonly implicit?: boolean;
  readonly undefinedLengths?: boolean;
}

export function writeItem(item: Item, encoding: Encoding = {}): Buffer {
  return Buffer.concat(item.map(([tag, vr, value]) => element(tag, vr, value, encoding)));
}

function element(tag: number, vr: string, value: Value, encoding: Encoding): Buffer {
  const isSequence = Array.isArray(value);
  const open = isSequence && encoding.undefinedLengths === true;
  const body = isSequence ? sequence(value as readonly Item[], encoding) : plain(vr, value as Buffer | string | number);
  const length = open ? 0xffffffff : body.length;
  if (encoding.implicit) return Buffer.concat([tagged(tag, length), body]);
  const head = tagged(tag, 0).subarray(0, 4);
  const type = Buffer.from(vr, 'latin1');
  const size = long.has(vr)
    ? bytes(6, (buffer) => buffer.writeUInt32LE(length, 2))
    : bytes(2, (buffer) => buffer.writeUInt16LE(length));
  return Buffer.concat([head, type, size, body]);
}

function plain(vr: string, value: Buffer | string | number): Buffer {
  if (typeof value === 'number') return numbers[vr]!(value);
  const body = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return body.length % 2 === 0 ? body : Buffer.concat([body, Buffer.of(vr === 'UI' ? 0 : 0x20)]);
}

function sequence(items: readonly Item[], encoding: Encoding): Buffer {
  const parts = items.map((item) => {
    const body = writeItem(item, encoding);
    return encoding.undefinedLengths
      ? Buffer.concat([tagged(0xfffee000, 0xffffffff), body, tagged(0xfffee00d, 0)])
      : Buffer.concat([tagged(0xfffee000, body.length), body]);
  });
  return Buffer.concat(encoding.undefinedLengths ? [...parts, tagged(0xfffee0dd, 0)] : parts);
}

export const explicitSyntax = '1.2.840.10008.1.2.1';
export const implicitSyntax = '1.2.840.10008.1.2';
export const jpegSyntax = '1.2.840.10008.1.2.4.50';
export const jpeg2000Syntax = '1.2.840.10008.1.2.4.91';

export function writeDicom(syntax: string, item: Item, pixels: Buffer, encoding: Encoding = {}): Buffer {
  const meta = writeItem([
    [0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.6'],
    [0x00020010, 'UI', syntax],
  ]);
  const ordered = [...item].sort(([a], [b]) => a - b);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), meta, writeItem(ordered, encoding), pixels]);
}

export function nativePixels(frames: readonly Buffer[], encoding: Encoding = {}): Buffer {
  return element(0x7fe00010, 'OB', Buffer.concat(frames), encoding);
}

export type OffsetTable = 'basic' | 'none' | 'extended';

/** `fragments` of each frame. The extended table's two elements go before the pixel data. */
export function encapsulatedPixels(frames: readonly (readonly Buffer[])[], table: OffsetTable): Buffer {
  const even = (part: Buffer): Buffer => (part.length % 2 === 0 ? part : Buffer.concat([part, Buffer.alloc(1)]));
  const written = frames.map((fragments) =>
    Buffer.concat(fragments.flatMap((part) => [tagged(0xfffee000, even(part).length), even(part)])),
  );
  let at = 0;
  const offsets = written.map((frame) => {
    const offset = at;
    at += frame.length;
    return offset;
  });
  const wide = (values: number[]): Buffer =>
    bytes(values.length * 8, (buffer) => values.forEach((each, i) => buffer.writeBigUInt64LE(BigInt(each), i * 8)));
  const extended =
    table === 'extended'
      ? writeItem([
          [0x7fe00001, 'OV', wide(offsets)],
          [0x7fe00002, 'OV', wide(frames.map((fragments) => fragments[0]!.length))],
        ])
      : Buffer.alloc(0);
  const basic = bytes(table === 'basic' ? offsets.length * 4 : 0, (buffer) => {
    if (table === 'basic') offsets.forEach((offset, index) => buffer.writeUInt32LE(offset, index * 4));
  });
  const head = Buffer.concat([
    tagged(0x7fe00010, 0).subarray(0, 4),
    Buffer.from('OB\0\0', 'latin1'),
    Buffer.from('ffffffff', 'hex'),
  ]);
  return Buffer.concat([extended, head, tagged(0xfffee000, basic.length), basic, ...written, tagged(0xfffee0dd, 0)]);
}

export interface SlideFacts {
  readonly width: number;
  readonly height: number;
  readonly tile: number;
  readonly frames: number;
  readonly photometric?: string;
  readonly flavour?: string;
  readonly instance?: string;
  readonly series?: string;
  readonly more?: Item;
}

export function slideItem(facts: SlideFacts): Item {
  const { width, height, tile, frames, photometric = 'RGB', flavour = 'VOLUME', instance = '1', more = [] } = facts;
  const own: Item = [
    [0x00080008, 'CS', `ORIGINAL\\PRIMARY\\${flavour}\\NONE`],
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.6'],
    [0x00080018, 'UI', `1.2.3.${instance}`],
    [0x00100010, 'PN', 'Somebody^Secret'],
    [0x0020000d, 'UI', '1.2.3.100'],
    [0x0020000e, 'UI', facts.series ?? '1.2.3.200'],
    [0x00209311, 'CS', 'TILED_FULL'],
    [0x00280002, 'US', photometric.startsWith('MONO') ? 1 : 3],
    [0x00280004, 'CS', photometric],
    [0x00280006, 'US', 0],
    [0x00280008, 'IS', String(frames)],
    [0x00280010, 'US', tile],
    [0x00280011, 'US', tile],
    [0x00280100, 'US', 8],
    [0x00280101, 'US', 8],
    [0x00280103, 'US', 0],
    [0x00480006, 'UL', width],
    [0x00480007, 'UL', height],
    [
      0x00480105,
      'SQ',
      [
        [
          [0x00480106, 'SH', '1'],
          [0x00480112, 'DS', '20'],
        ],
      ],
    ],
    [0x52009229, 'SQ', [[[0x00289110, 'SQ', [[[0x00280030, 'DS', '0.0005\\0.00025']]]]]]],
  ];
  const replaced = new Set(more.map(([tag]) => tag));
  return [...own.filter(([tag]) => !replaced.has(tag)), ...more];
}
