/**
 * The queue of tiles to label: asked for in good time, so that the next tile is always there, and kept while the person looks
 * into other places. Keys end up here; what a label does is in stores/labelling.ts.
 */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import type { QueueOrder } from '#common/contract/labels.ts';
import { toErrorReport, type ErrorReport } from '#common/errors.ts';
import type { PageServices } from '#common/contract/contract.ts';
import type { LabelChange } from '../features/label/label-acts.ts';
import { appendTiles, bringBack, countOpen, nextOpen, type QueueList } from '../features/label/queue/queue-list.ts';
import { useCore } from './core.ts';
import { useLabelling } from './labelling.ts';
import { useProject } from './project.ts';
import { useSettings } from './settings.ts';

export type QueueAnswer = Awaited<ReturnType<PageServices['labels']['queue']>>;
export type QueueTile = QueueAnswer['tiles'][number];

export interface QueueOptions {
  readonly order: QueueOrder;
  readonly size: number;
  readonly seed: number;
  /** Empty: every slide. */
  readonly slides: readonly string[];
  /** Class index of the classifier; null: whatever it says. */
  readonly predicted: number | null;
  readonly withMarked: boolean;
}

const initialOptions: QueueOptions = {
  order: 'auto',
  size: 30,
  seed: 1,
  slides: [],
  predicted: null,
  withMarked: false,
};
/** Asked for more when fewer are left. */
const leastAhead = 12;
/** The most the core answers at once. */
const mostAsked = 500;

