/**
 * What the tile settings would do, before anything is cut: the tissue mask under a slider and the plan of every slide. Keeps
 * the small images of the slides looked at last and the newest plans in memory, within bounds. Writes nothing.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import type { TileCounts, tilesCalls } from '#common/contract/tiles.ts';
import { counted } from '#common/counted.ts';
import type { Level0Rect, TileSettings } from '#common/domain/tile.ts';
import { throwIfCancelled, TrefoilError, toErrorReport } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { emptyTileColumns, encodeTileColumns, tileReasons } from '#common/tile-bytes.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import { listRegions, type RegionRow } from '../store/region-rows.ts';
import { findSlide, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { planFromOverview, readOverview, type SlideOverview, type TilePlan } from '../tiles/plan-tiles.ts';
import { tileGrid, tileRect, type TilePosition } from '../tiles/tile-grid.ts';
import { correctByHand } from '../tiles/hand-corrections.ts';
import { focusBinning, focusMeasure } from '../tiles/focus.ts';
import { findTissue } from '../tiles/tissue-mask.ts';
import { readProjectSettings } from '../store/project-settings.ts';
import type { OpenProject } from './open-projects.ts';
import { paintPreview, type BlurredTiles } from './tissue-layers.ts';
import { settingsFor } from './slide-tissue.ts';
import { openProjectSlide, slideInfoOf } from './slides-service.ts';

type TissuePreview = z.output<typeof tilesCalls.preview.output>;
type PlanAnswer = z.output<typeof tilesCalls.plan.output>;

/** A mask of this many pixels is found in well under a second. */
const overviewPixels = 6_000_000;
const overviewsBytes = 96 * 1024 * 1024;
const plansBytes = 64 * 1024 * 1024;
/** Of the mask sent to the page. */
const sampledTiles = 8;
/** Kept tiles in the part looked at whose focus is measured for a preview; with more the person has to zoom in. */
const focusedTiles = 300;
const focusValues = 200_000;

export class TilePreviews {
  private readonly overviews = new BoundedBytes<SlideOverview>(overviewsBytes);
  private readonly plans = new BoundedBytes<Uint8Array<ArrayBuffer>>(plansBytes);
  /** A change on one slide leaves the plans of all others as they were. */
  private readonly slidePlans = new BoundedBytes<SlidePlan>(plansBytes);
  /** Focus of tiles by slide and grid: moving the limit reads nothing again. */
  private readonly focus = new BoundedBytes<Map<string, number>>(focusValues);
  private readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  async tissue(
    project: OpenProject,
    slideId: string,
    settings: TileSettings,
    { area, focus }: { readonly area: Level0Rect | null; readonly focus: boolean },
    context: StageContext,
  ): Promise<TissuePreview> {
    const slide = findSlide(project.database, slideId);
    const { info } = slide;
    const { image, maskMpp } = await this.overview(project, slide, settings.tissue.maskMpp, context);
    const mask = findTissue(image, maskMpp, settings.tissue);
    const own = listRegions(project.database).filter((region) => region.slide === slideId);
    correctByHand(mask, own, image.width / info.width, image.height / info.height);
    const whole = { x: 0, y: 0, width: info.width, height: info.height };
    const blurred =
      focus && settings.tissue.minFocus > 0
        ? await this.blurredTiles(project, slide, own, settings, { image, maskMpp }, area ?? whole, context)
        : null;
    return {
      ...paintPreview(mask, info, area ?? whole, blurred),
      threshold: mask.threshold,
      origin: mask.origin,
      tissueShare: shareOfOnes(mask.tissue.data),
      penShare: shareOfOnes(mask.pen.data),
      foldShare: shareOfOnes(mask.fold.data),
      darkShare: shareOfOnes(mask.dark.data),
      focus: blurred === null ? null : { measured: blurred.measured, blurred: blurred.rects.length },
      maskMpp,
      isCoarser: maskMpp > settings.tissue.maskMpp * 1.05,
    };
  }

