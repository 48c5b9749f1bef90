/** Selection, keyboard and the acts on the selected tiles of the gallery. */
import { computed, shallowRef, watch, type Ref } from 'vue';
import { useI18n } from 'vue-i18n';
import { useClasses } from '../../../stores/classes.ts';
import { offerCommands, type Command } from '../../../stores/commands.ts';
import { useLabelling } from '../../../stores/labelling.ts';
import { useNotices } from '../../../stores/notices.ts';
import type { LabelChange } from '../label-acts.ts';
import { useLabelKeys } from '../useLabelKeys.ts';
import { click, moveFocus, noSelection, type GridLayout, type Selection } from './selection.ts';
import type { useGalleryTiles } from './useGalleryTiles.ts';

/** As many tiles as the core takes in one call. */
const mostTiles = 10_000;

export function useGallerySelection(
  gallery: ReturnType<typeof useGalleryTiles>,
  layout: Ref<GridLayout>,
  rowsInView: () => number,
  show: (position: number) => void,
  zoom: (by: 1 | -1) => void,
) {
  const { t } = useI18n();
  const classes = useClasses();
  const labelling = useLabelling();
  const notices = useNotices();
  const selection = shallowRef<Selection>(noSelection);
  const count = computed(() => selection.value.selected.size);

  watch(gallery.list, () => (selection.value = noSelection));

  function clickAt(at: number, event: MouseEvent): void {
    selection.value = click(selection.value, at, { shift: event.shiftKey, ctrl: event.ctrlKey || event.metaKey });
  }
  function move(by: number, isExtending: boolean): void {
    const last = gallery.list.value.length - 1;
    const to = Math.max(0, Math.min(last, selection.value.focus + by));
    selection.value = moveFocus(selection.value, to, isExtending);
    show(to);
  }
  function selectAll(): void {
    selection.value = { ...selection.value, selected: new Set(gallery.list.value.keys()) };
  }
  const clear = (): void => void (selection.value = { ...selection.value, selected: new Set() });
  function toggle(): void {
    selection.value = click(selection.value, selection.value.focus, { shift: false, ctrl: true });
  }

  /** Of the selected tiles; of the one with the focus, which then moves on, when none is selected. */
  function say(change: LabelChange): void {
    const { selected, focus } = selection.value;
    const positions = selected.size > 0 ? [...selected].sort((a, b) => a - b) : [focus];
    const tiles = positions.flatMap((at) => gallery.at(at)?.tile ?? []);
    if (tiles.length === 0) return;
    let last = 0;
    for (let from = 0; from < tiles.length; from += mostTiles) {
      last = labelling.apply(gallery.tileSet.value, tiles.slice(from, from + mostTiles), change);
    }
    if (selected.size === 0) return move(1, false);
    clear();
    if (tiles.length > 1)
      notices.done(saidText(change, tiles.length), {
        label: t('common.undo'),
        run: () => void labelling.undoLast(last),
      });
  }
  function saidText(change: LabelChange, tiles: number): string {
    if (change.kind === 'clear') return t('label.gallery.cleared', { count: tiles }, tiles);
    const name =
      change.kind === 'mark' ? t(`label.marks.${change.mark}`) : (classes.byId.get(change.class)?.name ?? '');
    return t('label.gallery.labelled', { count: tiles, name }, tiles);
  }
  function undo(): void {
    if (labelling.undoLast() === null) notices.done(t('label.nothingToUndo'));
  }

  useLabelKeys(say, () => gallery.list.value.length > 0);
  const key = (id: string, keys: readonly string[], run: () => void, text = t(`label.keys.${id}`)): Command => ({
    id: `label.gallery.${id}`,
    title: () => text,
    group: () => t('label.title'),
    keys,
    isKeyOnly: true,
    run,
  });
  const step = {
    ArrowRight: () => 1,
    ArrowLeft: () => -1,
    ArrowDown: () => layout.value.columns,
    ArrowUp: () => -layout.value.columns,
  };
  const all = (): number => gallery.list.value.length;
  const page = (): number => Math.max(1, rowsInView() - 1) * layout.value.columns;
  offerCommands([
    key('undo', ['z'], undo),
    key('selectAll', ['Ctrl+A'], selectAll),
    key('selectNone', ['Escape'], clear),
    key('select', ['Space'], toggle),
    key('larger', ['+', '='], () => zoom(1)),
    key('smaller', ['-'], () => zoom(-1)),
    ...Object.entries(step).flatMap(([name, by]) => [
      key(`move.${name}`, [name], () => move(by(), false), t('label.keys.moveFocus')),
      key(`extend.${name}`, [`Shift+${name}`], () => move(by(), true), t('label.keys.extend')),
    ]),
    key('first', ['Home'], () => move(-all(), false)),
    key('last', ['End'], () => move(all(), false)),
    key('pageDown', ['PageDown'], () => move(page(), false)),
    key('pageUp', ['PageUp'], () => move(-page(), false)),
  ]);

  return { selection, count, clickAt, selectAll, clear, say, undo };
}
