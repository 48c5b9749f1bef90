/** The map of the slide looked at, ready to draw, and what it says under a point. */
import { computed, shallowRef, watch } from 'vue';
import type { TileGrid } from '#common/domain/tile.ts';
import { noClass } from '#common/tile-bytes.ts';
import type { SlidePredictions } from '#common/prediction-bytes.ts';
import { useClasses } from '../../stores/classes.ts';
import { usePredictions } from '../../stores/predictions.ts';
import { useSlides } from '../../stores/slides.ts';
import { useTileColumns, useTileSets } from '../../stores/tile-sets.ts';
import { createTileIndex, packColour } from '../../viewer/index.ts';
import type { LabelMark } from './MapLabels.vue';
import { useMapData } from './map-data-store.ts';
import { mapFills, readTile, shownTiles, type TileReading } from './map-look.ts';
import { useMapView } from './map-view-store.ts';

export interface PointedTile extends TileReading {
  readonly column: number;
  readonly row: number;
  /** Name of the person's class; null without a label. */
  readonly label: string | null;
}

/** Cells lie where the tiles were cut; only those that occur are needed. */
export function gridOfMap(
  { columns, rows }: Pick<SlidePredictions, 'columns' | 'rows'>,
  { sizePx, stridePx, mpp }: { readonly sizePx: number; readonly stridePx: number; readonly mpp: number },
  slideMpp: number,
): TileGrid {
  const extent = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value + 1), 0);
  return { level: 0, columns: extent(columns), rows: extent(rows), downsample: mpp / slideMpp, sizePx, stridePx };
}

export function useShownMap() {
  const slides = useSlides();
  const predictions = usePredictions();
  const data = useMapData();
  const view = useMapView();
  const classes = useClasses();
  const tileSets = useTileSets();

  watch(
    () => slides.current?.slide,
    (slide) => {
      if (slide !== undefined) predictions.want([slide]);
    },
    { immediate: true },
  );

  const columns = computed(() => predictions.bySlide.get(slides.current?.slide ?? '') ?? null);
  const index = computed(() => {
    const set = data.tileSet;
    const mpp = slides.current?.mpp ?? null;
    if (columns.value === null || set === null || mpp === null) return null;
    return createTileIndex(gridOfMap(columns.value, set, mpp), columns.value);
  });
  const look = computed(() => ({
    layer: view.layer,
    colours: predictions.mapClasses.map(({ colour }) => colour),
    threshold: view.threshold,
    hidden: view.hidden,
  }));
  const fills = computed(() => (columns.value === null ? null : mapFills(columns.value, look.value)));
  const shown = computed(() => (columns.value === null ? null : shownTiles(columns.value, look.value)));
  /** One opaque pixel a tile of the class, for patterns. */
  const maskFills = computed(() => {
    const all = columns.value;
    if (all === null || view.sign !== 'patterns' || view.layer !== 'class') return null;
    const ink = packColour('#000000');
    return predictions.mapClasses.map((_, classIndex) =>
      Uint32Array.from(all.classes, (predicted, tile) =>
        predicted === classIndex && shown.value?.[tile] === 1 ? ink : 0,
      ),
    );
  });
  const letterOf = computed(() => {
    const all = columns.value;
    // With labels over the map the letters are theirs.
    if (all === null || view.sign === 'colour' || view.hasLabels) return null;
    return (position: number): string =>
      shown.value?.[position] === 1 ? (predictions.mapClasses[all.classes[position] ?? noClass]?.letter ?? '') : '';
  });

  // Labels as they are now, over the map as it was made.
  const labelColumns = useTileColumns(() => (view.hasLabels ? (slides.current?.slide ?? null) : null));
  const labels = computed(() => {
    const set = tileSets.current;
    const all = labelColumns.value;
    const mpp = slides.current?.mpp ?? null;
    if (all === null || set === null || mpp === null) return null;
    const marks = Array.from(all.classes).flatMap((of, position): LabelMark[] => {
      const known = of === noClass ? undefined : classes.all[of];
      if (known === undefined) return [];
      const { colour, letter } = known;
      return [{ column: all.columns[position] ?? 0, row: all.rows[position] ?? 0, colour, letter }];
    });
    return {
      index: createTileIndex(gridOfMap(all, set, mpp), all),
      marks,
      columns: all,
    };
  });

  const pointer = shallowRef<{ readonly x: number; readonly y: number } | null>(null);
  const pointed = computed((): PointedTile | null => {
    const at = pointer.value;
    const all = columns.value;
    if (at === null || all === null || index.value === null) return null;
    const position = index.value.at(at.x, at.y);
    const reading = position < 0 ? null : readTile(all, position);
    if (reading === null) return null;
    const labelled = labels.value?.index.at(at.x, at.y) ?? -1;
    const label = labels.value?.columns.classes[labelled] ?? noClass;
    return {
      column: all.columns[position] ?? 0,
      row: all.rows[position] ?? 0,
      ...reading,
      label: classes.all[label]?.name ?? null,
    };
  });

  return { columns, index, fills, maskFills, letterOf, labels, pointer, pointed };
}
