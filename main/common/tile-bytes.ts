/**
 * The tiles of one slide as columns of bytes, kept and dropped alike: written by the core, read by the page. Little-endian
 * throughout; each column starts at a multiple of 4. What a classifier says is in prediction-bytes.ts.
 *
 *   0   8 bytes   "TREFTIL1"
 *   8   uint32    tiles (n)
 *   12  uint32    0
 *   16  int32[n]  column, then int32[n] row, then int32[n] index in the tile set (-1: not kept, or not cut yet)
 *       uint8[n]  reason (position in `tileReasons`), padded to a multiple of 4
 *       uint8[n]  class: position in the project's list of classes, 255 for none, padded to a multiple of 4
 *       uint8[n]  tissue share in 1/255; 0 where it is not known (a stored tile set)
 */
import { dropReasons } from './domain/tile.ts';

const magic = 'TREFTIL1';
const headerBytes = 16;

/** `kept` is 0: code > 0 means dropped. */
export const tileReasons = ['kept', ...dropReasons] as const;
export type TileReason = (typeof tileReasons)[number];
export const noClass = 255;

export interface SlideTileColumns {
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly indices: Int32Array;
  readonly reasons: Uint8Array;
  readonly classes: Uint8Array;
  readonly tissue: Uint8Array;
}

export function emptyTileColumns(count: number): SlideTileColumns {
  return {
    columns: new Int32Array(count),
    rows: new Int32Array(count),
    indices: new Int32Array(count).fill(-1),
    reasons: new Uint8Array(count),
    classes: new Uint8Array(count).fill(noClass),
    tissue: new Uint8Array(count),
  };
}

export function encodeTileColumns(tiles: SlideTileColumns): Uint8Array<ArrayBuffer> {
  const count = tiles.columns.length;
  const layout = layoutOf(count);
  const bytes = new Uint8Array(layout.byteLength);
  for (let i = 0; i < magic.length; i += 1) bytes[i] = magic.charCodeAt(i);
  new DataView(bytes.buffer).setUint32(8, count, true);
  new Int32Array(bytes.buffer, layout.columns, count).set(tiles.columns);
  new Int32Array(bytes.buffer, layout.rows, count).set(tiles.rows);
  new Int32Array(bytes.buffer, layout.indices, count).set(tiles.indices);
  bytes.set(tiles.reasons, layout.reasons);
  bytes.set(tiles.classes, layout.classes);
  bytes.set(tiles.tissue, layout.tissue);
  return bytes;
}

/** Views into `buffer`, nothing is copied. Throws a RangeError for anything that is not such bytes. */
export function decodeTileColumns(buffer: ArrayBuffer): SlideTileColumns {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < headerBytes || [...magic].some((letter, i) => bytes[i] !== letter.charCodeAt(0))) {
    throw new RangeError('not tile bytes');
  }
  const count = new DataView(buffer).getUint32(8, true);
  const layout = layoutOf(count);
  if (layout.byteLength !== bytes.length) throw new RangeError('tile bytes of another length');
  return {
    columns: new Int32Array(buffer, layout.columns, count),
    rows: new Int32Array(buffer, layout.rows, count),
    indices: new Int32Array(buffer, layout.indices, count),
    reasons: bytes.subarray(layout.reasons, layout.reasons + count),
    classes: bytes.subarray(layout.classes, layout.classes + count),
    tissue: bytes.subarray(layout.tissue, layout.tissue + count),
  };
}

function layoutOf(count: number) {
  const padded = 4 * Math.ceil(count / 4);
  const columns = headerBytes;
  const rows = columns + 4 * count;
  const indices = rows + 4 * count;
  const reasons = indices + 4 * count;
  const classes = reasons + padded;
  const tissue = classes + padded;
  return { columns, rows, indices, reasons, classes, tissue, byteLength: tissue + count };
}
