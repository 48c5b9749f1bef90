/** Which of the ways of labelling is open, or their simulation, and the tile to show on the slide. Remembered for the next time. */
import { computed, shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { TileReference } from '#common/contract/labels.ts';
import { useNavigation } from '../../stores/navigation.ts';
import { useSettings } from '../../stores/settings.ts';

export const labelModes = ['queue', 'gallery', 'slide', 'reading', 'simulation'] as const;
export type LabelMode = (typeof labelModes)[number];

export const useLabelMode = defineStore('labelMode', () => {
  const navigation = useNavigation();
  const settings = useSettings();
  /** Asked to be shown on the slide; whoever shows it sets it back to null. */
  const target = shallowRef<TileReference | null>(null);
  const mode = computed<LabelMode>({
    get: () => labelModes.find((each) => each === settings.remembered('label.mode')) ?? 'queue',
    set: (next) => settings.remember('label.mode', next),
  });
  function showOnSlide(tile: TileReference): void {
    target.value = tile;
    navigation.slide = tile.slide;
    mode.value = 'slide';
  }
  return { mode, target, showOnSlide };
});
