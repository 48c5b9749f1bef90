/**
 * Several JPEG tiles as one tall JPEG, so that one call of the decoder does them all: a call costs more than the decoding of
 * a small tile. Each tile becomes one restart interval (ITU-T T.81, B.2.1), so its bits stay as they are and the pixels are those
 * of the tile alone. That holds for sequential tiles of whole blocks whose colour is not subsampled downwards: there the
 * decoder looks at rows of the neighbour. Pure.
 */

const defineRestartInterval = 0xdd;
const startOfScan = 0xda;
const longestImage = 65_500;
const longestInterval = 65_535;

/** One tile's stream taken apart. Streams of equal `key` can be joined. */
export interface JoinableJpeg {
  readonly key: string;
  readonly height: number;
  /** Blocks (MCUs) of the tile. */
  readonly interval: number;
  /** From the start of the image to the frame's height, after it to the scan, the scan's header. */
  readonly beforeHeight: Buffer;
  readonly afterHeight: Buffer;
  readonly scanHeader: Buffer;
  readonly coded: Buffer;
}

/** null when the stream cannot be joined: progressive, with restarts of its own, subsampled downwards, or not in whole blocks. */
export function joinable(stream: Buffer): JoinableJpeg | null {
  let at = 2;
  let frameAt = -1;
  while (at + 4 <= stream.length && stream[at] === 0xff && stream[at + 1] !== startOfScan) {
    const marker = stream[at + 1] as number;
    if (marker === defineRestartInterval || (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc4)) return null;
    if (marker === 0xc0 || marker === 0xc1) {
      if (frameAt >= 0) return null;
      frameAt = at;
    }
    at += 2 + stream.readUInt16BE(at + 2);
  }
  if (frameAt < 0 || at + 4 > stream.length || stream[at + 1] !== startOfScan) return null;
  const components = stream.readUInt8(frameAt + 9);
  const dataAt = at + 2 + stream.readUInt16BE(at + 2);
  // Components in scans of their own have a block count of their own.
  if (dataAt > stream.length || stream.readUInt8(at + 4) !== components) return null;
  const samplings = Array.from({ length: components }, (_, index) => stream.readUInt8(frameAt + 11 + 3 * index));
  if (samplings.some((sampling) => sampling % 16 !== 1)) return null;
  const blockWidth = 8 * Math.max(...samplings.map((sampling) => sampling >> 4));
  const height = stream.readUInt16BE(frameAt + 5);
  const interval = Math.ceil(stream.readUInt16BE(frameAt + 7) / blockWidth) * (height / 8);
  const end = endOfCoded(stream, dataAt);
  if (height === 0 || height % 8 !== 0 || interval > longestInterval || end === null) return null;
  const [beforeHeight, afterHeight] = [stream.subarray(0, frameAt + 5), stream.subarray(frameAt + 7, at)];
  const scanHeader = stream.subarray(at, dataAt);
  return {
    key: `${height} ${Buffer.concat([beforeHeight, afterHeight, scanHeader]).toString('latin1')}`,
    height,
    interval,
    beforeHeight,
    afterHeight,
    scanHeader,
    coded: stream.subarray(dataAt, end),
  };
}

/** How many tiles of this height one image can hold. */
export function mostJoined(height: number): number {
  return Math.floor(longestImage / height);
}

/** The tiles below each other, in order; all of one key. */
export function joinJpegs(tiles: readonly JoinableJpeg[]): Buffer {
  const [first] = tiles;
  if (!first || first.height * tiles.length > longestImage) throw new RangeError('Nothing to join, or too much.');
  const height = Buffer.alloc(2);
  height.writeUInt16BE(first.height * tiles.length);
  const restart = Buffer.from([0xff, defineRestartInterval, 0, 4, first.interval >> 8, first.interval & 0xff]);
  return Buffer.concat([
    first.beforeHeight,
    height,
    first.afterHeight,
    restart,
    first.scanHeader,
    ...tiles.flatMap(({ coded }, index) => {
      const isLast = index === tiles.length - 1;
      return [coded, Buffer.of(0xff, isLast ? 0xd9 : 0xd0 + (index % 8))];
    }),
  ]);
}

/** Where the coded data end; null when a marker stands in them, or none behind them. */
function endOfCoded(stream: Buffer, from: number): number | null {
  for (let at = stream.indexOf(0xff, from); at >= 0 && at + 1 < stream.length; at = stream.indexOf(0xff, at + 1)) {
    const next = stream[at + 1] as number;
    if (next === 0xd9) return at;
    // A stuffed zero belongs to the data; fill bytes before a marker do not occur in it.
    if (next !== 0) return null;
  }
  return null;
}
