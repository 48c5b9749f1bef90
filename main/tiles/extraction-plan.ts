/**
 * What extraction of one slide will do, as a plain value: which candidate tiles, in which order, in which shard. Shards
 * are ranges of candidates, fixed before any pixel is read, so each can be computed alone, in any order and again.
 */
import { createHash } from 'node:crypto';
import { TrefoilError } from '#common/errors.ts';
import type { GridTile, TileGrid } from '#common/domain/tile.ts';

/** Candidates per shard; a shard holds at most this many records. */
export const shardCandidates = 1024;

/** Raised when records or their meaning change, so that old shards are written anew. */
const shardFormat = 2;

export type TileKey = readonly [column: number, row: number];

export interface ExtractionPlan {
  /** Id of the slide; starts the names of its shard files. */
  readonly slide: string;
  readonly grid: TileGrid;
  /** Tiles to read, row by row. Blurred ones among them get no record. */
  readonly candidates: readonly TileKey[];
  /** Smallest focus measure of a kept tile; 0 keeps all. */
  readonly minFocus: number;
  /** As focusBinning of the tiles' mpp says. */
  readonly focusBinning: number;
  /** SHA-256 over everything that decides a byte of the shards. */
  readonly hash: string;
}

/**
 * Plan for one slide from the tiles kept so far. `fingerprint` is the slide file's: other content, other shards.
 * Throws `invalid-input` for an id that cannot be part of a file name.
 */
export function planExtraction(
  slide: string,
  fingerprint: string,
  grid: TileGrid,
  tiles: readonly GridTile[],
  focus: { readonly minimum: number; readonly binning: number },
): ExtractionPlan {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(slide)) {
    throw new TrefoilError(
      'invalid-input',
      `The slide id "${slide}" cannot be part of a file name.`,
      'Use letters, digits, hyphens and underscores only.',
    );
  }
  const candidates = tiles
    .filter((tile) => tile.dropped === null)
    .map((tile): TileKey => [tile.column, tile.row])
    .sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  const { level, columns, rows, downsample, sizePx, stridePx } = grid;
  const hash = createHash('sha256')
    .update(
      JSON.stringify([
        shardFormat,
        shardCandidates,
        slide,
        fingerprint,
        [level, columns, rows, downsample, sizePx, stridePx],
        focus.minimum,
        focus.binning,
        candidates,
      ]),
    )
    .digest('hex');
  return { slide, grid, candidates, minFocus: focus.minimum, focusBinning: focus.binning, hash };
}

export function shardCount(plan: ExtractionPlan): number {
  return Math.ceil(plan.candidates.length / shardCandidates);
}

export function candidatesOfShard(plan: ExtractionPlan, shard: number): readonly TileKey[] {
  return plan.candidates.slice(shard * shardCandidates, (shard + 1) * shardCandidates);
}