  /** Which tiles in the part looked at cutting would drop as blurred; null when they are too many to read for a preview. */
  private async blurredTiles(
    project: OpenProject,
    slide: SlideRow,
    regions: readonly RegionRow[],
    settings: TileSettings,
    overview: SlideOverview,
    area: Level0Rect,
    context: StageContext,
  ): Promise<BlurredTiles | null> {
    const info = slideInfoOf(slide);
    // Far too many whatever is kept: not even worth planning.
    const { downsample, stridePx } = tileGrid(info.levels, info.mpp, settings);
    if ((area.width * area.height) / (stridePx * downsample) ** 2 > 8 * focusedTiles) return null;
    const { grid, tiles } = planFromOverview({ info, settings, regions }, overview);
    const shown = tiles
      .filter((tile) => tile.dropped === null)
      .map(({ column, row }) => ({ key: `${column},${row}`, rect: tileRect(grid, column, row) }))
      .filter(({ rect }) => overlap(rect, area));
    if (shown.length > focusedTiles) return null;
    const key = `${slide.fingerprint}/${colourOf(project)}/${JSON.stringify(grid)}/${settings.mpp}`;
    let known = this.focus.get(key);
    if (known === undefined) this.focus.set(key, (known = new Map<string, number>()), () => focusValues / 4);
    if (shown.some((tile) => !known.has(tile.key))) {
      await using reader = await openProjectSlide(project, slide);
      const binning = focusBinning(settings.mpp);
      for (const tile of shown) {
        if (known.has(tile.key)) continue;
        throwIfCancelled(context.signal);
        const { data } = await readScaledRegion(reader, tile.rect, grid.sizePx, grid.sizePx, context.signal);
        if (known.size >= focusValues) known.clear();
        known.set(tile.key, focusMeasure(data, grid.sizePx, grid.sizePx, binning));
      }
    }
    const rects = shown.filter(({ key: tile }) => (known.get(tile) ?? Infinity) < settings.tissue.minFocus);
    return { measured: shown.length, rects: rects.map(({ rect }) => rect) };
  }

  /** `wanted`: slide ids; null for all. */
  async plan(
    project: OpenProject,
    settings: TileSettings,
    wanted: readonly string[] | null,
    workers: number,
    context: StageContext,
  ): Promise<PlanAnswer> {
    const slides = wanted === null ? listSlides(project.database) : wanted.map((id) => findSlide(project.database, id));
    const regions = listRegions(project.database);
    const id = createHash('sha256')
      .update(
        JSON.stringify([
          project.id,
          colourOf(project),
          settings,
          regions,
          slides.map((slide) => [slide.id, slideInfoOf(slide).mpp, slide.tissue]),
        ]),
      )
      .digest('hex')
      .slice(0, 16);
    const counts: TileCounts[] = [];
    const refused: PlanAnswer['refused'] = [];
    let secondsATile: number | null = null;
    for (const [index, slide] of slides.entries()) {
      // A planned slide takes some time without a pause; other calls (a region drawn, a slider moved) come in between.
      await setImmediate();
      throwIfCancelled(context.signal);
      try {
        const plan = await this.planSlide(project, slide, regions, settingsFor(slide, settings), context);
        this.plans.set(planKey(project.id, id, slide.id), plan.bytes, ({ byteLength }) => byteLength);
        counts.push({ ...plan.counts, name: slide.name });
        if (secondsATile === null && plan.sample.length > 0) {
          secondsATile = await this.measure(project, slide, plan, context);
        }
      } catch (error) {
        if (!(error instanceof TrefoilError) || error.code === 'cancelled') throw error;
        refused.push({ slide: slide.id, name: slide.name, error: toErrorReport(error) });
      }
      context.onProgress?.({ stage: 'Planning tiles', done: index + 1, total: slides.length, note: slide.name });
    }
    const kept = counts.reduce((sum, item) => sum + item.kept, 0);
    const bytes = kept * settings.sizePx ** 2 * 3;
    const seconds = secondsATile === null ? null : (kept * secondsATile) / Math.max(1, workers);
    return {
      plan: id,
      kept,
      bytes,
      slides: counts,
      refused,
      seconds,
      sentence: describePlan(kept, seconds, refused.length),
    };
  }

  /** Columns of a slide's plan. Throws 'not-found' when it was forgotten. */
  planBytes(project: string, plan: string, slide: string): Uint8Array<ArrayBuffer> {
    const bytes = this.plans.get(planKey(project, plan, slide));
    if (bytes !== undefined) return bytes;
    throw new TrefoilError('not-found', 'This plan of tiles is not kept any more.', 'Plan the tiles again.');
  }

  private async planSlide(
    project: OpenProject,
    slide: SlideRow,
    regions: readonly RegionRow[],
    settings: TileSettings,
    context: StageContext,
  ): Promise<SlidePlan> {
    const own = regions.filter((region) => region.slide === slide.id);
    const info = slideInfoOf(slide);
    const key = JSON.stringify([project.id, slide.id, slide.fingerprint, colourOf(project), info.mpp, settings, own]);
    const known = this.slidePlans.get(key);
    if (known !== undefined) return known;
    const overview = await this.overview(project, slide, settings.tissue.maskMpp, context);
    const plan = planFromOverview({ info, settings, regions: own }, overview);
    const made = { bytes: encodePlan(plan), counts: countPlan(slide, plan), grid: plan.grid, sample: sampleOf(plan) };
    this.slidePlans.set(key, made, ({ bytes }) => bytes.byteLength + key.length);
    return made;
  }

