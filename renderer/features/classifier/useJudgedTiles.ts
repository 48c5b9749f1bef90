/**
 * Going through the tiles behind a figure at the keyboard: arrows move, the classes' own keys give another label, C keeps the
 * label or doubts it again, Escape goes back. A new label counts at once and can be undone; the classifier follows in the background.
 */
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import type { ProjectClassView } from '#common/contract/labels.ts';
import { useClasses } from '../../stores/classes.ts';
import { useCommands, type Command } from '../../stores/commands.ts';
import { useLabelling } from '../../stores/labelling.ts';
import { useNavigation } from '../../stores/navigation.ts';
import { useTileSets } from '../../stores/tile-sets.ts';
import { useMapTarget } from '../map/map-target.ts';
import { useClassifierResults, type JudgedTile } from './classifier-results.ts';

export interface JudgedReview {
  readonly tiles: ComputedRef<readonly JudgedTile[]>;
  readonly at: Ref<number>;
  readonly current: ComputedRef<JudgedTile | null>;
  /** False when the tiles were cut anew since: their labels would land elsewhere. */
  readonly canLabel: ComputedRef<boolean>;
  readonly kept: ComputedRef<ReadonlySet<number>>;
  goTo(index: number): void;
  /** How many tiles lie in one line of the grid, told by the grid. */
  setPerLine(count: number): void;
  /** Id of the class the person gives the tile now; null without one. */
  labelOf(tile: JudgedTile): string | null;
  relabel(to: ProjectClassView): void;
  keep(): void;
  openOnMap(): void;
}

/** Where the same tile is after the list changed; else the same place in the list. */
export function placeAfter(before: JudgedTile | null, at: number, tiles: readonly JudgedTile[]): number {
  const same = before === null ? -1 : tiles.findIndex(({ tile }) => tile === before.tile);
  return same !== -1 ? same : Math.max(0, Math.min(at, tiles.length - 1));
}

export function useJudgedTiles(): JudgedReview {
  const { t } = useI18n();
  const results = useClassifierResults();
  const classes = useClasses();
  const labelling = useLabelling();
  const tileSets = useTileSets();
  const navigation = useNavigation();
  const target = useMapTarget();
  const commands = useCommands();
  const at = ref(0);
  const perLine = ref(1);
  const kept = computed(() => results.kept);

  const tiles = computed(() => results.judged?.tiles ?? []);
  const current = computed(() => tiles.value[at.value] ?? null);
  const canLabel = computed(() => results.judged !== null && results.judged.tileSet === tileSets.current?.tileSet);
  watch(tiles, (next, before) => (at.value = placeAfter(before[at.value] ?? null, at.value, next)));
  watch(
    () => results.selection,
    () => (at.value = 0),
  );

  function move(by: number): void {
    at.value = Math.max(0, Math.min(tiles.value.length - 1, at.value + by));
  }
  function relabel(to: ProjectClassView): void {
    const { judged } = results;
    if (current.value === null || judged === null || !canLabel.value) return;
    labelling.apply(judged.tileSet, [current.value.tile], { kind: 'label', class: to.class, source: 'person' });
    move(1);
  }
  function keep(): void {
    const tile = current.value?.tile;
    if (tile === undefined || !canLabel.value) return;
    const isKept = !kept.value.has(tile);
    void results.keep(tile, isKept);
    // Taken back, it is to be looked at.
    if (isKept) move(1);
  }
  function openOnMap(): void {
    if (current.value === null) return;
    target.show(current.value);
    navigation.go('map', current.value.slide);
  }

  const group = (): string => t('classifier.tiles.title');
  const command = (id: string, keys: readonly string[], run: () => void, isKeyOnly = true): Command => ({
    id: `classifier.tiles.${id}`,
    title: () => t(`classifier.tiles.commands.${id}`),
    group,
    keys,
    isKeyOnly,
    isEnabled: () => id === 'back' || current.value !== null,
    run,
  });
  const fixed = [
    command('next', ['ArrowRight'], () => move(1)),
    command('previous', ['ArrowLeft'], () => move(-1)),
    command('down', ['ArrowDown'], () => move(perLine.value)),
    command('up', ['ArrowUp'], () => move(-perLine.value)),
    command('first', ['Home'], () => move(-Infinity)),
    command('last', ['End'], () => move(Infinity)),
    command('keep', ['C'], keep),
    command('map', ['G'], openOnMap, false),
    command('back', ['Escape'], () => results.select(null)),
  ];
  // Classes come and go, and with them their keys; a class with the key C has it.
  let remove = commands.register(fixed);
  watch(
    () => classes.all,
    (all) => {
      remove();
      const byClass = all.flatMap((each): Command[] =>
        each.key === null
          ? []
          : [
              {
                id: `classifier.tiles.class.${each.class}`,
                title: () => t('classifier.tiles.commands.class', { name: each.name }),
                group,
                keys: [each.key.toUpperCase()],
                isKeyOnly: true,
                isEnabled: () => current.value !== null && canLabel.value,
                run: () => relabel(each),
              },
            ],
      );
      remove = commands.register([...fixed, ...byClass]);
    },
    { immediate: true },
  );
  onScopeDispose(() => remove());

  return {
    tiles,
    at,
    current,
    canLabel,
    kept,
    goTo: (index) => (at.value = index),
    setPerLine: (count) => (perLine.value = count),
    labelOf: (tile) => labelling.of(tile.tile).class,
    relabel,
    keep,
    openOnMap,
  };
}
