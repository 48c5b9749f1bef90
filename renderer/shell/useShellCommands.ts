/** The commands of the project frame: places, undo and redo, slides. Those of the whole page are in GlobalDialogs.vue. */
import { useI18n } from 'vue-i18n';
import { offerCommands } from '../stores/commands.ts';
import { places, useNavigation } from '../stores/navigation.ts';
import { useNotices } from '../stores/notices.ts';
import { useProject } from '../stores/project.ts';
import { useSlides } from '../stores/slides.ts';
import { useDialogs } from './dialogs.ts';

export function useShellCommands(): void {
  const { t } = useI18n();
  const navigation = useNavigation();
  const project = useProject();
  const slides = useSlides();
  const notices = useNotices();
  const dialogs = useDialogs();

  async function move(direction: 'undo' | 'redo'): Promise<void> {
    const what = await notices.attempt(() => project[direction]());
    if (what === undefined) return;
    const isUndo = direction === 'undo';
    if (what === null) notices.done(t(isUndo ? 'shell.nothingToUndo' : 'shell.nothingToRedo'));
    else notices.done(t(isUndo ? 'shell.undone' : 'shell.redone', { what }));
  }

  const everywhere = (): string => t('shell.keyboard.everywhere');
  offerCommands([
    ...places.map((place, index) => ({
      id: `go.${place}`,
      title: () => t(`shell.places.${place}`),
      group: () => t('shell.keyboard.place'),
      keys: [`Alt+${index + 1}`],
      run: () => navigation.go(place),
    })),
    {
      id: 'shell.undo',
      title: () => t('common.undo'),
      group: everywhere,
      keys: ['Ctrl+Z'],
      run: () => void move('undo'),
    },
    {
      id: 'shell.redo',
      title: () => t('common.redo'),
      group: everywhere,
      keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
      run: () => void move('redo'),
    },
    {
      id: 'shell.history',
      title: () => t('shell.commands.history'),
      group: everywhere,
      keys: ['Ctrl+H'],
      run: () => dialogs.toggle('history'),
    },
    {
      id: 'shell.jobs',
      title: () => t('shell.commands.jobs'),
      group: everywhere,
      keys: ['Ctrl+J'],
      run: () => (dialogs.isTrayOpen = !dialogs.isTrayOpen),
    },
    {
      id: 'shell.nextSlide',
      title: () => t('shell.commands.nextSlide'),
      group: everywhere,
      keys: ['PageDown'],
      isEnabled: () => slides.all.length > 1,
      run: () => slides.step(1),
    },
    {
      id: 'shell.previousSlide',
      title: () => t('shell.commands.previousSlide'),
      group: everywhere,
      keys: ['PageUp'],
      isEnabled: () => slides.all.length > 1,
      run: () => slides.step(-1),
    },
  ]);
}
