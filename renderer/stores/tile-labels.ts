/**
 * Label and mark of every tile of the current tile set as the core has them, by tile index. What is on its way is laid over it
 * in stores/labelling.ts, which is what the page shows.
 */
import { ref, watch } from 'vue';
import { defineStore } from 'pinia';
import type { CoreClient } from '#common/contract/client.ts';
import { toErrorReport } from '#common/errors.ts';
import type { LabelSource, TileState, TileStates } from '../features/label/label-acts.ts';
import { untouched } from '../features/label/label-acts.ts';
import { useCore } from './core.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';

const pageSize = 1000;
/** Own labels are known already: changes are looked up after a pause, but not for ever after. */
const pauseMs = 800;
const longestWaitMs = 4000;

export const useTileLabels = defineStore('tileLabels', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  let states = new Map<number, TileState>();
  /** Counts up with every change of `states`, which is too large to be watched itself. */
  const version = ref(0);
  const tileSet = ref<string | null>(null);
  const isLoaded = ref(false);
  /** Saved while the question was on its way: the answer may not have it yet. */
  let patches: TileStates[] = [];
  let running: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let firstChange: number | null = null;

  function of(tile: number): TileState {
    void version.value;
    return states.get(tile) ?? untouched;
  }

  function patch(changed: TileStates): void {
    for (const [tile, state] of changed) states.set(tile, state);
    if (running !== null) patches.push(changed);
    version.value += 1;
  }

  async function load(): Promise<void> {
    const id = project.id;
    running?.abort();
    clearTimeout(timer);
    firstChange = null;
    if (id === null || core.client === null) return;
    const controller = new AbortController();
    running = controller;
    patches = [];
    try {
      const answer = await readAll(core.services(), id, controller.signal);
      if (controller.signal.aborted) return;
      states = answer.states;
      for (const changed of patches) for (const [tile, state] of changed) states.set(tile, state);
      tileSet.value = answer.tileSet;
      isLoaded.value = true;
      version.value += 1;
    } catch (thrown) {
      const report = toErrorReport(thrown);
      if (report.code !== 'connection-lost' && !controller.signal.aborted) notices.failed(thrown);
    } finally {
      if (running === controller) {
        running = null;
        patches = [];
      }
    }
  }

  function loadSoon(): void {
    const now = performance.now();
    firstChange ??= now;
    clearTimeout(timer);
    timer = setTimeout(() => void load(), Math.min(pauseMs, Math.max(0, firstChange + longestWaitMs - now)));
  }

  watch(
    () => project.id,
    () => {
      states = new Map();
      isLoaded.value = false;
      tileSet.value = null;
      version.value += 1;
      void load();
    },
    { immediate: true },
  );
  watch([() => core.generation, () => project.versions.tiles], () => void load());
  watch(() => project.versions.labels, loadSoon);

  return { version, tileSet, isLoaded, of, patch, load, all: (): TileStates => states };
});

async function readAll(
  core: CoreClient,
  project: string,
  signal: AbortSignal,
): Promise<{ readonly states: Map<number, TileState>; readonly tileSet: string | null }> {
  const states = new Map<number, TileState>();
  let tileSet: string | null = null;
  for (const kind of ['skipped', 'unsure', 'label'] as const) {
    for (let offset = 0, total = 1; offset < total; offset += pageSize) {
      const page = await core.labels.list({ project, kind, offset, limit: pageSize }, { signal });
      total = page.total;
      ({ tileSet } = page);
      for (const row of page.labels) {
        if (row.tile === null) continue;
        if (kind !== 'label') states.set(row.tile, { ...untouched, mark: kind });
        // Newest first: the label given last counts.
        else if ((states.get(row.tile)?.class ?? null) === null) {
          states.set(row.tile, { class: row.class, source: sourceOf(row.source), mark: null });
        }
      }
    }
  }
  return { states, tileSet };
}

function sourceOf(text: string): LabelSource {
  return text === 'import' || text === 'suggestion' ? text : 'person';
}
