/** What the map is made of: layers, areas, the tile set its grid belongs to, and how good the classifier behind it is. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import type { z } from 'zod';
import type { mapsCalls } from '#common/contract/maps.ts';
import { isDoubtLayer } from '#common/doubt-layers.ts';
import { useJobs } from '../../stores/jobs.ts';
import { usePredictions } from '../../stores/predictions.ts';
import { useProject } from '../../stores/project.ts';
import { projectQuery } from '../../stores/project-query.ts';
import { classOfLayer, type MapLayerName } from './map-look.ts';
import { useMapView } from './map-view-store.ts';

export type MapLayers = NonNullable<z.output<typeof mapsCalls.layers.output>>;
export type ProjectAreas = z.output<typeof mapsCalls.areas.output>;

export const useMapData = defineStore('mapData', () => {
  const project = useProject();
  const predictions = usePredictions();
  const view = useMapView();
  const jobs = useJobs();

  const layers = computed(() => predictions.layers.data);
  /** In the order they are stepped through; a map of an earlier Trefoil has fewer. */
  const layerNames = computed((): readonly MapLayerName[] =>
    (layers.value?.layers ?? []).flatMap(({ layer }): MapLayerName[] => {
      if (layer === 'class' || layer === 'confidence') return [layer];
      if (isDoubtLayer(layer)) return [layer];
      const name = layer as MapLayerName;
      return classOfLayer(name) === null ? [] : [name];
    }),
  );
  /** Whether a slide looks like those the classifier was trained on; slides that cannot be compared are missing. */
  const likenessOf = computed(
    () =>
      new Map(
        (layers.value?.slides ?? []).flatMap(({ slide, likeness }) => (likeness === null ? [] : [[slide, likeness]])),
      ),
  );
  const error = computed(() => predictions.layers.error);
  const isFirst = computed(() => predictions.layers.isFirst && predictions.layers.isLoading);
  const sets = projectQuery(['tiles'], ({ core, project: id, signal }) => core.tiles.list({ project: id }, { signal }));
  const tileSet = computed(() => sets.data.value?.find((set) => set.tileSet === layers.value?.tileSet) ?? null);
  const state = projectQuery(
    ['classifiers', 'maps', 'labels', 'classes', 'tiles', 'runs'],
    ({ core, project: id, signal }) => core.classifier.state({ project: id }, { signal }),
  );
  const areas = projectQuery(
    ['maps', 'classifiers', 'classes', 'regions', 'slides', 'tiles'],
    ({ core, project: id, signal }) =>
      core.maps.areas(
        { project: id, classifier: layers.value?.classifier, threshold: view.settledThreshold },
        { signal },
      ),
    () => (layers.value === null ? null : [layers.value.classifier, view.settledThreshold]),
  );
  const quality = projectQuery(
    ['classifiers'],
    ({ core, project: id, signal }) =>
      core.classifier.details({ project: id, classifier: layers.value?.classifier }, { signal }),
    () => layers.value?.classifier ?? null,
  );
  const isStale = computed(() => layers.value !== null && (layers.value.isStale || state.data.value?.isStale === true));
  /** A newer classifier is there whose map was not made. */
  const isOutdated = computed(() => state.data.value?.isApplied === false && state.data.value.classifier !== null);
  const making = computed(
    () =>
      jobs.runningOf('classifier.classify') ??
      jobs.runningOf('classifier.refresh') ??
      jobs.runningOf('classifier.finetune'),
  );

  async function makeMaps(): Promise<void> {
    await jobs.start('classifier', 'classify', { project: project.required() });
  }
  /** Trains on the labels as they are now and makes the maps anew. */
  async function refresh(): Promise<void> {
    await jobs.start('classifier', 'refresh', { project: project.required() });
  }

  return {
    layers,
    layerNames,
    likenessOf,
    error,
    isFirst,
    tileSet,
    state,
    areas,
    quality,
    isStale,
    isOutdated,
    making,
    makeMaps,
    refresh,
  };
});
