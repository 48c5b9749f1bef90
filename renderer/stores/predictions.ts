/**
 * What the classifier says about tiles, by tile index: the newest map's columns, slide by slide, fetched when a place asks for
 * them. While a newer map is fetched the older one stays.
 */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { decodePredictions, type SlidePredictions } from '#common/prediction-bytes.ts';
import type { KnownClass } from '../features/label/known-class.ts';
import { useClasses } from './classes.ts';
import { useProject } from './project.ts';
import { projectQuery } from './project-query.ts';

export interface TilePrediction {
  /** As the classifier knew it; null in `class` when the project has it no more. */
  readonly class: KnownClass;
  readonly probability: number;
}

export const usePredictions = defineStore('predictions', () => {
  const project = useProject();
  const classes = useClasses();
  const layers = projectQuery(['maps', 'classifiers', 'classes', 'tiles'], ({ core, project, signal }) =>
    core.maps.layers({ project }, { signal }),
  );
  const bySlide = shallowRef<ReadonlyMap<string, SlidePredictions>>(new Map());
  const wanted = ref<ReadonlySet<string>>(new Set());
  let running: AbortController | null = null;
  let fetched = new Map<string, string>();

  /** In the order of the classifier's class indices. */
  const mapClasses = computed((): readonly KnownClass[] =>
    (layers.data.value?.classes ?? []).map((each) => {
      const now = each.class === null ? undefined : classes.byId.get(each.class);
      return { class: each.class, name: each.name, colour: each.colour, letter: now?.letter ?? each.letter };
    }),
  );

  /** Fetches the columns of these slides now and with every newer map. */
  function want(slides: readonly string[]): void {
    const missing = slides.filter((slide) => !wanted.value.has(slide));
    if (missing.length > 0) wanted.value = new Set([...wanted.value, ...missing]);
  }

  watch([() => layers.data.value, wanted], () => void fetchMissing(), { immediate: true });
  watch(
    () => project.id,
    () => {
      running?.abort();
      bySlide.value = new Map();
      wanted.value = new Set();
      fetched = new Map();
    },
  );

  async function fetchMissing(): Promise<void> {
    running?.abort();
    const map = layers.data.value;
    const id = project.id;
    if (map === null || id === null) {
      bySlide.value = new Map();
      fetched = new Map();
      return;
    }
    const controller = new AbortController();
    running = controller;
    for (const { slide } of map.slides) {
      const tag = `${map.classifier} ${map.version}`;
      if (!wanted.value.has(slide) || fetched.get(slide) === tag) continue;
      try {
        const response = await fetch(
          `/maps/${id}/${map.classifier}/${slide}/predictions.bin?v=${encodeURIComponent(map.version)}`,
          { signal: controller.signal },
        );
        if (!response.ok) continue;
        const decoded = decodePredictions(await response.arrayBuffer());
        if (controller.signal.aborted) return;
        bySlide.value = new Map(bySlide.value).set(slide, decoded);
        fetched.set(slide, tag);
      } catch {
        // Aborted by the next question, or the connection was lost, which the frame shows; the next change asks again.
        if (controller.signal.aborted) return;
      }
    }
  }

  /** null without a map, or while the slide's columns are on their way. */
  function of(slide: string, tile: number): TilePrediction | null {
    const columns = bySlide.value.get(slide);
    const at = columns === undefined ? -1 : tile - columns.firstTile;
    const index = columns?.classes[at];
    if (columns === undefined || index === undefined) return null;
    return predictionOf(index, (columns.probabilities[at * columns.classCount + index] ?? 0) / 255);
  }
  function predictionOf(index: number, probability: number): TilePrediction | null {
    const known = mapClasses.value[index];
    return known === undefined ? null : { class: known, probability };
  }

  return { layers, mapClasses, bySlide, want, of, predictionOf };
});
