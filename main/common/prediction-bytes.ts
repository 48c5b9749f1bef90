/**
 * What a classifier says about the tiles of one slide, as columns of bytes: written by the core, read by the page. Little-endian
 * throughout, as every machine that runs either is; each column starts at a multiple of 4.
 *
 *   0   8 bytes   "TREFPRD1"
 *   8   uint32    tiles (n)
 *   12  uint32    classes (c)
 *   16  uint32    index of the first tile in the tile set; the others follow
 *   20  uint32    0
 *   24  int32[n]  column,  then int32[n] row
 *       uint8[n]  class index (255 for 255 and above), padded to a multiple of 4
 *       uint8[n * c]  probabilities, tile by tile, in 1/255
 */
const magic = 'TREFPRD1';
const headerBytes = 24;

export interface SlidePredictions {
  readonly firstTile: number;
  readonly classCount: number;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly classes: Uint8Array;
  /** [tiles, classes], 0..255 for 0..1. */
  readonly probabilities: Uint8Array;
}

export function encodePredictions(predictions: SlidePredictions): Uint8Array {
  const { columns, rows, classes, probabilities, classCount, firstTile } = predictions;
  const count = columns.length;
  const layout = layoutOf(count, classCount);
  const bytes = new Uint8Array(layout.byteLength);
  for (let i = 0; i < magic.length; i += 1) bytes[i] = magic.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, count, true);
  view.setUint32(12, classCount, true);
  view.setUint32(16, firstTile, true);
  new Int32Array(bytes.buffer, layout.columns, count).set(columns);
  new Int32Array(bytes.buffer, layout.rows, count).set(rows);
  bytes.set(classes, layout.classes);
  bytes.set(probabilities, layout.probabilities);
  return bytes;
}

/** Views into `buffer`, nothing is copied. Throws a RangeError for anything that is not such bytes. */
export function decodePredictions(buffer: ArrayBuffer): SlidePredictions {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < headerBytes || [...magic].some((letter, i) => bytes[i] !== letter.charCodeAt(0))) {
    throw new RangeError('not prediction bytes');
  }
  const view = new DataView(buffer);
  const [count, classCount] = [view.getUint32(8, true), view.getUint32(12, true)];
  const layout = layoutOf(count, classCount);
  if (layout.byteLength !== bytes.length) throw new RangeError('prediction bytes of another length');
  return {
    firstTile: view.getUint32(16, true),
    classCount,
    columns: new Int32Array(buffer, layout.columns, count),
    rows: new Int32Array(buffer, layout.rows, count),
    classes: bytes.subarray(layout.classes, layout.classes + count),
    probabilities: bytes.subarray(layout.probabilities),
  };
}

function layoutOf(count: number, classCount: number) {
  const columns = headerBytes;
  const rows = columns + 4 * count;
  const classes = rows + 4 * count;
  const probabilities = classes + 4 * Math.ceil(count / 4);
  return { columns, rows, classes, probabilities, byteLength: probabilities + count * classCount };
}
