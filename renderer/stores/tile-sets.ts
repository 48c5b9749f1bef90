/** The tiles cut now, and their columns slide by slide (common/tile-bytes.ts) for the viewer. */
import { computed, onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { defineStore } from 'pinia';
import { decodeTileColumns, type SlideTileColumns } from '#common/tile-bytes.ts';
import { useProject } from './project.ts';
import { projectQuery } from './project-query.ts';

export const useTileSets = defineStore('tileSets', () => {
  const project = useProject();
  const query = projectQuery(['tiles', 'slides'], ({ core, project, signal }) =>
    core.tiles.current({ project }, { signal }),
  );
  const current = computed(() => query.data.value);

  function tileUrl(tile: number, context = 0): string {
    return `/tiles/${project.required()}/${current.value?.tileSet ?? 'none'}/${tile}.jpeg?context=${context}`;
  }

  return { query, current, tileUrl };
});

/**
 * Columns of one slide's tiles of the current set with its labels, fetched again when tiles or labels change. null while there
 * are none. Call it in a setup.
 */
export function useTileColumns(slide: () => string | null): ShallowRef<SlideTileColumns | null> {
  const project = useProject();
  const tileSets = useTileSets();
  const columns = shallowRef<SlideTileColumns | null>(null);
  let running: AbortController | null = null;
  let shownFor = '';

  watch(
    () => [project.id, tileSets.current?.tileSet, slide(), project.versions.labels, project.versions.classes] as const,
    async ([id, tileSet, of]) => {
      running?.abort();
      const about = `${id}/${tileSet}/${of}`;
      if (about !== shownFor) columns.value = null;
      if (id === null || tileSet === undefined || of === null) return;
      const controller = new AbortController();
      running = controller;
      try {
        const response = await fetch(`/tiles/${id}/${tileSet}/columns/${of}.bin`, { signal: controller.signal });
        if (!response.ok) {
          columns.value = null;
          return;
        }
        const decoded = decodeTileColumns(await response.arrayBuffer());
        if (controller.signal.aborted) return;
        columns.value = decoded;
        shownFor = about;
      } catch {
        // Aborted by the next question, or the connection was lost, which the frame shows; the next change asks again.
      }
    },
    { immediate: true },
  );
  onScopeDispose(() => running?.abort());
  return columns;
}
