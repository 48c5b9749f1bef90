/**
 * Labelling as the person sees it: an act counts the moment a key is pressed and is saved in the background
 * (features/label/label-outbox.ts). What is on its way lies over what the core has (stores/tile-labels.ts); a refusal takes it
 * away again. Undo takes back the acts of this page, newest first, through the project's log.
 */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { TrefoilError, type ErrorReport } from '#common/errors.ts';
import {
  changesBackTo,
  labelDelta,
  stateAfter,
  type LabelAct,
  type LabelChange,
  type TileState,
  type TileStates,
} from '../features/label/label-acts.ts';
import { LabelOutbox, type Commands } from '../features/label/label-outbox.ts';
import { useClasses } from './classes.ts';
import { useCore } from './core.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';
import { useTileLabels } from './tile-labels.ts';

interface JournalEntry {
  readonly act: LabelAct;
  readonly before: TileStates;
  readonly settled: Promise<'saved' | 'refused'>;
  commands: Commands;
}

/** What counts differ from the core's last overview; `isSaved`: the next overview has it. */
interface CountChange {
  readonly id: number;
  readonly delta: ReadonlyMap<string, number>;
  isSaved: boolean;
}

export const useLabelling = defineStore('labelling', () => {
  const core = useCore();
  const project = useProject();
  const classes = useClasses();
  const notices = useNotices();
  const saved = useTileLabels();
  const layers = new Map<number, TileStates>();
  const layersVersion = ref(0);
  const waiting = ref(0);
  const counts = shallowRef<readonly CountChange[]>([]);
  const journal = shallowRef<readonly JournalEntry[]>([]);
  const settle = new Map<number, (how: 'saved' | 'refused') => void>();
  const refusals = new Set<(act: LabelAct, error: ErrorReport) => void>();
  let nextId = Date.now();

  const outbox = new LabelOutbox({
    storage: sessionStorage,
    canSend: (act) => core.client !== null && act.project === project.id,
    send,
    onSaved: (act, commands) => {
      saved.patch(layers.get(act.id) ?? new Map());
      const entry = journal.value.find((each) => each.act.id === act.id);
      if (entry !== undefined) entry.commands = commands;
      end(act.id, 'saved');
    },
    onRefused: (act, error) => {
      journal.value = journal.value.filter((entry) => entry.act.id !== act.id);
      end(act.id, 'refused');
      notices.failed(TrefoilError.fromReport(error));
      for (const listener of refusals) listener(act, error);
    },
    onChanged: (count) => (waiting.value = count),
  });
  // What an earlier page could not send is shown as said.
  for (const act of outbox.unsaved) {
    if (act.project === project.id)
      layers.set(act.id, new Map(act.tiles.map((tile) => [tile, stateAfter(act.change)])));
    waiting.value += act.tiles.length;
  }

  function end(id: number, how: 'saved' | 'refused'): void {
    layers.delete(id);
    layersVersion.value += 1;
    counts.value = counts.value.flatMap((each) =>
      each.id !== id ? [each] : how === 'saved' ? [{ ...each, isSaved: true }] : [],
    );
    settle.get(id)?.(how);
    settle.delete(id);
  }

  async function send({ project: of, tileSet, tiles, change }: LabelAct): Promise<readonly number[]> {
    const { labels } = core.services();
    const about = { project: of, tileSet, tiles: [...tiles] };
    const answers =
      change.kind === 'label'
        ? [await labels.set({ ...about, class: change.class, source: change.source })]
        : change.kind === 'mark'
          ? [await labels.mark({ ...about, mark: change.mark })]
          : await Promise.all([labels.clear(about), labels.mark({ ...about, mark: null })]);
    return answers.flatMap(({ command }) => (command === null ? [] : [command]));
  }

  /** The tile as the person left it, saved or not. */
  function of(tile: number): TileState {
    void layersVersion.value;
    let state: TileState | undefined;
    for (const layer of layers.values()) state = layer.get(tile) ?? state;
    return state ?? saved.of(tile);
  }

  function layOver(id: number, states: TileStates, before: TileStates): void {
    layers.set(id, states);
    layersVersion.value += 1;
    const delta = labelDelta(before, (tile) => states.get(tile) ?? saved.of(tile));
    counts.value = [...counts.value, { id, delta, isSaved: false }];
  }

  /** Says it of the tiles, at once. `tileSet`: the set the indices belong to. Answers the act's number. */
  function apply(tileSet: string, tiles: readonly number[], change: LabelChange, isUndo = false): number {
    if (tiles.length === 0) return 0;
    const act: LabelAct = { id: nextId++, project: project.required(), tileSet, tiles: [...new Set(tiles)], change };
    const before: TileStates = new Map(act.tiles.map((tile) => [tile, of(tile)]));
    layOver(act.id, new Map(act.tiles.map((tile) => [tile, stateAfter(change)])), before);
    const settled = new Promise<'saved' | 'refused'>((done) => settle.set(act.id, done));
    if (!isUndo) journal.value = [...journal.value, { act, before, settled, commands: null }].slice(-1000);
    outbox.push(act);
    return act.id;
  }

  /**
   * Takes the last act of this page back; answers its tiles, or null when there is none, or when it is not the `expected` one.
   * The page shows it at once.
   */
  function undoLast(expected?: number): readonly number[] | null {
    const entry = journal.value.findLast(({ act }) => act.project === project.id);
    if (entry === undefined || (expected !== undefined && entry.act.id !== expected)) return null;
    journal.value = journal.value.filter((each) => each !== entry);
    const { act, before } = entry;
    if (outbox.takeBack(act)) {
      end(act.id, 'refused');
      return act.tiles;
    }
    if (core.client === null) {
      sayAsBefore(entry);
      return act.tiles;
    }
    const id = nextId++;
    layOver(id, before, new Map(act.tiles.map((tile) => [tile, of(tile)])));
    void takeBack(entry, id);
    return act.tiles;
  }

  async function takeBack(entry: JournalEntry, layer: number): Promise<void> {
    const { act, before } = entry;
    if ((await entry.settled) === 'refused') return end(layer, 'refused');
    const isUndone = await notices.attempt(() => undoCommands(act.project, entry.commands));
    if (isUndone === true) {
      saved.patch(before);
      return end(layer, 'saved');
    }
    end(layer, 'refused');
    // Somebody changed something since, or several acts went as one: said again the way it was before.
    if (isUndone === false) sayAsBefore(entry);
  }

  function sayAsBefore({ act, before }: JournalEntry): void {
    for (const { change, tiles } of changesBackTo(before)) apply(act.tileSet, tiles, change, true);
  }

  /** False when the log has moved on. */
  async function undoCommands(of: string, commands: Commands): Promise<boolean> {
    if (commands === null) return false;
    for (const command of commands.toReversed()) {
      const { what } = await core.services().projects.undo({ project: of, command });
      if (what === null) return false;
    }
    return true;
  }

  watch([() => core.generation, () => project.id], () => outbox.pump(), { flush: 'post' });
  watch(
    () => classes.overview,
    () => (counts.value = counts.value.filter(({ isSaved }) => !isSaved)),
  );
  // Labels that wait for the connection are kept for a reload of this window, not for its end.
  window.addEventListener('beforeunload', (event) => {
    if (waiting.value > 0) event.preventDefault();
  });

  const countOf = computed(() => {
    const sums = new Map(classes.all.map((each) => [each.class, each.labels]));
    for (const { delta } of counts.value) for (const [id, by] of delta) sums.set(id, (sums.get(id) ?? 0) + by);
    return sums;
  });
  const labelled = computed(() => [...countOf.value.values()].reduce((sum, count) => sum + count, 0));
  const canUndo = computed(() => journal.value.some(({ act }) => act.project === project.id));
  /** Changes with every label, saved or not. */
  const version = computed(() => layersVersion.value + saved.version);

  /** Told of every act the core refused. Returns the function that ends the subscription. */
  function onRefused(listener: (act: LabelAct, error: ErrorReport) => void): () => void {
    refusals.add(listener);
    return () => refusals.delete(listener);
  }

  outbox.pump();
  const isReady = computed(() => saved.isLoaded);

  return { of, isReady, apply, undoLast, onRefused, waiting, countOf, labelled, canUndo, version };
});
