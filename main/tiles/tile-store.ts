/**
 * Reads tile pixels by index from the shards: one positioned read a tile. Has the shape of the engine port's TileSource.
 * Calls are served one after the other, so a bounded number of files stays open however many slides there are.
 */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { TrefoilError } from '#common/errors.ts';
import type { TileIndex } from '#common/domain/identifiers.ts';
import type { StageContext } from '#common/stage.ts';
import { fileSha256 } from './shard.ts';
import { shardOfTile } from './tile-set.ts';
import type { TileSetManifest, TileSetShard } from './tile-set.ts';

const maximumOpenFiles = 64;

export interface TileStore {
  readonly sizePx: number;
  readonly count: number;
  /** RGB, sizePx * sizePx * 3 bytes a tile, in the order asked for. Throws `invalid-input`, `shard-corrupt`. */
  read(indices: readonly TileIndex[]): Promise<Uint8Array>;
  /** Compares every shard with its checksum. Throws `shard-corrupt` naming the first that differs, `cancelled`. */
  verify(context?: StageContext): Promise<void>;
  close(): Promise<void>;
}

export function openTileStore(manifest: TileSetManifest): TileStore {
  const { sizePx, count } = manifest;
  const recordBytes = sizePx * sizePx * 3;
  // Least recently used first.
  const files = new Map<number, FileHandle>();
  let last: Promise<unknown> = Promise.resolve();

  const fileOf = async (position: number): Promise<FileHandle> => {
    const known = files.get(position);
    if (known) {
      files.delete(position);
      files.set(position, known);
      return known;
    }
    for (const [oldest, handle] of files) {
      if (files.size < maximumOpenFiles) break;
      files.delete(oldest);
      await handle.close();
    }
    const shard = manifest.shards[position] as TileSetShard;
    let handle: FileHandle;
    try {
      handle = await open(shard.path, 'r');
    } catch (error) {
      throw corrupt(shard, 'it cannot be opened', error);
    }
    files.set(position, handle);
    return handle;
  };

  const readNow = async (indices: readonly TileIndex[]): Promise<Uint8Array> => {
    const pixels = new Uint8Array(indices.length * recordBytes);
    const byShard = new Map<number, number[]>();
    indices.forEach((index, slot) => {
      const position = shardOfTile(manifest, index);
      const slots = byShard.get(position);
      if (slots) slots.push(slot);
      else byShard.set(position, [slot]);
    });
    for (const [position, slots] of byShard) {
      const shard = manifest.shards[position] as TileSetShard;
      const file = await fileOf(position);
      const reads = slots.map(async (slot) => {
        const record = (indices[slot] as TileIndex) - shard.firstIndex;
        const { bytesRead } = await file.read(pixels, slot * recordBytes, recordBytes, record * recordBytes);
        if (bytesRead !== recordBytes) throw corrupt(shard, `record ${record} is cut off`);
      });
      // All settled before anything is thrown: no read may outlive its file handle.
      const failed = (await Promise.allSettled(reads)).find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
    return pixels;
  };

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  return {
    sizePx,
    count,
    read: (indices) => inTurn(() => readNow(indices)),
    async verify(context = {}) {
      for (const [position, shard] of manifest.shards.entries()) {
        const sha256 = await fileSha256(shard.path, shard.records * recordBytes, context.signal);
        if (sha256 !== shard.sha256) throw corrupt(shard, sha256 ? 'its checksum differs' : 'it is missing or cut off');
        context.onProgress?.({ stage: 'Checking tiles', done: position + 1, total: manifest.shards.length });
      }
    },
    close: () =>
      inTurn(async () => {
        for (const file of files.values()) await file.close();
        files.clear();
      }),
  };
}

function corrupt(shard: TileSetShard, what: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'shard-corrupt',
    `The tile file ${shard.path} of slide ${shard.slide} is damaged: ${what}.`,
    'Run the tiles step again; it rewrites damaged files and keeps the others.',
    { path: shard.path },
    cause,
  );
}
