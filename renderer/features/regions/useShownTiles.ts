/** Which tiles are drawn over the slide (the plan or those on disk), their colours by reason, and the one pointed at. */
import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { tileReasons } from '#common/tile-bytes.ts';
import { useSettings } from '../../stores/settings.ts';
import { useSlides } from '../../stores/slides.ts';
import { useTileColumns, useTileSets } from '../../stores/tile-sets.ts';
import { gridOf, lookOf, type ShownTiles } from './tile-look.ts';
import type { Point } from './outlines.ts';
import type { TilePlans } from './useTilePlan.ts';

export type TilesShown = 'plan' | 'cut' | 'none';

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
