/**
 * Decoded tiles, least recently used out first. One budget of bytes holds the tiles of all open slides of a process; each reader
 * has a cache of its own in it, which takes its tiles along when it is cleared. Readers who want one tile at the same time
 * share its decoding, which is cancelled once all of them have left. Holds bytes only; what a tile is, the caller knows.
 */
import { throwIfCancelled } from '#common/errors.ts';

export class TileCacheBudget {
  readonly maximumBytes: number;
  readonly #tiles = new Map<string, Uint8Array>();
  #byteLength = 0;
  #cacheCount = 0;
  /** The most bytes that were ever held. */
  highestByteLength = 0;

  constructor(maximumBytes: number) {
    this.maximumBytes = maximumBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  get tileCount(): number {
    return this.#tiles.size;
  }

  /** Starts the keys of a reader's tiles. */
  newPrefix(): string {
    this.#cacheCount += 1;
    return `${this.#cacheCount}/`;
  }

  find(key: string): Uint8Array | undefined {
    const held = this.#tiles.get(key);
    if (held === undefined) return undefined;
    // A Map keeps insertion order: taking out and putting back makes it the newest.
    this.#tiles.delete(key);
    this.#tiles.set(key, held);
    return held;
  }

  /** A tile larger than the whole budget is not kept. Room is made first, so that the bound holds at every moment. */
  keep(key: string, tile: Uint8Array): void {
    this.#drop(key);
    if (tile.byteLength > this.maximumBytes) return;
    for (const oldest of this.#tiles.keys()) {
      if (this.#byteLength + tile.byteLength <= this.maximumBytes) break;
      this.#drop(oldest);
    }
    this.#tiles.set(key, tile);
    this.#byteLength += tile.byteLength;
    this.highestByteLength = Math.max(this.highestByteLength, this.#byteLength);
  }

  dropAll(prefix: string): void {
    for (const key of [...this.#tiles.keys()]) if (key.startsWith(prefix)) this.#drop(key);
  }

  #drop(key: string): void {
    const held = this.#tiles.get(key);
    if (held === undefined) return;
    this.#tiles.delete(key);
    this.#byteLength -= held.byteLength;
  }
}

/** Decodes a tile; the signal fires when nobody waits for it any more. */
export type DecodeForCache = (signal: AbortSignal) => Promise<Uint8Array>;

interface Pending {
  readonly decoding: Promise<Uint8Array>;
  readonly abort: AbortController;
  waiting: number;
}

export class TileCache {
  readonly #budget: TileCacheBudget;
  readonly #prefix: string;
  readonly #pending = new Map<string, Pending>();
  #isCleared = false;
  /** How many tiles were decoded rather than found. */
  decodedCount = 0;

  /** In a budget shared with other readers, or with so many bytes of its own. */
  constructor(budget: TileCacheBudget | number) {
    this.#budget = typeof budget === 'number' ? new TileCacheBudget(budget) : budget;
    this.#prefix = this.#budget.newPrefix();
  }

  /** Bytes held in the budget, other readers' included. */
  get byteLength(): number {
    return this.#budget.byteLength;
  }

  /** Throws 'cancelled' as soon as the caller's signal fires, and whatever `decode` throws. */
  async get(key: string, decode: DecodeForCache, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfCancelled(signal);
    const held = this.#budget.find(this.#prefix + key);
    if (held) return held;
    const pending = this.#pending.get(key) ?? this.#start(key, decode);
    pending.waiting += 1;
    if (signal === undefined) return pending.decoding;
    return new Promise((done, failed) => {
      const leave = (): void => {
        pending.waiting -= 1;
        if (pending.waiting === 0) {
          // Whoever comes now starts anew instead of being given a cancelled tile.
          if (this.#pending.get(key) === pending) this.#pending.delete(key);
          pending.abort.abort();
        }
        try {
          throwIfCancelled(signal);
        } catch (error) {
          failed(error as Error);
        }
      };
      signal.addEventListener('abort', leave, { once: true });
      void pending.decoding.then(done, failed).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** Lets go of this reader's tiles; what is being decoded is not kept. */
  clear(): void {
    this.#isCleared = true;
    this.#budget.dropAll(this.#prefix);
  }

  #start(key: string, decode: DecodeForCache): Pending {
    this.decodedCount += 1;
    const abort = new AbortController();
    const finish = async (): Promise<Uint8Array> => {
      try {
        const tile = await decode(abort.signal);
        if (!this.#isCleared) this.#budget.keep(this.#prefix + key, tile);
        return tile;
      } finally {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
      }
    };
    const pending: Pending = { decoding: Promise.resolve().then(finish), abort, waiting: 0 };
    // Everybody may have left before it fails.
    pending.decoding.catch(() => undefined);
    this.#pending.set(key, pending);
    return pending;
  }
}
