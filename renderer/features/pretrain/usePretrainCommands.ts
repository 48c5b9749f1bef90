/** Everything the place can do, for palette, keys and tooltips. What the buttons do is the same functions. */
import { useI18n } from 'vue-i18n';
import { offerCommands, type Command } from '../../stores/commands.ts';
import { recipeNames } from '#common/domain/pretrain.ts';
import { useTileSets } from '../../stores/tile-sets.ts';
import { useNewRun } from './new-run/new-run-store.ts';
import { usePretrainView, type PretrainView } from './pretrain-view.ts';
import { useRuns } from './run/runs-store.ts';
import { useRunActs } from './run/useRunActs.ts';
import { useTriplet } from './triplet/triplet-store.ts';
import type { Direction } from './triplet/next-tile.ts';

export function usePretrainCommands(): void {
  const { t } = useI18n();
  const place = usePretrainView();
  const runs = useRuns();
  const newRun = useNewRun();
  const triplet = useTriplet();
  const tileSets = useTileSets();
  const acts = useRunActs();
  const group = (): string => t('pretrain.title');
  const isIn = (view: PretrainView) => (): boolean => place.view === view;

  const viewKeys: Readonly<Record<PretrainView, string>> = { new: 'N', runs: 'V', compare: 'C' };
  const directionKeys: Readonly<Record<Direction, string>> = {
    left: 'ArrowLeft',
    right: 'ArrowRight',
    up: 'ArrowUp',
    down: 'ArrowDown',
  };

  offerCommands([
    ...(['new', 'runs', 'compare'] as const).map((view): Command => ({
      id: `pretrain.view.${view}`,
      title: () => t(`pretrain.commands.${view}`),
      group,
      keys: [viewKeys[view]],
      run: () => place.show(view),
    })),
    ...recipeNames.map((name, index): Command => ({
      id: `pretrain.recipe.${name}`,
      title: () => t('pretrain.commands.recipe', { recipe: t(`pretrain.recipes.${name}.name`) }),
      group,
      keys: [String(index + 1)],
      isEnabled: isIn('new'),
      run: () => newRun.change({ recipe: name }),
    })),
    {
      id: 'pretrain.own',
      title: () => t('pretrain.own.act'),
      group,
      isEnabled: () => tileSets.current !== null,
      run: () => (place.isImporting = true),
    },
    {
      id: 'pretrain.start',
      title: () => t('pretrain.commands.start'),
      group,
      keys: ['Ctrl+Enter'],
      isEnabled: () => newRun.canStart,
      run: () => void acts.start(),
    },
    {
      id: 'pretrain.advanced',
      title: () => t('pretrain.commands.advanced'),
      group,
      keys: ['A'],
      isEnabled: isIn('new'),
      run: () => (newRun.isAdvancedOpen = !newRun.isAdvancedOpen),
    },
    {
      id: 'pretrain.measure',
      title: () => t('pretrain.commands.measure'),
      group,
      keys: ['M'],
      isEnabled: () => place.view === 'new' && newRun.measureJob === null && newRun.isValid && runs.job === null,
      run: () => void newRun.measure(newRun.draft.recipe),
    },
    {
      id: 'pretrain.reshuffle',
      title: () => t('pretrain.commands.reshuffle'),
      group,
      keys: ['R'],
      isEnabled: isIn('new'),
      run: () => triplet.reshuffle(1),
    },
    {
      id: 'pretrain.reshuffleBack',
      title: () => t('pretrain.commands.reshuffleBack'),
      group,
      keys: ['Shift+R'],
      isEnabled: () => place.view === 'new' && triplet.epoch > 0,
      run: () => triplet.reshuffle(-1),
    },
    {
      id: 'pretrain.rule',
      title: () => t('pretrain.commands.rule'),
      group,
      keys: ['F'],
      isEnabled: isIn('new'),
      run: () => triplet.setRule(triplet.rule === 'drawn' ? 'fixed' : 'drawn'),
    },
    ...(Object.keys(directionKeys) as Direction[]).map((direction): Command => ({
      id: `pretrain.move.${direction}`,
      title: () => t(`pretrain.commands.move.${direction}`),
      group,
      keys: [directionKeys[direction]],
      isKeyOnly: true,
      isEnabled: isIn('new'),
      run: () => triplet.move(direction),
    })),
    {
      id: 'pretrain.pause',
      title: () => t('pretrain.commands.pause'),
      group,
      keys: ['P'],
      isEnabled: () => acts.canPause.value || acts.canGoOn.value,
      run: () => void (acts.canPause.value ? acts.pause() : acts.goOn()),
    },
    {
      id: 'pretrain.stop',
      title: () => t('pretrain.commands.stop'),
      group,
      keys: ['Shift+S'],
      isEnabled: () => acts.canStop.value,
      run: () => void acts.stop(),
    },
    {
      id: 'pretrain.resume',
      title: () => t('pretrain.commands.resume'),
      group,
      keys: ['G'],
      isEnabled: () => acts.canResume.value,
      run: () => void acts.resume(),
    },
    {
      id: 'pretrain.remove',
      title: () => t('pretrain.commands.remove'),
      group,
      keys: ['Delete'],
      isEnabled: () => acts.canRemove.value,
      run: () => void acts.askToRemove(),
    },
    {
      id: 'pretrain.nextRun',
      title: () => t('pretrain.commands.nextRun'),
      group,
      keys: ['ArrowDown', 'J'],
      isKeyOnly: true,
      isEnabled: isIn('runs'),
      run: () => runs.step(1),
    },
    {
      id: 'pretrain.previousRun',
      title: () => t('pretrain.commands.previousRun'),
      group,
      keys: ['ArrowUp', 'K'],
      isKeyOnly: true,
      isEnabled: isIn('runs'),
      run: () => runs.step(-1),
    },
    {
      id: 'pretrain.addToComparison',
      title: () => t('pretrain.commands.addToComparison'),
      group,
      keys: ['X'],
      isEnabled: () => place.view === 'runs' && runs.selected !== null,
      run: () => acts.toggleCompared(),
    },
  ]);
}
