/**
 * The gallery's list: all tiles of the set with what is known of them, filtered and sorted. The list stays as it is while tiles
 * are labelled, so that nothing moves under the hand; how many no longer fit is counted, and `update` lists anew.
 */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { useLabelling } from '../../../stores/labelling.ts';
import { usePredictions } from '../../../stores/predictions.ts';
import { useProject } from '../../../stores/project.ts';
import { useSlides } from '../../../stores/slides.ts';
import { useTileSets } from '../../../stores/tile-sets.ts';
import { countOutdated, galleryList, type GalleryFacts, type GalleryTiles } from './gallery-list.ts';
import { keptTiles, type KeptTiles } from '../kept-tiles.ts';
import { useGalleryFilter } from './useGalleryFilter.ts';

export interface GalleryTile {
  readonly tile: number;
  readonly slide: string;
  readonly column: number;
  readonly row: number;
}

export function useGalleryTiles() {
  const project = useProject();
  const slides = useSlides();
  const tileSets = useTileSets();
  const predictions = usePredictions();
  const labelling = useLabelling();
  const filters = useGalleryFilter();
  const all = shallowRef<GalleryTiles | null>(null);
  const tileSet = ref('');
  const list = shallowRef<Int32Array>(new Int32Array(0));
  const isFailed = ref(false);
  let running: AbortController | null = null;

  const facts: GalleryFacts = {
    stateOf: (tile) => labelling.of(tile),
    predictionOf: (slide, tile) => {
      const columns = predictions.bySlide.get(slide);
      const at = columns === undefined ? -1 : tile - columns.firstTile;
      const index = columns?.classes[at];
      if (columns === undefined || index === undefined) return null;
      return { index, probability: (columns.probabilities[at * columns.classCount + index] ?? 0) / 255 };
    },
    classOfIndex: (index) => predictions.mapClasses[index]?.class ?? null,
  };

  async function load(): Promise<void> {
    running?.abort();
    const set = tileSets.current;
    const id = project.id;
    if (set === null || id === null) return;
    const controller = new AbortController();
    running = controller;
    const present = set.slides
      .filter(({ slide, kept }) => kept > 0 && slides.byId.has(slide))
      .map(({ slide }) => slide);
    predictions.want(present);
    try {
      const parts = await Promise.all(present.map((slide) => keptTiles(id, set.tileSet, slide, controller.signal)));
      if (controller.signal.aborted) return;
      all.value = join(present, parts);
      tileSet.value = set.tileSet;
      isFailed.value = false;
      update();
    } catch {
      // A lost connection is shown by the frame; the list is asked for again with the next change.
      if (!controller.signal.aborted) isFailed.value = true;
    }
  }

  function update(): void {
    if (all.value !== null) list.value = galleryList(all.value, filters.filter, facts);
  }

  watch([() => tileSets.current?.tileSet, () => slides.all.length], () => void load(), { immediate: true });
  watch(() => filters.filter, update);
  // Predictions come slide by slide after the list: those that decide about it are waited for.
  watch([() => predictions.bySlide, () => predictions.mapClasses], () => {
    const { predicted, sort } = filters.filter;
    if (predicted !== '' || ['certain', 'uncertain', 'disagrees'].includes(sort)) update();
  });
  watch(() => labelling.isReady, update);
  onScopeDispose(() => running?.abort());

  const outdated = computed(() => {
    void labelling.version;
    return all.value === null ? 0 : countOutdated(all.value, list.value, filters.filter, facts.stateOf);
  });

  function at(position: number): GalleryTile | null {
    const tiles = all.value;
    const index = list.value[position];
    if (tiles === null || index === undefined) return null;
    return {
      tile: tiles.tiles[index] ?? 0,
      slide: tiles.slides[tiles.slideOf[index] ?? 0] ?? '',
      column: tiles.columns[index] ?? 0,
      row: tiles.rows[index] ?? 0,
    };
  }

  return {
    list,
    at,
    update,
    outdated,
    tileSet,
    isFailed,
    isLoading: computed(() => all.value === null && !isFailed.value),
    load,
  };
}

function join(slides: readonly string[], parts: readonly KeptTiles[]): GalleryTiles {
  const merge = (name: keyof KeptTiles): Int32Array => {
    const merged = new Int32Array(parts.reduce((sum, { tiles }) => sum + tiles.length, 0));
    let from = 0;
    for (const part of parts) {
      merged.set(part[name], from);
      from += part.tiles.length;
    }
    return merged;
  };
  const slideOf = parts.flatMap(({ tiles }, position) => Array.from(tiles, () => position));
  return {
    tiles: merge('tiles'),
    columns: merge('columns'),
    rows: merge('rows'),
    slideOf: Uint16Array.from(slideOf),
    slides,
  };
}
