/**
 * One shard on disk: `<slide>-<n>.rgb`, raw RGB records of sizePx * sizePx * 3 bytes, and `<slide>-<n>.json`, what they
 * are. Both are written beside their target, synced and renamed, the json last: a json that is there and verifies means
 * the shard is whole. Not a reader of tiles (tile-store.ts) and not the loop over shards (extract-tiles.ts).
 */
import { createHash } from 'node:crypto';
import { open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { writeAtomically, writeFileAtomically } from '../files/atomic-file.ts';
import { candidatesOfShard, shardCandidates, shardCount } from './extraction-plan.ts';
import type { ExtractionPlan, TileKey } from './extraction-plan.ts';
import { focusMeasure } from './focus.ts';
import { tileRect } from './tile-grid.ts';
import type { TilePixels } from './tile-pixels.ts';

const tileKeySchema = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);

const shardRecordSchema = z.object({
  version: z.literal(1),
  slide: z.string(),
  shard: z.int().nonnegative(),
  sizePx: z.int().positive(),
  records: z.int().min(0).max(shardCandidates),
  /** Column and row of each record, in order. */
  tiles: z.array(tileKeySchema).max(shardCandidates),
  /** Candidates dropped because they are out of focus. */
  blurred: z.array(tileKeySchema).max(shardCandidates),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  planHash: z.string().regex(/^[0-9a-f]{64}$/),
});

export type ShardRecord = Readonly<z.infer<typeof shardRecordSchema>>;

/** Tiles read at once within a shard: decoding of one overlaps with reading of the next. */
const tilesInFlight = 16;

export function shardFileName(slide: string, shard: number, extension: 'rgb' | 'json'): string {
  return `${slide}-${String(shard).padStart(5, '0')}.${extension}`;
}

/** Reads, filters and writes one shard; memory stays at a few tiles. Errors: `disk-full`, `cancelled`, the slide's own. */
export async function writeShard(
  plan: ExtractionPlan,
  shard: number,
  pixels: TilePixels,
  directory: string,
  signal?: AbortSignal,
): Promise<ShardRecord> {
  const { sizePx } = plan.grid;
  const recordBytes = sizePx * sizePx * 3;
  const candidates = candidatesOfShard(plan, shard);
  const dataPath = join(directory, shardFileName(plan.slide, shard, 'rgb'));
  const jsonPath = join(directory, shardFileName(plan.slide, shard, 'json'));
  const tiles: TileKey[] = [];
  const blurred: TileKey[] = [];
  const hash = createHash('sha256');
  const batch = new Uint8Array(recordBytes * tilesInFlight);
  // A json beside changed data would vouch for the wrong bytes if we stopped half-way.
  await rm(jsonPath, { force: true });
  await writeAtomically(dataPath, async (file) => {
    for (let start = 0; start < candidates.length; start += tilesInFlight) {
      throwIfCancelled(signal);
      const keys = candidates.slice(start, start + tilesInFlight);
      const read = await Promise.all(
        keys.map(([column, row]) => pixels.readTile(tileRect(plan.grid, column, row), sizePx, signal)),
      );
      let filled = 0;
      keys.forEach((key, index) => {
        const tile = read[index] as Uint8Array;
        if (tile.length !== recordBytes) throw wrongTileSize(plan.slide, key, tile.length, recordBytes);
        if (plan.minFocus > 0 && focusMeasure(tile, sizePx, sizePx, plan.focusBinning) < plan.minFocus) {
          blurred.push(key);
          return;
        }
        batch.set(tile, filled);
        filled += recordBytes;
        tiles.push(key);
      });
      const bytes = batch.subarray(0, filled);
      hash.update(bytes);
      await file.writeFile(bytes);
    }
  });
  const record: ShardRecord = {
    version: 1,
    slide: plan.slide,
    shard,
    sizePx,
    records: tiles.length,
    tiles: tiles.map(([column, row]) => [column, row]),
    blurred: blurred.map(([column, row]) => [column, row]),
    sha256: hash.digest('hex'),
    planHash: plan.hash,
  };
  await writeFileAtomically(jsonPath, Buffer.from(`${JSON.stringify(record)}\n`));
  return record;
}

/** The shard's record when its json is of this plan and its data has the stated size and checksum; otherwise null. */
export async function readIntactShard(
  plan: ExtractionPlan,
  shard: number,
  directory: string,
  signal?: AbortSignal,
): Promise<ShardRecord | null> {
  let record: ShardRecord;
  try {
    const text = await readFile(join(directory, shardFileName(plan.slide, shard, 'json')), 'utf8');
    record = shardRecordSchema.parse(JSON.parse(text));
  } catch {
    // Missing, half a file or not ours: all mean "write it again", which is the caller's next step.
    return null;
  }
  const consistent =
    record.planHash === plan.hash &&
    record.slide === plan.slide &&
    record.shard === shard &&
    record.records === record.tiles.length;
  if (!consistent) return null;
  const bytes = record.records * record.sizePx ** 2 * 3;
  const sha256 = await fileSha256(join(directory, shardFileName(plan.slide, shard, 'rgb')), bytes, signal);
  return sha256 === record.sha256 ? record : null;
}

/** SHA-256 of a file of exactly `byteLength` bytes; null when it is missing or of another size. */
export async function fileSha256(path: string, byteLength: number, signal?: AbortSignal): Promise<string | null> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    if ((await file.stat()).size !== byteLength) return null;
    const hash = createHash('sha256');
    const buffer = new Uint8Array(1024 * 1024);
    for (;;) {
      throwIfCancelled(signal);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Removes half-written files of the slide and shards beyond the plan's last, left by an earlier plan. */
export async function removeStaleShards(plan: ExtractionPlan, directory: string): Promise<void> {
  const last = shardCount(plan) - 1;
  const pattern = new RegExp(`^${plan.slide}-(\\d{5,})\\.(?:rgb|json)(\\.partial)?$`);
  for (const name of await readdir(directory)) {
    const match = pattern.exec(name);
    if (match && (match[2] !== undefined || Number(match[1]) > last)) await rm(join(directory, name), { force: true });
  }
}

function wrongTileSize(slide: string, key: TileKey, found: number, expected: number): TrefoilError {
  return new TrefoilError(
    'internal',
    `Slide ${slide} gave ${found} bytes instead of ${expected} for the tile at column ${key[0]}, row ${key[1]}.`,
    'This is a defect in Trefoil. Please report it together with the log.',
  );
}
