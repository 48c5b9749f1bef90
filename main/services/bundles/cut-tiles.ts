/** First stage of applying a model to a slide: tissue, grid, pixels of every kept tile, all as the model says. */
import { mkdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mppWarnings } from '#common/domain/mpp-provenance.ts';
import { noDrops, type TileSettings } from '#common/domain/tile.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { ModelBundle } from '../../bundles/read-bundle.ts';
import { writeFileAtomically } from '../../files/atomic-file.ts';
import { appliedProfile, withColourProfile } from '../../slides/colour/with-colour-profile.ts';
import { openSlide } from '../../slides/open-slide.ts';
import { readScaledRegion } from '../../slides/read-scaled-region.ts';
import { slideFingerprint } from '../../slides/slide-fingerprint.ts';
import { mppProvenance, withMppByHand } from '../../slides/slide-mpp.ts';
import { extractTiles } from '../../tiles/extract-tiles.ts';
import { extractionCacheBytes } from '../../tiles/extraction-cache.ts';
import { planExtraction } from '../../tiles/extraction-plan.ts';
import { focusBinning } from '../../tiles/focus.ts';
import { shardFileName } from '../../tiles/shard.ts';
import { planTiles } from '../../tiles/plan-tiles.ts';
import type { TileSetManifest } from '../../tiles/tile-set.ts';
import { openTileStore } from '../../tiles/tile-store.ts';
import { slideTilePixelsModule, type SlideTilePixelsArgument } from '../slide-tile-pixels.ts';
import { findStageFile, slideTiles, type SlideTiles } from './slide-files.ts';

export interface CutTilesInput {
  /** Path of the slide. */
  readonly slide: string;
  /** JSON file; pixels go into the folder "tiles" beside it. */
  readonly out: string;
  /** Micrometres per pixel for a slide that does not say; one that does keeps its own. */
  readonly mpp?: number | undefined;
  readonly workers: number;
}

/** The folder of the shards that belong to a tiles file. */
export function shardFolder(tilesFile: string): string {
  return join(dirname(tilesFile), 'tiles');
}

/** Throws `mpp-missing` and what the reader throws. No tile at all is a result with a warning, not a failure. */
export async function cutTiles(
  model: ModelBundle,
  { slide: path, out, mpp, workers }: CutTilesInput,
  context: StageContext,
): Promise<SlideTiles> {
  const name = basename(path);
  const fingerprint = await slideFingerprint(path, { signal: context.signal });
  const { colour, sizePx, mpp: tileMpp, stridePx, minTissue, tissue } = model.manifest.tiles;
  await using reader = await withColourProfile(await openSlide(path), colour);
  const mppByHand = reader.info.mpp.source === 'missing' ? (mpp ?? null) : null;
  const known = await findStageFile(out, slideTiles);
  const isSame =
    known?.model === model.sha256 && known.slide.fingerprint === fingerprint && known.mppByHand === mppByHand;
  if (isSame && (await shardsAreThere(known, out, context))) return known;

  const info = mppByHand === null ? reader.info : withMppByHand(reader.info, mppByHand);
  if (info.mpp.source === 'missing') {
    throw new TrefoilError(
      'mpp-missing',
      `${name} does not say how large a pixel is.`,
      'Say how many µm a pixel is, from a scale bar or the scanner (on the command line: --mpp).',
    );
  }
  const settings: TileSettings = { sizePx, mpp: tileMpp, stridePx, minTissue, tissue };
  const plan = await planTiles({ reader, info, readScaledRegion, regions: [], settings }, context);
  const focus = { minimum: tissue.minFocus, binning: focusBinning(tileMpp) };
  const extraction = planExtraction(`slide-${fingerprint.slice(0, 16)}`, fingerprint, plan.grid, plan.tiles, focus);
  const level = info.levels[plan.grid.level];
  const argument: SlideTilePixelsArgument = {
    path,
    colour,
    ...(level === undefined ? {} : { cacheBytes: extractionCacheBytes(level, plan.grid, workers, totalmem()) }),
  };
  await mkdir(dirname(out), { recursive: true });
  const directory = shardFolder(out);
  const source = { module: slideTilePixelsModule, argument };
  const { shards, keptTiles, blurredTiles } = await extractTiles(
    { plan: extraction, source, directory, workers },
    context,
  );
  const dropped: Record<string, number> = { ...noDrops() };
  for (const tile of plan.tiles) if (tile.dropped !== null) dropped[tile.dropped] = (dropped[tile.dropped] ?? 0) + 1;
  dropped['blur'] = (dropped['blur'] ?? 0) + blurredTiles;
  const provenance = mppProvenance(reader.info, mppByHand === null ? null : { mpp: mppByHand, setAt: null });
  let firstIndex = 0;
  const result: SlideTiles = {
    format: 'trefoil-slide-tiles',
    version: 1,
    model: model.sha256,
    slide: { name, fingerprint, width: info.width, height: info.height },
    mppByHand,
    mpp: (info.mpp.x + info.mpp.y) / 2,
    mppSource: info.mpp.source,
    mppProvenance: {
      ...provenance,
      claims: provenance.claims === null ? null : [...provenance.claims],
      contradictions: [...provenance.contradictions],
    },
    grid: plan.grid,
    kept: keptTiles,
    dropped,
    warnings: [...plan.warnings, ...mppWarnings(provenance)],
    colourProfile: appliedProfile(reader),
    shards: shards.map((shard) => {
      const first = firstIndex;
      firstIndex += shard.records;
      return {
        slide: shard.slide,
        file: shardFileName(shard.slide, shard.shard, 'rgb'),
        firstIndex: first,
        records: shard.records,
        sha256: shard.sha256,
        tiles: shard.tiles.map(([column, row]) => [column, row]),
      };
    }),
  };
  await writeFileAtomically(out, Buffer.from(`${JSON.stringify(result)}\n`));
  return result;
}

async function shardsAreThere(known: SlideTiles, out: string, context: StageContext): Promise<boolean> {
  const store = openTileStore(manifestOf(known, out));
  try {
    await store.verify(context);
    return true;
  } catch (error) {
    if (error instanceof TrefoilError && error.code === 'shard-corrupt') return false;
    throw error;
  } finally {
    await store.close();
  }
}

/** As the tile store takes it. */
export function manifestOf({ grid, kept, shards }: SlideTiles, tilesFile: string): TileSetManifest {
  const folder = shardFolder(tilesFile);
  return {
    sizePx: grid.sizePx,
    count: kept,
    shards: shards.map(({ file, ...shard }) => ({ ...shard, path: join(folder, file) })),
  };
}
