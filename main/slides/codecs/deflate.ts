/**
 * Deflate (zlib format) and Zstandard through Node's own zlib, off the main thread. The output is bounded to the size
 * that is wanted before anything is inflated, so a bomb ends at that size.
 */
import { promisify } from 'node:util';
import { inflate, zstdDecompress } from 'node:zlib';
import { UndecodableTile } from './coded-tile.ts';

const inflateAsync = promisify(inflate) as (input: Uint8Array, options: object) => Promise<Buffer>;
const zstdAsync = promisify(zstdDecompress) as (input: Uint8Array, options: object) => Promise<Buffer>;

/** At most `maximumBytes`. Throws UndecodableTile when there is more or the stream is damaged. */
export function inflateBounded(stored: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  return bounded(inflateAsync, 'Deflate', stored, maximumBytes);
}

/** As `inflateBounded`, for Zstandard. */
export function zstdBounded(stored: Uint8Array, maximumBytes: number): Promise<Uint8Array> {
  return bounded(zstdAsync, 'Zstandard', stored, maximumBytes);
}

async function bounded(
  decode: (input: Uint8Array, options: object) => Promise<Buffer>,
  name: string,
  stored: Uint8Array,
  maximumBytes: number,
): Promise<Uint8Array> {
  const chunkSize = Math.max(64, Math.min(maximumBytes, 1 << 18));
  try {
    return await decode(stored, { maxOutputLength: Math.max(1, maximumBytes), chunkSize });
  } catch (error) {
    throw new UndecodableTile(`cannot be decoded as ${name} to its declared size`, { cause: error });
  }
}
