/**
 * From an opened slide to the list of its tiles: overview, tissue, grid, selection. Reads the overview in strips, so memory
 * does not grow with the slide; reads no tile and writes nothing. Next: extraction-plan.ts.
 */
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { RegionShape } from '#common/domain/region.ts';
import type { SlideInfo, SlideLevel } from '#common/domain/slide.ts';
import {
  noDrops,
  type DropReason,
  type GridTile,
  type Level0Rect,
  type TileGrid,
  type TileSettings,
} from '#common/domain/tile.ts';
import type { StageContext } from '#common/stage.ts';
import type { RgbImage, SlideReader } from '#main/slides/slide-reader.ts';
import { correctByHand } from './hand-corrections.ts';
import { selectTiles } from './select-tiles.ts';
import { slideMppValue, tileGrid } from './tile-grid.ts';
import { findTissue } from './tissue-mask.ts';
import type { ThresholdOrigin } from './tissue-mask.ts';

/** A rectangle of the slide, resampled by area to the given size; whatever level suits. */
export type ReadScaledRegion = (
  reader: SlideReader,
  rect: Level0Rect,
  outWidth: number,
  outHeight: number,
  signal?: AbortSignal,
) => Promise<RgbImage>;

export interface TissueSummary {
  /** Saturation 0..1 above which a pixel is tissue. */
  readonly threshold: number;
  readonly origin: ThresholdOrigin;
  /** Micrometres per pixel at which the mask was made. */
  readonly maskMpp: number;
  readonly maskWidth: number;
  readonly maskHeight: number;
  /** Shares (0..1) of the slide. */
  readonly tissueShare: number;
  readonly penShare: number;
  readonly foldShare: number;
  readonly darkShare: number;
}

export interface TilePlan {
  readonly grid: TileGrid;
  /** Every grid position, row by row. */
  readonly tiles: readonly GridTile[];
  readonly counts: Readonly<Record<'kept' | DropReason, number>>;
  readonly tissue: TissueSummary;
  /** Sentences for a person: nothing kept, nearly everything kept, ... */
  readonly warnings: readonly string[];
}

export interface PlanTilesOptions {
  readonly reader: SlideReader;
  /** With the mpp a person set, where the file has none. */
  readonly info: SlideInfo;
  readonly readScaledRegion: ReadScaledRegion;
  readonly regions: readonly RegionShape[];
  readonly settings: TileSettings;
}

/** The mask is made coarser than asked rather than larger than this. */
const maximumMaskPixels = 16_000_000;
/** Level pixels read for one strip of the overview. */
const stripPixels = 16_000_000;

/** Throws `mpp-missing`, `invalid-input`, `limit-exceeded`, `cancelled` and the reader's own errors. */
export async function planTiles(options: PlanTilesOptions, context: StageContext = {}): Promise<TilePlan> {
  checkShares(options.settings);
  // Settings that cannot be are refused before minutes of reading.
  tileGrid(options.info.levels, options.info.mpp, options.settings);
  return planFromOverview(options, await readOverview(options, options.settings.tissue.maskMpp, context));
}

/** The same from an overview that is there already, e.g. while a person moves a slider. */
export function planFromOverview(
  { info, settings, regions }: Pick<PlanTilesOptions, 'info' | 'settings' | 'regions'>,
  overview: SlideOverview,
): TilePlan {
  checkShares(settings);
  const grid = tileGrid(info.levels, info.mpp, settings);
  const { maskMpp } = overview;
  const mask = findTissue(overview.image, maskMpp, settings.tissue);
  correctByHand(mask, regions, info.width / overview.image.width, info.height / overview.image.height);
  const tiles = selectTiles({
    grid,
    slideWidth: info.width,
    slideHeight: info.height,
    tissue: mask.tissue,
    pen: mask.pen,
    fold: mask.fold,
    dark: mask.dark,
    regions,
    minTissue: settings.minTissue,
    maxPen: settings.tissue.maxPen,
    maxFold: settings.tissue.maxFold,
    maxDark: settings.tissue.maxDark,
  });
  const counts = { kept: 0, ...noDrops() };
  for (const tile of tiles) counts[tile.dropped ?? 'kept'] += 1;
  const tissue: TissueSummary = {
    threshold: mask.threshold,
    origin: mask.origin,
    maskMpp,
    maskWidth: mask.tissue.width,
    maskHeight: mask.tissue.height,
    tissueShare: shareOfOnes(mask.tissue.data),
    penShare: shareOfOnes(mask.pen.data),
    foldShare: shareOfOnes(mask.fold.data),
    darkShare: shareOfOnes(mask.dark.data),
  };
  return { grid, tiles, counts, tissue, warnings: warningsOf(grid, tiles.length, counts, tissue) };
}

