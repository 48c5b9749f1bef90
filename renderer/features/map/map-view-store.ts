/**
 * How the map is looked at: layer, hidden classes, opacity, threshold, signs, overlays, comparison. Kept while the page is open;
 * what is a matter of taste is remembered.
 */
import { computed, ref, watch } from 'vue';
import { defineStore } from 'pinia';
import { useProject } from '../../stores/project.ts';
import { useSettings } from '../../stores/settings.ts';
import type { MapLayerName } from './map-look.ts';

export const mapSigns = ['colour', 'letters', 'patterns'] as const;
export type MapSign = (typeof mapSigns)[number];

const opacitySteps = 0.1;

export const useMapView = defineStore('mapView', () => {
  const settings = useSettings();
  const project = useProject();
  const layer = ref<MapLayerName>('class');
  const hidden = ref<ReadonlySet<number>>(new Set());
  const threshold = ref(0);
  /** The threshold the areas are counted with: the slider's value once it rests. */
  const settledThreshold = ref(0);
  /** Nothing over the slide, for a look at the tissue. */
  const isPlain = ref(false);
  /** 0..1 of the width: the map is right of the line; null without one. */
  const swipe = ref<number | null>(null);

  const opacity = computed({
    get: () => {
      const stored = Number(settings.remembered('map.opacity'));
      return Number.isFinite(stored) && stored > 0 ? Math.min(1, stored) : 0.45;
    },
    set: (value) => settings.remember('map.opacity', String(Math.round(value * 100) / 100)),
  });
  const sign = computed<MapSign>({
    get: () => mapSigns.find((each) => each === settings.remembered('map.sign')) ?? 'colour',
    set: (value) => settings.remember('map.sign', value),
  });
  function remembered(name: string, initial: boolean) {
    return computed({
      get: () => (settings.remembered(name) ?? (initial ? 'on' : 'off')) === 'on',
      set: (on) => settings.remember(name, on ? 'on' : 'off'),
    });
  }
  const hasLabels = remembered('map.labels', false);
  const hasRegions = remembered('map.regions', true);

  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(threshold, (value) => {
    clearTimeout(timer);
    timer = setTimeout(() => (settledThreshold.value = value), 200);
  });
  watch(
    () => project.id,
    () => {
      layer.value = 'class';
      hidden.value = new Set();
      threshold.value = 0;
      isPlain.value = false;
      swipe.value = null;
    },
  );

  function toggleClass(index: number): void {
    const next = new Set(hidden.value);
    if (!next.delete(index)) next.add(index);
    hidden.value = next;
  }
  function changeOpacity(by: 1 | -1): void {
    opacity.value = Math.min(1, Math.max(opacitySteps, opacity.value + by * opacitySteps));
  }
  function changeThreshold(by: 1 | -1): void {
    threshold.value = Math.round(Math.min(0.95, Math.max(0, threshold.value + by * 0.05)) * 100) / 100;
  }
  function nextSign(): void {
    sign.value = mapSigns[(mapSigns.indexOf(sign.value) + 1) % mapSigns.length] ?? 'colour';
  }
  function toggleSwipe(): void {
    swipe.value = swipe.value === null ? 0.5 : null;
  }

  return {
    layer,
    hidden,
    threshold,
    settledThreshold,
    isPlain,
    swipe,
    opacity,
    sign,
    hasLabels,
    hasRegions,
    toggleClass,
    changeOpacity,
    changeThreshold,
    nextSign,
    toggleSwipe,
  };
});
