/** A tile that another place wants to see on its slide. The map shows it once and then forgets it. */
import { shallowRef } from 'vue';
import { defineStore } from 'pinia';
import type { TileReference } from '#common/contract/labels.ts';

export const useMapTarget = defineStore('mapTarget', () => {
  const target = shallowRef<TileReference | null>(null);

  function show(tile: TileReference): void {
    target.value = tile;
  }
  /** The target, if it lies on this slide; it is shown only once. */
  function take(slide: string): TileReference | null {
    const found = target.value?.slide === slide ? target.value : null;
    if (found !== null) target.value = null;
    return found;
  }
  return { target, show, take };
});
