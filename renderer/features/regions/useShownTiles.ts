/** Which tiles are drawn over the slide (the plan or those on disk), their colours by reason, and the one pointed at. */
import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import type { TileGrid } from '#common/domain/tile.ts';
import { tileReasons, type SlideTileColumns } from '#common/tile-bytes.ts';
import { useSettings } from '../../stores/settings.ts';
import { useSlides } from '../../stores/slides.ts';
import { useTileColumns, useTileSets } from '../../stores/tile-sets.ts';
import { createTileIndex, packColour, type TileIndexing } from '../../viewer/index.ts';
import type { Point } from './outlines.ts';
import type { TilePlans } from './useTilePlan.ts';

export type TilesShown = 'plan' | 'cut' | 'none';

/** By reason: kept, outside-region, little-tissue, pen, blur. Outside tiles are left blank: the outline says it already. */
const colours = ['#26a69a', '#000000', '#f0a020', '#cc79a7', '#3d8fd1'] as const;
const fillAlphas = [0.12, 0, 0.3, 0.45, 0.35] as const;
const strokeAlphas = [0.9, 0, 0.9, 0.95, 0.95] as const;
const littleTissue = tileReasons.indexOf('little-tissue');
export const reasonColours = ['#26a69a', 'transparent', '#f0a020', '#cc79a7', '#3d8fd1'] as const;

export interface ShownTiles {
  readonly index: TileIndexing;
  readonly columns: SlideTileColumns;
  readonly fills: Uint32Array;
  readonly strokes: Uint32Array;
}

export function useShownTiles(plans: TilePlans, shown: () => TilesShown) {
  const { t } = useI18n();
  const slides = useSlides();
  const tileSets = useTileSets();
  const settings = useSettings();
  const isCutShown = ref(false);
  watch(shown, (now) => (isCutShown.value = now === 'cut'), { immediate: true });
  const cutColumns = useTileColumns(() => (isCutShown.value ? (slides.current?.slide ?? null) : null));

  const tiles: ComputedRef<ShownTiles | null> = computed(() => {
    const slide = slides.current;
    if (slide === null || slide.mpp === null) return null;
    if (shown() === 'plan') {
      const plan = plans.ofSlide.value;
      return plan?.slide === slide.slide
        ? lookOf(plan.columns, gridOf(plan.columns, plan.settings, slide.mpp), true)
        : null;
    }
    const set = tileSets.current;
    if (shown() !== 'cut' || cutColumns.value === null || set === null) return null;
    return lookOf(cutColumns.value, gridOf(cutColumns.value, set, slide.mpp), false);
  });

  const pointer = shallowRef<Point | null>(null);
  const hovered = computed(() => {
    if (pointer.value === null || tiles.value === null) return null;
    const { index, columns } = tiles.value;
    const position = index.at(...pointer.value);
    if (position < 0) return null;
    return {
      column: columns.columns[position] ?? 0,
      row: columns.rows[position] ?? 0,
      reason: tileReasons[columns.reasons[position] ?? 0] ?? 'kept',
      tissue: (columns.tissue[position] ?? 0) / 255,
    };
  });
  /** "Dropped: 71 % background"; '' when nothing is pointed at. */
  const words = computed(() => {
    if (hovered.value === null) return '';
    const { reason, tissue } = hovered.value;
    // A stored tile set does not keep the share.
    const isKnown = shown() === 'plan';
    if (!isKnown && reason === 'kept') return t('regions.plan.hover.keptPlain');
    if (!isKnown && reason === 'little-tissue') return t('regions.plan.hover.littlePlain');
    const share = reason === 'little-tissue' ? 1 - tissue : tissue;
    const percent = new Intl.NumberFormat(settings.language, { style: 'percent' }).format(share);
    return t(`regions.plan.hover.${reason}`, { share: percent });
  });

  return { tiles, pointer, hovered, words };
}

/** The core's grid from what a plan tells: columns and rows are those that occur. */
export function gridOf(
  columns: SlideTileColumns,
  { sizePx, stridePx, mpp }: { readonly sizePx: number; readonly stridePx: number; readonly mpp: number },
  slideMpp: number,
): TileGrid {
  const extent = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value + 1), 0);
  return {
    level: 0,
    columns: extent(columns.columns),
    rows: extent(columns.rows),
    downsample: mpp / slideMpp,
    sizePx,
    stridePx,
  };
}

function lookOf(columns: SlideTileColumns, grid: TileGrid, isPlan: boolean): ShownTiles {
  const { reasons, tissue } = columns;
  const look = (alphas: readonly number[]): Uint32Array =>
    Uint32Array.from(reasons, (reason, position) => {
      // Bare glass needs no telling; what came close to being kept does.
      const closeness = 0.25 + Math.min(0.75, ((tissue[position] ?? 0) / 255) * 4);
      const strength = isPlan && reason === littleTissue ? closeness : 1;
      const alpha = (alphas[reason] ?? 0) * strength;
      return alpha === 0 ? 0 : packColour(colours[reason] ?? '#000000', alpha);
    });
  return { index: createTileIndex(grid, columns), columns, fills: look(fillAlphas), strokes: look(strokeAlphas) };
}
