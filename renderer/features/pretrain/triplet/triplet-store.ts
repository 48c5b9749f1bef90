/** The triplet looked at: which tile, in which epoch, by which rule and recipe; and what the neighbour graph says of all tiles. */
import { computed, ref, watch } from 'vue';
import { defineStore } from 'pinia';
import type { PageServices } from '#common/contract/contract.ts';
import { useProject } from '../../../stores/project.ts';
import { projectQuery } from '../../../stores/project-query.ts';
import { useSlides } from '../../../stores/slides.ts';
import { useTileColumns, useTileSets } from '../../../stores/tile-sets.ts';
import { useNewRun } from '../new-run/new-run-store.ts';
import { middleTile, nextTile, type Direction } from './next-tile.ts';

export type Triplet = Awaited<ReturnType<PageServices['triplets']['inspect']>>;

export const useTriplet = defineStore('triplet', () => {
  const project = useProject();
  const slides = useSlides();
  const tileSets = useTileSets();
  const newRun = useNewRun();
  const slide = computed(() => slides.current?.slide ?? null);
  const columns = useTileColumns(() => slide.value);
  const tile = ref<number | null>(null);
  const epoch = ref(0);
  /** The inspector shows what the run being prepared would do. */
  const rule = computed(() => newRun.draft.neighbour || (newRun.recipe?.settings.neighbour ?? 'drawn'));
  const seed = computed(() =>
    newRun.problems.seed !== undefined || newRun.draft.seed === '' ? 1 : Number(newRun.draft.seed),
  );

  // Another slide or other tiles: the tile chosen before is not there, one from the middle is shown.
  watch(
    columns,
    (now) => {
      if (now === null) tile.value = null;
      else if (tile.value === null || !now.indices.includes(tile.value)) tile.value = middleTile(now);
    },
    { immediate: true },
  );

  const query = projectQuery(
    [],
    ({ core, project, signal }) =>
      core.triplets.inspect(
        {
          project,
          ...(tileQuestion() ?? { tile: 0 }),
          seed: seed.value,
          epoch: epoch.value,
          rule: rule.value,
          recipe: newRun.draft.recipe,
        },
        { signal },
      ),
    () => {
      const question = tileQuestion();
      return question === null ? null : [question, seed.value, epoch.value, rule.value, newRun.draft.recipe];
    },
  );
  function tileQuestion(): { tile: number; tileSet: string } | null {
    const set = tileSets.current?.tileSet;
    return tile.value === null || set === undefined ? null : { tile: tile.value, tileSet: set };
  }
  const facts = projectQuery(
    ['tiles'],
    ({ core, project, signal }) => core.triplets.facts({ project }, { signal }),
    () => tileSets.current?.tileSet ?? null,
  );

  function choose(next: number): void {
    tile.value = next;
  }
  function move(direction: Direction): void {
    if (columns.value === null || tile.value === null) return;
    const next = nextTile(columns.value, tile.value, direction);
    if (next !== null) tile.value = next;
  }
  /** The same tile as the next epoch gets it: another neighbour and other changes. */
  function reshuffle(by = 1): void {
    epoch.value = Math.max(0, Math.min(100_000, epoch.value + by));
  }
  function setRule(next: 'drawn' | 'fixed'): void {
    newRun.change({ neighbour: next === newRun.recipe?.settings.neighbour ? '' : next });
  }
  watch(
    () => project.id,
    () => {
      tile.value = null;
      epoch.value = 0;
    },
  );

  return { slide, columns, tile, epoch, rule, seed, query, facts, choose, move, reshuffle, setRule };
});
