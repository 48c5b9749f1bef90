/**
 * Decoded tiles of one reader, least recently used out first, bounded in bytes. Two readers of the same tile at the same
 * time share one decode. Holds bytes only; what a tile is, the caller knows.
 */
export class TileCache {
  readonly #maximumBytes: number;
  readonly #tiles = new Map<string, Uint8Array>();
  readonly #pending = new Map<string, Promise<Uint8Array>>();
  #byteLength = 0;
  /** How many tiles were decoded rather than found. */
  decodedCount = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  async get(key: string, decode: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const held = this.#tiles.get(key);
    if (held) {
      // A Map keeps insertion order: taking out and putting back makes it the newest.
      this.#tiles.delete(key);
      this.#tiles.set(key, held);
      return held;
    }
    const pending = this.#pending.get(key);
    if (pending) return pending;
    this.decodedCount++;
    const decoding = decode();
    this.#pending.set(key, decoding);
    try {
      const tile = await decoding;
      this.#keep(key, tile);
      return tile;
    } finally {
      this.#pending.delete(key);
    }
  }

  clear(): void {
    this.#tiles.clear();
    this.#byteLength = 0;
  }

  #keep(key: string, tile: Uint8Array): void {
    if (tile.byteLength > this.#maximumBytes) return;
    this.#tiles.set(key, tile);
    this.#byteLength += tile.byteLength;
    for (const [oldest, bytes] of this.#tiles) {
      if (this.#byteLength <= this.#maximumBytes) break;
      this.#tiles.delete(oldest);
      this.#byteLength -= bytes.byteLength;
    }
  }
}
