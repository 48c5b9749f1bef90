/**
 * What a classifier says about the tiles of one slide, as columns of bytes: written by the core, read by the page. Little-endian
 * throughout, as every machine that runs either is; each column starts at a multiple of 4.
 *
 *   0   8 bytes   "TREFPRD2"
 *   8   uint32    tiles (n)
 *   12  uint32    classes (c)
 *   16  uint32    index of the first tile in the tile set; the others follow
 *   20  uint32    1: with disagreement, 2: with distance, 3: with both
 *   24  int32[n]  column,  then int32[n] row
 *       uint8[n]  class index (255 for 255 and above), padded to a multiple of 4
 *       uint8[n * c]  probabilities, tile by tile, in 1/255
 *       uint8[n]  uncertainty (entropy.ts), in 1/255
 *       uint8[n]  disagreement of the folds, in 1/255; left out without
 *       uint8[n]  distance from the training slides, in 1/127.5 of their limit, at most 255; left out without
 */
const magic = 'TREFPRD2';
/** A distance of twice the limit or more is the end of the scale. */
export const distanceStepsPerLimit = 127.5;
const headerBytes = 24;

export interface SlidePredictions {
  readonly firstTile: number;
  readonly classCount: number;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly classes: Uint8Array;
  /** [tiles, classes], 0..255 for 0..1. */
  readonly probabilities: Uint8Array;
  /** [tiles], 0..255 for 0..1. */
  readonly uncertainty: Uint8Array;
  readonly disagreement: Uint8Array | null;
  /** [tiles], `distanceStepsPerLimit` is the limit of the training slides. */
  readonly distance: Uint8Array | null;
}

export function encodePredictions(predictions: SlidePredictions): Uint8Array {
  const { columns, rows, classes, probabilities, classCount, firstTile } = predictions;
  const count = columns.length;
  const { uncertainty, disagreement, distance } = predictions;
  const layout = layoutOf(count, classCount, disagreement !== null, distance !== null);
  const bytes = new Uint8Array(layout.byteLength);
  for (let i = 0; i < magic.length; i += 1) bytes[i] = magic.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, count, true);
  view.setUint32(12, classCount, true);
  view.setUint32(16, firstTile, true);
  view.setUint32(20, (disagreement === null ? 0 : 1) + (distance === null ? 0 : 2), true);
  new Int32Array(bytes.buffer, layout.columns, count).set(columns);
  new Int32Array(bytes.buffer, layout.rows, count).set(rows);
  bytes.set(classes, layout.classes);
  bytes.set(probabilities, layout.probabilities);
  bytes.set(uncertainty, layout.uncertainty);
  if (disagreement !== null) bytes.set(disagreement, layout.disagreement);
  if (distance !== null) bytes.set(distance, layout.distance);
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
  const flags = view.getUint32(20, true);
  const [hasDisagreement, hasDistance] = [(flags & 1) !== 0, (flags & 2) !== 0];
  const layout = layoutOf(count, classCount, hasDisagreement, hasDistance);
  if (flags > 3 || layout.byteLength !== bytes.length) throw new RangeError('prediction bytes of another length');
  return {
    firstTile: view.getUint32(16, true),
    classCount,
    columns: new Int32Array(buffer, layout.columns, count),
    rows: new Int32Array(buffer, layout.rows, count),
    classes: bytes.subarray(layout.classes, layout.classes + count),
    probabilities: bytes.subarray(layout.probabilities, layout.uncertainty),
    uncertainty: bytes.subarray(layout.uncertainty, layout.disagreement),
    disagreement: hasDisagreement ? bytes.subarray(layout.disagreement, layout.distance) : null,
    distance: hasDistance ? bytes.subarray(layout.distance) : null,
  };
}

function layoutOf(count: number, classCount: number, hasDisagreement: boolean, hasDistance: boolean) {
  const columns = headerBytes;
  const rows = columns + 4 * count;
  const classes = rows + 4 * count;
  const probabilities = classes + 4 * Math.ceil(count / 4);
  const uncertainty = probabilities + count * classCount;
  const disagreement = uncertainty + count;
  const distance = disagreement + (hasDisagreement ? count : 0);
  const byteLength = distance + (hasDistance ? count : 0);
  return { columns, rows, classes, probabilities, uncertainty, disagreement, distance, byteLength };
}
