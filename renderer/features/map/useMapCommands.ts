/** Keys of the map. X is held: the plain slide is seen as long as it is down. */
import { onScopeDispose, watch } from 'vue';
import { useI18n } from 'vue-i18n';
import { offerCommands, useCommands, type Command } from '../../stores/commands.ts';
import { usePredictions } from '../../stores/predictions.ts';
import { useExportDialog } from './export-dialog.ts';
import { useMapData } from './map-data-store.ts';
import { useMapView } from './map-view-store.ts';

export function useMapCommands(): void {
  const { t } = useI18n();
  const view = useMapView();
  const data = useMapData();
  const predictions = usePredictions();
  const dialog = useExportDialog();
  const commands = useCommands();
  const group = (): string => t('map.title');
  const hasMap = (): boolean => data.layers !== null;

  const command = (id: CommandName, keys: readonly string[], run: () => void): Command => ({
    id: `map.${id}`,
    title: () => t(`map.commands.${id}`),
    group,
    keys,
    isEnabled: hasMap,
    run,
  });
  function step(by: 1 | -1): void {
    const all = data.layerNames;
    view.layer = all[(all.indexOf(view.layer) + by + all.length) % all.length] ?? 'class';
  }

  offerCommands([
    command('plain', ['X'], () => (view.isPlain = true)),
    command('swipe', ['W'], () => view.toggleSwipe()),
    command('nextLayer', ['N'], () => step(1)),
    command('previousLayer', ['Shift+N'], () => step(-1)),
    command('lessOpacity', [','], () => view.changeOpacity(-1)),
    command('moreOpacity', ['.'], () => view.changeOpacity(1)),
    command('moreThreshold', ['T'], () => view.changeThreshold(1)),
    command('lessThreshold', ['Shift+T'], () => view.changeThreshold(-1)),
    command('nextSign', ['P'], () => view.nextSign()),
    command('labels', ['B'], () => (view.hasLabels = !view.hasLabels)),
    command('regions', ['R'], () => (view.hasRegions = !view.hasRegions)),
    command('export', ['E'], () => dialog.open()),
    command('report', [], () => dialog.open(['report'])),
    command('refresh', [], () => void data.refresh()),
  ]);

  let remove: (() => void) | null = null;
  watch(
    () => predictions.mapClasses,
    (all) => {
      remove?.();
      remove = commands.register(
        all.slice(0, 9).map((item, index) => ({
          id: `map.class.${index}`,
          title: () => t('map.commands.toggleClass', { name: item.name }),
          group,
          keys: [String(index + 1)],
          isEnabled: hasMap,
          run: () => view.toggleClass(index),
        })),
      );
    },
    { immediate: true },
  );
  onScopeDispose(() => remove?.());

  const release = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() === 'x') view.isPlain = false;
  };
  // A window that loses the keyboard never hears the key go up.
  const forget = (): void => void (view.isPlain = false);
  window.addEventListener('keyup', release);
  window.addEventListener('blur', forget);
  onScopeDispose(() => {
    window.removeEventListener('keyup', release);
    window.removeEventListener('blur', forget);
    view.isPlain = false;
  });
}

type CommandName =
  | 'plain'
  | 'swipe'
  | 'nextLayer'
  | 'previousLayer'
  | 'lessOpacity'
  | 'moreOpacity'
  | 'moreThreshold'
  | 'lessThreshold'
  | 'nextSign'
  | 'labels'
  | 'regions'
  | 'export'
  | 'report'
  | 'refresh';
