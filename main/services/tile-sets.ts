/**
 * The project's tile sets on disk: grid and kept tiles of every slide plus where the pixels lie. A set is named by its
 * content, so a run or an embedding can say exactly which tiles it belongs to. Paths in the file are relative.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { parseInput } from '#common/contract/service.ts';
import { mppProvenance, mppSource } from '#common/contract/slides.ts';
import { tissueSettings } from '#common/contract/tiles.ts';
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import { colourChoices, type ColourChoice } from '#common/domain/slide.ts';
import {
  dropReasons,
  type DropReason,
  type Level0Rect,
  type TileGrid,
  type TileSettings,
  type TissueSettings,
} from '#common/domain/tile.ts';
import { TrefoilError } from '#common/errors.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { tileRect } from '../tiles/tile-grid.ts';
import type { TileSetManifest } from '../tiles/tile-set.ts';
import type { OpenProject } from './open-projects.ts';

export interface TileSetSlide {
  readonly slide: string;
  readonly grid: TileGrid;
  /** Level-0 micrometres per pixel used for the grid, and where it came from: kept for every export. */
  readonly mpp: number;
  readonly mppSource: 'file' | 'by-hand' | 'objective-power' | 'missing';
  /** Left out by sets made before it was recorded. */
  readonly mppProvenance?: MppProvenance | undefined;
  readonly kept: number;
  /** Not kept, with the reason; with the kept ones they are the whole grid. */
  readonly dropped: readonly (readonly [column: number, row: number, reason: DropReason])[];
  readonly warnings: readonly string[];
  /** Name of the colour profile that was applied to its pixels; null when none was. */
  readonly colourProfile: string | null;
  /** How tissue was found, where it differs from the set's settings. */
  readonly tissue: TissueSettings | null;
}

export interface TileSet {
  readonly id: string;
  readonly settings: TileSettings;
  /** Whether scanners' colour profiles were applied to the pixels. */
  readonly colour: ColourChoice;
  readonly slides: readonly TileSetSlide[];
  /** With absolute paths, ready for openTileStore. */
  readonly manifest: TileSetManifest;
}

export interface SlideTiles {
  readonly slide: TileSetSlide;
  /** Indices into the tile set, in its order. */
  readonly firstIndex: number;
  readonly tiles: readonly { readonly column: number; readonly row: number; readonly rect: Level0Rect }[];
}

const integer = z.number().int().min(0);
const tileSetFile = z.object({
  format: z.literal(1),
  colour: z.enum(colourChoices).default('as-stored'),
  settings: z.looseObject({ sizePx: integer, mpp: z.number(), stridePx: integer }),
  slides: z.array(
    z.object({
      slide: z.string(),
      grid: z.object({
        level: integer,
        columns: integer,
        rows: integer,
        downsample: z.number(),
        sizePx: integer,
        stridePx: integer,
      }),
      mpp: z.number(),
      mppSource,
      mppProvenance: mppProvenance.optional(),
      kept: integer,
      dropped: z.array(z.tuple([integer, integer, z.enum(dropReasons)])),
      warnings: z.array(z.string()),
      // Left out by sets cut before profiles were applied and slides had settings of their own.
      colourProfile: z.string().nullable().default(null),
      tissue: tissueSettings.nullable().default(null),
    }),
  ),
  manifest: z.object({
    sizePx: integer,
    count: integer,
    shards: z.array(
      z.object({
        slide: z.string(),
        path: z.string(),
        firstIndex: integer,
        records: integer,
        sha256: z.string(),
        tiles: z.array(z.tuple([integer, integer])),
      }),
    ),
  }),
});

/** Folder of the shards for these settings; another setting, another folder. */
export function tileFolder(project: OpenProject, settings: TileSettings, colour: ColourChoice): string {
  return join(project.directory, 'tiles', shortHash([settings, colour]));
}

/** Writes the set beside its shards and makes it the project's current one. */
export async function saveTileSet(
  project: OpenProject,
  folder: string,
  content: Omit<TileSet, 'id'>,
  createdAt: string,
): Promise<TileSet> {
  const manifest = {
    ...content.manifest,
    shards: content.manifest.shards.map((shard) => ({ ...shard, path: basename(shard.path) })),
  };
  const file = { format: 1, colour: content.colour, settings: content.settings, slides: content.slides, manifest };
  const id = `tiles-${shortHash(file)}`;
  const path = join(folder, `${id}.json`);
  await writeFileAtomically(path, Buffer.from(JSON.stringify(file)));
  const relative = `tiles/${basename(folder)}/${id}.json`;
  project.database
    .prepare(
      `INSERT INTO tile_sets (id, created_at, settings, manifest) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at`,
    )
    .run(id, createdAt, JSON.stringify(content.settings), relative);
  return { id, ...content };
}

/** The set made last, or null before the first. */
export function currentTileSetId(project: OpenProject): string | null {
  const row = project.database.prepare('SELECT id FROM tile_sets ORDER BY created_at DESC, rowid DESC LIMIT 1').get();
  return row === undefined ? null : String(row['id']);
}

export function requireCurrentTileSet(project: OpenProject): TileSet {
  const id = currentTileSetId(project);
  if (id === null) {
    throw new TrefoilError('no-tiles', 'The project has no tiles yet.', 'Make tiles first: trefoil tiles PROJECT.');
  }
  return loadTileSet(project, id);
}

export function loadTileSet(project: OpenProject, id: string): TileSet {
  const row = project.database.prepare('SELECT manifest FROM tile_sets WHERE id = ?').get(id);
  if (row === undefined) throw new TrefoilError('not-found', `There is no tile set ${id}.`, 'Make the tiles again.');
  const path = join(project.directory, String(row['manifest']));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new TrefoilError(
      'file-not-found',
      `The tile set ${path} cannot be read.`,
      'Make the tiles again.',
      {},
      error,
    );
  }
  const file = parseInput(path, tileSetFile, JSON.parse(text));
  const folder = dirname(path);
  return {
    id,
    settings: file.settings as unknown as TileSettings,
    colour: file.colour,
    slides: file.slides,
    manifest: {
      ...file.manifest,
      // A name only: a project file cannot send the reader to another folder.
      shards: file.manifest.shards.map((shard) => ({ ...shard, path: join(folder, basename(shard.path)) })),
    },
  };
}

/** Kept tiles slide by slide, with their level-0 rectangles. */
export function tilesBySlide(set: TileSet): SlideTiles[] {
  return set.slides.map((slide) => {
    const shards = set.manifest.shards.filter((shard) => shard.slide === slide.slide);
    const tiles = shards.flatMap((shard) =>
      shard.tiles.map(([column, row]) => ({ column, row, rect: tileRect(slide.grid, column, row) })),
    );
    return { slide, firstIndex: shards[0]?.firstIndex ?? 0, tiles };
  });
}

function shortHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