export const useLabelQueue = defineStore('labelQueue', () => {
  const core = useCore();
  const project = useProject();
  const labelling = useLabelling();
  const settings = useSettings();
  const options = ref<QueueOptions>(initialOptions);
  const list = shallowRef<QueueList<QueueTile>>({ tiles: [], position: 0 });
  const answer = shallowRef<Omit<QueueAnswer, 'tiles'> | null>(null);
  const error = shallowRef<ErrorReport | null>(null);
  const isLoading = ref(false);
  /** The core has no further tile for these options. */
  const isExhausted = ref(false);
  /** The tiles were made again while the person labelled. */
  const isReplaced = ref(false);
  /** Tiles said something of since they came into the list. A mark from before does not count. */
  const decided = new Set<number>();
  let running: AbortController | null = null;
  let asked = 0;

  const tiles = computed(() => list.value.tiles);
  const position = computed(() => list.value.position);
  const current = computed(() => list.value.tiles[list.value.position] ?? null);
  const ahead = computed(() => {
    void labelling.version;
    return countOpen(list.value, isDone);
  });
  const isFirst = computed(() => answer.value === null && error.value === null);
  const isFinished = computed(() => isExhausted.value && ahead.value === 0 && current.value !== null);

  function isDone(tile: number): boolean {
    const state = labelling.of(tile);
    return state.class !== null || (state.mark !== null && decided.has(tile));
  }

  const countAllOpen = (): number => list.value.tiles.filter(({ tile }) => !isDone(tile)).length;

  async function ask(isFresh: boolean): Promise<void> {
    const id = project.id;
    if (id === null || core.client === null || (running !== null && !isFresh)) return;
    running?.abort();
    const controller = new AbortController();
    running = controller;
    isLoading.value = true;
    if (isFresh) asked = 0;
    const { slides, predicted, seed, size, ...rest } = options.value;
    // The core leaves out what is labelled, not what is still ahead here.
    const wanted = Math.min(mostAsked, size + (isFresh ? 0 : countAllOpen()));
    try {
      const { tiles: found, ...about } = await core.services().labels.queue(
        {
          project: id,
          ...rest,
          size: wanted,
          seed: seed + asked,
          ...(slides.length === 0 ? {} : { slides: [...slides] }),
          ...(predicted === null ? {} : { predicted }),
        },
        { signal: controller.signal },
      );
      if (controller.signal.aborted) return;
      const isOther = answer.value !== null && answer.value.tileSet !== about.tileSet;
      if (isOther) isReplaced.value = true;
      if (isFresh || isOther) decided.clear();
      const before = isFresh || isOther ? { tiles: [], position: 0 } : list.value;
      const after = appendTiles(before, found, isDone);
      isExhausted.value = found.length < wanted;
      const wasAtEnd = current.value !== null && isDone(current.value.tile);
      list.value = after;
      if (wasAtEnd && !isFresh && !isOther) goNext();
      answer.value = about;
      error.value = null;
      asked += 1;
    } catch (thrown) {
      const report = toErrorReport(thrown);
      if (!controller.signal.aborted && report.code !== 'connection-lost' && report.code !== 'cancelled') {
        error.value = report;
        isExhausted.value = true;
      }
    } finally {
      if (running === controller) {
        running = null;
        isLoading.value = false;
      }
    }
  }

  /** Another list: with other options, or the same asked anew. */
  async function choose(change: Partial<QueueOptions>): Promise<void> {
    options.value = { ...options.value, ...change };
    settings.remember('label.queue', JSON.stringify({ order: options.value.order, size: options.value.size }));
    await ask(true);
  }
  /** The same question with another draw. */
  const others = (): Promise<void> => choose({ seed: (options.value.seed + 1000) % 2 ** 30 });

  function goTo(at: number): void {
    const last = list.value.tiles.length - 1;
    list.value = { ...list.value, position: Math.max(0, Math.min(last, at)) };
  }
  const move = (by: number): void => goTo(position.value + by);
  function goNext(): void {
    const at = nextOpen(list.value, isDone);
    if (at !== null) goTo(at);
  }

  /** Says it of the tile looked at and goes on. False when there is none. */
  function decide(change: LabelChange): boolean {
    const tile = current.value;
    if (tile === null || answer.value === null) return false;
    decided.add(tile.tile);
    labelling.apply(answer.value.tileSet, [tile.tile], change);
    if (change.kind === 'clear') decided.delete(tile.tile);
    else goNext();
    return true;
  }

  /** Takes the last act back and shows its tile. False when there is none. */
  function undo(): boolean {
    const undone = labelling.undoLast();
    if (undone === null) return false;
    for (const tile of undone) decided.delete(tile);
    const at = list.value.tiles.findIndex(({ tile }) => tile === undone[0]);
    if (at >= 0) goTo(at);
    return true;
  }

  labelling.onRefused((act, report) => {
    for (const tile of act.tiles) {
      decided.delete(tile);
      const back = list.value.tiles.find((each) => each.tile === tile);
      if (back !== undefined) list.value = bringBack(list.value, back);
    }
    // The tiles were made again: indices of the old set mean nothing any more.
    if (report.code === 'not-found' && typeof report.details['current'] === 'string') {
      isReplaced.value = true;
      void ask(true);
    }
  });

  watch(
    () => project.id,
    () => {
      list.value = { tiles: [], position: 0 };
      answer.value = null;
      error.value = null;
      options.value = { ...initialOptions, ...remembered(settings.remembered('label.queue')) };
      void ask(true);
    },
    { immediate: true },
  );
  watch(
    () => core.generation,
    () => void ask(list.value.tiles.length === 0),
  );
  watch(
    () => project.versions.tiles,
    () => void ask(true),
  );
  watch(ahead, (left) => {
    if (left < leastAhead && !isExhausted.value && answer.value !== null) void ask(false);
  });
  // Somebody cleared or undid labels, or made classes: there may be tiles again.
  watch([() => project.versions.labels, () => project.versions.classes], () => {
    if (error.value !== null) void ask(true);
    else if (tiles.value.length === 0) void ask(true);
  });

  return {
    options,
    tiles,
    position,
    current,
    ahead,
    answer,
    error,
    isLoading,
    isFirst,
    isFinished,
    isExhausted,
    isReplaced,
    isDone,
    choose,
    others,
    reload: () => ask(true),
    goTo,
    move,
    goNext,
    decide,
    undo,
  };
});

function remembered(text: string | null): Partial<QueueOptions> {
  try {
    const { order, size } = JSON.parse(text ?? '{}') as Partial<QueueOptions>;
    return { ...(order === undefined ? {} : { order }), ...(typeof size === 'number' ? { size } : {}) };
  } catch {
    return {};
  }
}
