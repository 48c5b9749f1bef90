/** Tiles of the whole project: previewed, planned, extracted where missing; the result becomes the current tile set. */
import { totalmem } from 'node:os';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { counted } from '#common/counted.ts';
import { tilesCalls, type RefusedSlide, type TileCounts, type TileSetSummary } from '#common/contract/tiles.ts';
import { mppWarnings, type MppProvenance } from '#common/domain/mpp-provenance.ts';
import { noDrops, type DropReason, type GridTile, type TileSettings } from '#common/domain/tile.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { appliedProfile } from '../slides/colour/with-colour-profile.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import { listRegions, type RegionRow } from '../store/region-rows.ts';
import { listSlides, type SlideRow } from '../store/slide-rows.ts';
import { readProjectSettings } from '../store/project-settings.ts';
import { extractionCacheBytes } from '../tiles/extraction-cache.ts';
import { extractTiles, type ExtractionResult } from '../tiles/extract-tiles.ts';
import { planExtraction } from '../tiles/extraction-plan.ts';
import { focusBinning } from '../tiles/focus.ts';
import { planTiles, type TilePlan } from '../tiles/plan-tiles.ts';
import { buildTileSet } from '../tiles/tile-set.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import { refusalOf } from './refusal.ts';
import { slideProvenances } from './slide-provenance.ts';
import { slideTilePixelsModule, type SlideTilePixelsArgument } from './slide-tile-pixels.ts';
import { settingsFor } from './slide-tissue.ts';
import { openProjectSlide, slideInfoOf, slidePathOf } from './slides-service.ts';
import type { TilePreviews } from './tile-previews.ts';
import { currentTileSetId, loadTileSet, saveTileSet, tileFolder, type TileSetSlide } from './tile-sets.ts';

export function createTilesService(
  projects: OpenProjects,
  previews: TilePreviews,
  workers: number,
  now: () => Date,
): ClientOf<typeof tilesCalls> {
  return implementService('tiles', tilesCalls, {
    preview: async ({ project, slide, settings, area, focus }, context) =>
      previews.tissue(projects.get(project), slide, settings, { area: area ?? null, focus }, context),

    plan: async ({ project, settings, slides }, context) =>
      previews.plan(projects.get(project), settings, slides ?? null, workers, context),

    list: async ({ project }) => {
      const target = projects.get(project);
      const current = currentTileSetId(target);
      return listTileSets(target).map((set) => summarise(target, set, set.id === current));
    },

    current: async ({ project }) => {
      const target = projects.get(project);
      const current = currentTileSetId(target);
      const set = listTileSets(target).find(({ id }) => id === current);
      return set === undefined ? null : summarise(target, set, true);
    },

    extract: async ({ project, settings }, context) => {
      const target = projects.get(project);
      const slides = requireSlides(target);
      const regions = listRegions(target.database);
      const { colour } = readProjectSettings(target.database);
      const folder = tileFolder(target, settings, colour);
      const provenanceOf = slideProvenances(target, slides);
      const done: { entry: TileSetSlide; name: string; result: ExtractionResult }[] = [];
      const refused: RefusedSlide[] = [];
      for (const [index, slide] of slides.entries()) {
        throwIfCancelled(context.signal);
        const note = `${slide.name} (${index + 1} of ${slides.length})`;
        const named: StageContext = {
          signal: context.signal,
          onProgress: (progress) => context.onProgress?.({ ...progress, note }),
        };
        try {
          requireMpp(slide);
          const own = settingsFor(slide, settings);
          const { plan, colourProfile } = await planSlide(target, slide, regions, own, named);
          const focus = { minimum: own.tissue.minFocus, binning: focusBinning(settings.mpp) };
          const extraction = planExtraction(slide.id, slide.fingerprint, plan.grid, plan.tiles, focus);
          const level = slide.info.levels[plan.grid.level];
          const argument: SlideTilePixelsArgument = {
            path: slidePathOf(target, slide),
            colour,
            ...(level === undefined ? {} : { cacheBytes: extractionCacheBytes(level, plan.grid, workers, totalmem()) }),
          };
          const source = { module: slideTilePixelsModule, argument };
          const result = await extractTiles({ plan: extraction, source, directory: folder, workers }, named);
          const entry = describeSlide(slide, provenanceOf(slide), plan, result, colourProfile);
          done.push({ entry, name: slide.name, result });
        } catch (error) {
          refused.push({ slide: slide.id, name: slide.name, error: refusalOf(error) });
        }
      }
      if (refused.length > 0 && done.every(({ entry }) => entry.kept === 0)) throw nothingCut(refused, done.length);
      const manifest = buildTileSet(
        folder,
        done.map(({ result }) => result.shards),
      );
      const content = { settings, colour, slides: done.map(({ entry }) => entry), manifest };
      const set = await saveTileSet(target, folder, content, now().toISOString());
      return {
        tileSet: set.id,
        kept: manifest.count,
        bytes: manifest.count * settings.sizePx ** 2 * 3,
        slides: done.map(({ entry, name }) => countTiles(entry, name)),
        refused,
      };
    },
  });
}

