/**
 * What all open slides of a process share: one budget for decoded tiles and the threads that decode the slow codecs. Extraction
 * has neither: each of its threads is a reader of its own.
 */
import { availableParallelism, totalmem } from 'node:os';
import { decodeCodedTile } from '../slides/codecs/decode-coded-tile.ts';
import type { DecodeTile } from '../slides/codecs/coded-tile.ts';
import { DecodePool } from '../slides/decode-pool/decode-pool.ts';
import { TileCacheBudget } from '../slides/tile-cache.ts';

const mebibyte = 1024 * 1024;

export interface SlideReading {
  readonly tileCache: TileCacheBudget;
  readonly decode: DecodeTile;
}

export interface SlideReadingOptions {
  /** Decoded tiles kept over all slides; a thirty-second of the memory, 64 to 512 MiB, when not given. */
  readonly tileCacheBytes?: number;
  /** Threads that decode; all processors but one, 4 at most, when not given. */
  readonly decodeThreads?: number;
}

export function defaultTileCacheBytes(memoryBytes: number = totalmem()): number {
  return Math.min(512 * mebibyte, Math.max(64 * mebibyte, Math.floor(memoryBytes / 32)));
}

export function defaultDecodeThreads(processors: number = availableParallelism()): number {
  return Math.min(4, Math.max(1, processors - 1));
}

/** The caller closes the pool. */
export function createSlideReading(options: SlideReadingOptions = {}): SlideReading & { readonly pool: DecodePool } {
  const pool = new DecodePool({ threads: options.decodeThreads ?? defaultDecodeThreads() });
  return {
    tileCache: new TileCacheBudget(options.tileCacheBytes ?? defaultTileCacheBytes()),
    decode: pool.decode,
    pool,
  };
}

/** Without threads of its own, for what opens a project by itself. */
export function plainSlideReading(): SlideReading {
  return { tileCache: new TileCacheBudget(defaultTileCacheBytes()), decode: decodeCodedTile };
}
