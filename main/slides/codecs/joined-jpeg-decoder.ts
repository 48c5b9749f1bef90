/**
 * Decodes JPEG tiles that wait at the same time in one call of the decoder (join-jpegs.ts): for readers that want many tiles,
 * as extraction does. Whatever cannot be joined, or fails together with others, is decoded alone, so results and errors
 * are those of decodeCodedTile.
 */
import { throwIfCancelled } from '#common/errors.ts';
import type { CodedTile, DecodeTile } from './coded-tile.ts';
import { decodeCodedTile } from './decode-coded-tile.ts';
import { joinable, joinJpegs, mostJoined, type JoinableJpeg } from './join-jpegs.ts';
import { assembleJpeg } from './jpeg-stream.ts';
import { decodeJpegRows } from './jpeg.ts';

interface Waiting {
  readonly tile: CodedTile;
  readonly jpeg: JoinableJpeg;
  readonly signal: AbortSignal | undefined;
  done(pixels: Uint8Array): void;
  failed(error: unknown): void;
}

/** Pixels decoded by one call: 16 tiles of 256 px. */
const mostPixels = 1024 * 1024;
/** How long a tile waits for others: far less than a call takes. */
const patienceMs = 1;
/** Calls at the same time: while one is under way, the tiles of the next gather. */
const mostCalls = 1;

export class JoinedJpegDecoder {
  readonly #waiting: Waiting[] = [];
  #calls = 0;
  /** How many tiles were decoded together with others. */
  joinedCount = 0;

  readonly decode: DecodeTile = async (tile, signal) => {
    throwIfCancelled(signal);
    const jpeg = joinableTile(tile);
    if (jpeg === null) return decodeCodedTile(tile, signal);
    return new Promise<Uint8Array>((done, failed) => {
      this.#waiting.push({ tile, jpeg, signal, done, failed });
      // Those whose bytes are still being read come along.
      setTimeout(() => this.#next(), patienceMs);
    });
  };

  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#calls >= mostCalls) return;
    const { jpeg, tile } = first;
    const most = Math.max(1, Math.min(mostJoined(jpeg.height), Math.floor(mostPixels / (tile.width * tile.height))));
    const together: Waiting[] = [];
    const others: Waiting[] = [];
    for (const item of this.#waiting) {
      (item.jpeg.key === jpeg.key && together.length < most ? together : others).push(item);
    }
    this.#waiting.splice(0, this.#waiting.length, ...others);
    this.#calls += 1;
    void this.#decodeTogether(together.filter((item) => !this.#hasLeft(item))).finally(() => {
      this.#calls -= 1;
      this.#next();
    });
  }

  #hasLeft({ signal, failed }: Waiting): boolean {
    try {
      throwIfCancelled(signal);
      return false;
    } catch (error) {
      failed(error);
      return true;
    }
  }

  async #decodeTogether(tiles: readonly Waiting[]): Promise<void> {
    const [first] = tiles;
    const joined = first !== undefined && tiles.length > 1 ? await decodedTogether(tiles, first) : null;
    if (joined !== null) {
      this.joinedCount += tiles.length;
      // Copies: a tile that a cache keeps must not hold all the others.
      const byteLength = joined.length / tiles.length;
      tiles.forEach(({ done }, index) =>
        done(new Uint8Array(joined.subarray(index * byteLength, (index + 1) * byteLength))),
      );
      return;
    }
    for (const { tile, signal, done, failed } of tiles) await decodeCodedTile(tile, signal).then(done, failed);
  }
}

/** All pixels in order; null when one of the tiles is damaged: which, only decoding each alone tells. */
async function decodedTogether(tiles: readonly Waiting[], { tile, jpeg }: Waiting): Promise<Uint8Array | null> {
  try {
    return await decodeJpegRows(joinJpegs(tiles.map((item) => item.jpeg)), tile.width, jpeg.height * tiles.length);
  } catch {
    return null;
  }
}

/** null for what is not three colours of one plane shown as they are, or whose stream cannot be joined. */
function joinableTile(tile: CodedTile): JoinableJpeg | null {
  const { codec, planes, samples, bits, meaning, window, width, height } = tile;
  const [stored] = planes;
  const isPlain = codec === 'jpeg' && planes.length === 1 && samples === 3 && bits === 8 && window === null;
  if (!isPlain || !stored || (meaning !== 'rgb' && meaning !== 'ycbcr')) return null;
  const frame = assembleJpeg(stored, tile.jpegTables, meaning);
  if (!frame || frame.width !== width || frame.height !== height || frame.components !== 3) return null;
  return joinable(frame.stream);
}
