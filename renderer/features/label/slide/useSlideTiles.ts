/** The kept tiles of the slide looked at, fetched once a slide and tile set. */
import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { ProjectSlide } from '#common/contract/slides.ts';
import { useProject } from '../../../stores/project.ts';
import { useTileSets } from '../../../stores/tile-sets.ts';
import { keptTiles } from '../kept-tiles.ts';
import { slideTiles, type SlideTiles } from './slide-tiles.ts';

export function useSlideTiles(slide: () => ProjectSlide | null) {
  const project = useProject();
  const tileSets = useTileSets();
  const tiles = shallowRef<SlideTiles | null>(null);
  const tileSet = ref('');
  let running: AbortController | null = null;

  watch(
    () => [project.id, tileSets.current, slide()] as const,
    async ([id, set, of]) => {
      running?.abort();
      if (id === null || set === null || of === null || of.mpp === null) {
        tiles.value = null;
        return;
      }
      const controller = new AbortController();
      running = controller;
      if (set.slides.every((each) => each.slide !== of.slide || each.kept === 0)) {
        tiles.value = null;
        return;
      }
      try {
        const kept = await keptTiles(id, set.tileSet, of.slide, controller.signal);
        if (controller.signal.aborted) return;
        tiles.value = slideTiles(kept, set, of.mpp);
        tileSet.value = set.tileSet;
      } catch {
        // A lost connection is shown by the frame, and a slide without tiles has nothing to draw.
        if (!controller.signal.aborted) tiles.value = null;
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => running?.abort());
  return { tiles, tileSet };
}
