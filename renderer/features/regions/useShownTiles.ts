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
const fills = [
  packColour('#26a69a', 0.14),
  0,
  packColour('#f0a020', 0.34),
  packColour('#cc79a7', 0.5),
  packColour('#3d8fd1', 0.4),
];
const strokes = [
  packColour('#26a69a', 0.9),
  0,
  packColour('#e08e00', 0.95),
  packColour('#a84f80', 1),
  packColour('#1f6fb5', 1),
];
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
    if (slide?.mpp == null) return null;
    if (shown() === 'plan') {
      const plan = plans.ofSlide.value;
      return plan?.slide === slide.slide ? lookOf(plan.columns, gridOf(plan.columns, plan.settings, slide.mpp)) : null;
    }
    const set = tileSets.current;
    if (shown() !== 'cut' || cutColumns.value === null || set === null) return null;
    return lookOf(cutColumns.value, gridOf(cutColumns.value, set, slide.mpp));
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

function lookOf(columns: SlideTileColumns, grid: TileGrid): ShownTiles {
  const { reasons } = columns;
  return {
    index: createTileIndex(grid, columns),
    columns,
    fills: Uint32Array.from(reasons, (reason) => fills[reason] ?? 0),
    strokes: Uint32Array.from(reasons, (reason) => strokes[reason] ?? 0),
  };
}
