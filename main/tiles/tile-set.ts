/**
 * The project's tile set: every kept tile of every slide under one running number, TileIndex = record number over all
 * shards in order. A plain value that can be written to disk as JSON and handed to the engine's process.
 */
import { join } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import type { TileIndex } from '#common/domain/identifiers.ts';
import type { TileKey } from './extraction-plan.ts';
import { shardFileName } from './shard.ts';
import type { ShardRecord } from './shard.ts';

export interface TileSetShard {
  readonly slide: string;
  /** Path of the .rgb file. */
  readonly path: string;
  readonly firstIndex: TileIndex;
  readonly records: number;
  readonly sha256: string;
  readonly tiles: readonly TileKey[];
}

export interface TileSetManifest {
  readonly sizePx: number;
  readonly count: number;
  readonly shards: readonly TileSetShard[];
}

export interface TileLocation {
  readonly slide: string;
  readonly column: number;
  readonly row: number;
}

/** Slides in the given order, shards in theirs. Throws `no-tiles` without any record, `invalid-input` on mixed sizes. */
export function buildTileSet(directory: string, slides: readonly (readonly ShardRecord[])[]): TileSetManifest {
  const shards: TileSetShard[] = [];
  let count = 0;
  let sizePx = 0;
  for (const record of slides.flat()) {
    if (sizePx !== 0 && record.sizePx !== sizePx) {
      throw new TrefoilError(
        'invalid-input',
        `Slide ${record.slide} has tiles of ${record.sizePx} px, others have ${sizePx} px.`,
        'Make the tiles of all slides again with one tile size.',
      );
    }
    sizePx = record.sizePx;
    shards.push({
      slide: record.slide,
      path: join(directory, shardFileName(record.slide, record.shard, 'rgb')),
      firstIndex: count,
      records: record.records,
      sha256: record.sha256,
      tiles: record.tiles,
    });
    count += record.records;
  }
  if (count === 0) {
    throw new TrefoilError(
      'no-tiles',
      'No tile of any slide was kept.',
      'Lower the smallest tissue share or the focus limit, or draw other regions, and make the tiles again.',
    );
  }
  return { sizePx, count, shards };
}

/** Position in `manifest.shards` of the shard that holds a tile. Throws `invalid-input` outside 0 .. count-1. */
export function shardOfTile(manifest: TileSetManifest, index: TileIndex): number {
  if (!Number.isInteger(index) || index < 0 || index >= manifest.count) {
    throw new TrefoilError(
      'invalid-input',
      `There is no tile ${index}; the tile set has tiles 0 to ${manifest.count - 1}.`,
      'Make the tiles again, then repeat the command.',
    );
  }
  let low = 0;
  let high = manifest.shards.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((manifest.shards[middle] as TileSetShard).firstIndex <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function locateTile(manifest: TileSetManifest, index: TileIndex): TileLocation {
  const shard = manifest.shards[shardOfTile(manifest, index)] as TileSetShard;
  const [column, row] = shard.tiles[index - shard.firstIndex] as TileKey;
  return { slide: shard.slide, column, row };
}

/** Finds tiles by slide, column and row; build it once for many look-ups. Undefined for a tile that was not kept. */
export function indexTiles(manifest: TileSetManifest): (location: TileLocation) => TileIndex | undefined {
  const bySlide = new Map<string, Map<string, TileIndex>>();
  for (const shard of manifest.shards) {
    let tiles = bySlide.get(shard.slide);
    if (!tiles) bySlide.set(shard.slide, (tiles = new Map()));
    for (const [position, [column, row]] of shard.tiles.entries()) {
      tiles.set(`${column},${row}`, shard.firstIndex + position);
    }
  }
  return ({ slide, column, row }) => bySlide.get(slide)?.get(`${column},${row}`);
}