/** The whole slide in small, from which tissue is found. */
export interface SlideOverview {
  readonly image: RgbImage;
  /** Micrometres per pixel of the image. */
  readonly maskMpp: number;
}

/** `mpp`: wanted micrometres per pixel; coarser where the image would get more than `maximumPixels`. */
export async function readOverview(
  { reader, info, readScaledRegion }: Pick<PlanTilesOptions, 'reader' | 'info' | 'readScaledRegion'>,
  mpp: number,
  context: StageContext = {},
  maximumPixels: number = maximumMaskPixels,
): Promise<SlideOverview> {
  const slideMpp = slideMppValue(info.mpp);
  const downsample = Math.max(1, mpp / slideMpp, Math.sqrt((info.width * info.height) / maximumPixels));
  const width = Math.max(1, Math.round(info.width / downsample));
  const height = Math.max(1, Math.round(info.height / downsample));
  const data = new Uint8Array(width * height * 3);
  const rowsPerStrip = stripRows(info, downsample);
  for (let top = 0; top < height; top += rowsPerStrip) {
    throwIfCancelled(context.signal);
    const bottom = Math.min(height, top + rowsPerStrip);
    const y = Math.round((top / height) * info.height);
    const rect = { x: 0, y, width: info.width, height: Math.round((bottom / height) * info.height) - y };
    const strip = await readScaledRegion(reader, rect, width, bottom - top, context.signal);
    data.set(strip.data.subarray(0, width * (bottom - top) * 3), top * width * 3);
    context.onProgress?.({ stage: 'Finding tissue', done: bottom, total: height });
  }
  const maskMpp = slideMpp * Math.sqrt((info.width / width) * (info.height / height));
  return { image: { width, height, data }, maskMpp };
}

/** Mask rows whose level pixels fit `stripPixels`, at the level a reader would take for this downsample. */
function stripRows(info: SlideInfo, downsample: number): number {
  const level = info.levels.reduce<SlideLevel | undefined>(
    (best, next) => (next.downsample <= downsample * 1.01 && next.downsample >= (best?.downsample ?? 0) ? next : best),
    info.levels[0],
  );
  const levelDownsample = level?.downsample ?? 1;
  const levelRows = stripPixels / Math.max(1, info.width / levelDownsample);
  return Math.max(1, Math.floor((levelRows * levelDownsample) / downsample));
}

function checkShares({ minTissue, tissue }: TileSettings): void {
  const valid =
    minTissue >= 0 &&
    minTissue <= 1 &&
    tissue.maxPen >= 0 &&
    tissue.maxPen <= 1 &&
    [tissue.maxFold, tissue.maxDark, tissue.foldContrast, tissue.darkLimit].every(
      (share) => share >= 0 && share <= 1,
    ) &&
    tissue.saturationThreshold >= 0 &&
    tissue.saturationThreshold <= 1 &&
    tissue.maskMpp > 0 &&
    tissue.minHoleUm2 >= 0 &&
    tissue.minSpeckUm2 >= 0 &&
    tissue.minFocus >= 0;
  if (valid) return;
  throw new TrefoilError(
    'invalid-input',
    'The tissue settings are out of range.',
    'Shares (smallest tissue, largest pen, saturation) go from 0 to 1; areas, mask mpp and focus are not negative.',
  );
}

function shareOfOnes(data: Uint8Array): number {
  let ones = 0;
  for (const value of data) ones += value;
  return data.length === 0 ? 0 : ones / data.length;
}

function warningsOf(
  grid: TileGrid,
  total: number,
  counts: TilePlan['counts'],
  { origin, penShare, foldShare }: TissueSummary,
): string[] {
  const warnings: string[] = [];
  if (total === 0) {
    warnings.push(`The slide is smaller than one tile of ${grid.sizePx} px.`);
  } else if (counts.kept === 0) {
    const [reason] = Object.entries(counts).reduce((most, next) => (next[1] > most[1] ? next : most));
    warnings.push(
      origin === 'blank'
        ? 'Nothing was kept: the slide looks blank.'
        : `Nothing was kept: most tiles were dropped as "${reason}".`,
    );
  } else if (counts.kept / total > 0.98 && total >= 50) {
    warnings.push('Nearly every tile was kept: check that glass is not taken for tissue.');
  }
  if (origin === 'otsu-not-bimodal' && counts.kept > 0) {
    warnings.push('The image shows hardly any glass, so the fixed saturation threshold was used instead of Otsu.');
  }
  if (penShare > 0.02) warnings.push(`${Math.round(penShare * 100)} % of the slide looks like pen or a black border.`);
  if (foldShare > 0.1) {
    warnings.push(
      `${Math.round(foldShare * 100)} % of the slide looks like folds: check that cell-rich tumour is not taken for folds.`,
    );
  }
  return warnings;
}