function requireSlides(project: OpenProject): SlideRow[] {
  const slides = listSlides(project.database);
  if (slides.length > 0) return slides;
  throw new TrefoilError(
    'no-tiles',
    'The project has no slides.',
    'Add slides first: trefoil slides add PROJECT FILES.',
  );
}

function requireMpp(slide: SlideRow): void {
  if (slideInfoOf(slide).mpp.source !== 'missing') return;
  throw new TrefoilError(
    'mpp-missing',
    `${slide.name} does not say how large a pixel is.`,
    'Set it by hand from a scale bar or the scanner: trefoil slides set PROJECT SLIDE --mpp 0.5.',
    { slide: slide.id },
  );
}

/** No tile at all: what stands in the way of the first slide, and how many slides that is about. */
function nothingCut(refused: readonly RefusedSlide[], withoutTile: number): TrefoilError {
  const [first, ...rest] = refused;
  if (first === undefined) throw new Error('neither cut nor refused');
  const all = rest.length === 0 ? '' : ` None of the ${refused.length} slides can be cut.`;
  const others =
    withoutTile === 0 ? all : ` ${counted(refused.length, 'slide')} cannot be cut, and of the others no tile was kept.`;
  const { code, message, hint, details } = first.error;
  return new TrefoilError(code, `${message}${others}`, hint, details);
}

async function planSlide(
  project: OpenProject,
  slide: SlideRow,
  regions: readonly RegionRow[],
  settings: TileSettings,
  context: StageContext,
): Promise<{ readonly plan: TilePlan; readonly colourProfile: string | null }> {
  await using reader = await openProjectSlide(project, slide);
  const own = regions.filter((region) => region.slide === slide.id);
  const info = slideInfoOf(slide);
  return {
    plan: await planTiles({ reader, info, readScaledRegion, regions: own, settings }, context),
    colourProfile: appliedProfile(reader),
  };
}

function describeSlide(
  slide: SlideRow,
  mppProvenance: MppProvenance,
  plan: TilePlan,
  result: ExtractionResult,
  colourProfile: string | null,
): TileSetSlide {
  const { mpp } = slideInfoOf(slide);
  if (mpp.source === 'missing') throw new TrefoilError('mpp-missing', `${slide.name} has no mpp.`, 'Set it by hand.');
  const dropped = plan.tiles
    .filter((tile): tile is GridTile & { dropped: DropReason } => tile.dropped !== null)
    .map((tile) => [tile.column, tile.row, tile.dropped] as const);
  const blurred = result.shards.flatMap((shard) =>
    shard.blurred.map(([column, row]) => [column, row, 'blur'] as const),
  );
  return {
    slide: slide.id,
    grid: plan.grid,
    mpp: (mpp.x + mpp.y) / 2,
    mppSource: mpp.source,
    mppProvenance,
    kept: result.keptTiles,
    dropped: [...dropped, ...blurred],
    warnings: [...plan.warnings, ...mppWarnings(mppProvenance)],
    colourProfile,
    tissue: slide.tissue,
  };
}

function countTiles(entry: TileSetSlide, name: string): TileCounts {
  const dropped = noDrops();
  for (const [, , reason] of entry.dropped) dropped[reason] += 1;
  return {
    slide: entry.slide,
    name,
    planned: entry.grid.columns * entry.grid.rows,
    kept: entry.kept,
    dropped,
    warnings: [...entry.warnings],
  };
}

function listTileSets(project: OpenProject): { readonly id: string; readonly createdAt: string }[] {
  return project.database
    .prepare('SELECT id, created_at FROM tile_sets ORDER BY created_at DESC, rowid DESC')
    .all()
    .map((row) => ({ id: String(row['id']), createdAt: String(row['created_at']) }));
}

function summarise(
  project: OpenProject,
  { id, createdAt }: { readonly id: string; readonly createdAt: string },
  isCurrent: boolean,
): TileSetSummary {
  const { settings, colour, manifest, slides } = loadTileSet(project, id);
  const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
  const { sizePx, mpp, stridePx, minTissue, tissue } = settings;
  return {
    tileSet: id,
    createdAt,
    isCurrent,
    sizePx,
    mpp,
    stridePx,
    minTissue,
    colour,
    tissue,
    kept: manifest.count,
    bytes: manifest.count * sizePx ** 2 * 3,
    slides: slides.map((slide) => countTiles(slide, names.get(slide.slide) ?? 'removed slide')),
  };
}