  private async overview(
    project: OpenProject,
    slide: SlideRow,
    maskMpp: number,
    context: StageContext,
  ): Promise<SlideOverview> {
    const info = slideInfoOf(slide);
    const key = `${slide.fingerprint}/${colourOf(project)}/${JSON.stringify(info.mpp)}/${maskMpp}`;
    const known = this.overviews.get(key);
    if (known !== undefined) return known;
    await using reader = await openProjectSlide(project, slide);
    const signal = context.signal;
    const made = await readOverview({ reader, info, readScaledRegion }, maskMpp, { signal }, overviewPixels);
    this.overviews.set(key, made, ({ image }) => image.data.byteLength);
    return made;
  }

  /** Seconds one thread needs for a tile. */
  private async measure(
    project: OpenProject,
    slide: SlideRow,
    { grid, sample }: SlidePlan,
    context: StageContext,
  ): Promise<number> {
    await using reader = await openProjectSlide(project, slide);
    const startMs = this.nowMs();
    for (const { column, row } of sample) {
      await readScaledRegion(reader, tileRect(grid, column, row), grid.sizePx, grid.sizePx, context.signal);
    }
    return (this.nowMs() - startMs) / 1000 / Math.max(1, sample.length);
  }
}

interface SlidePlan {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly counts: TileCounts;
  readonly grid: TilePlan['grid'];
  readonly sample: readonly TilePosition[];
}

/** Kept tiles spread over the slide. */
function sampleOf({ tiles }: TilePlan): TilePosition[] {
  const kept = tiles.filter((tile) => tile.dropped === null);
  const step = Math.max(1, Math.floor(kept.length / sampledTiles));
  return kept
    .filter((_, index) => index % step === 0)
    .slice(0, sampledTiles)
    .map(({ column, row }) => ({ column, row }));
}

function planKey(project: string, plan: string, slide: string): string {
  return `${project}/${plan}/${slide}`;
}

function encodePlan({ tiles }: TilePlan): Uint8Array<ArrayBuffer> {
  const table = emptyTileColumns(tiles.length);
  tiles.forEach(({ column, row, dropped, tissue }, position) => {
    table.columns[position] = column;
    table.rows[position] = row;
    table.reasons[position] = tileReasons.indexOf(dropped ?? 'kept');
    table.tissue[position] = Math.round(tissue * 255);
  });
  return encodeTileColumns(table);
}

function countPlan(slide: SlideRow, { tiles, counts, warnings }: TilePlan): TileCounts {
  const { kept, ...dropped } = counts;
  return { slide: slide.id, name: slide.name, planned: tiles.length, kept, dropped, warnings: [...warnings] };
}

function describePlan(kept: number, seconds: number | null, refused: number): string {
  const left = refused === 0 ? '' : ` ${counted(refused, 'slide')} cannot be cut yet.`;
  if (seconds === null) return `No tile would be kept.${left}`;
  const time = seconds < 90 ? `${Math.max(2, Math.ceil(seconds))} seconds` : `${Math.round(seconds / 60)} minutes`;
  return `${counted(kept, 'tile')}; about ${time} on this machine, judged from a few tiles read just now. Blurred tiles are dropped while cutting.${left}`;
}

function colourOf(project: OpenProject): string {
  return readProjectSettings(project.database).colour;
}

function overlap(a: Level0Rect, b: Level0Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function shareOfOnes(data: Uint8Array): number {
  let ones = 0;
  for (const value of data) ones += value;
  return data.length === 0 ? 0 : ones / data.length;
}

/** Values under keys, least recently used forgotten first when their bytes go over the bound; the newest always stays. */
class BoundedBytes<T> {
  private readonly bound: number;
  private readonly entries = new Map<string, { readonly value: T; readonly byteLength: number }>();
  private used = 0;

  constructor(bound: number) {
    this.bound = bound;
  }

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: T, byteLengthOf: (value: T) => number): void {
    this.used -= this.entries.get(key)?.byteLength ?? 0;
    this.entries.delete(key);
    const byteLength = byteLengthOf(value);
    this.entries.set(key, { value, byteLength });
    this.used += byteLength;
    for (const [oldest, entry] of this.entries) {
      if (this.used <= this.bound || oldest === key) break;
      this.entries.delete(oldest);
      this.used -= entry.byteLength;
    }
  }
}
