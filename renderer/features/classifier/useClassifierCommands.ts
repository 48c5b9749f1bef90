/** Keys of the place. Those of the tiles behind a figure are in useJudgedTiles.ts, which lives only while they are shown. */
import { useI18n } from 'vue-i18n';
import { offerCommands } from '../../stores/commands.ts';
import { useClassifierResults } from './classifier-results.ts';
import type { Training } from './useTraining.ts';

export function useClassifierCommands(training: Training): void {
  const { t } = useI18n();
  const results = useClassifierResults();
  const group = (): string => t('classifier.title');
  const hasFigures = (): boolean => results.details.data !== null;
  offerCommands([
    {
      id: 'classifier.train',
      title: () => t('classifier.train.now'),
      group,
      keys: ['T'],
      isEnabled: () => training.canTrain.value,
      run: () => training.train(),
    },
    {
      id: 'classifier.mistakes',
      title: () => t('classifier.commands.mistakes'),
      group,
      keys: ['M'],
      isEnabled: hasFigures,
      run: () => results.select({ kind: 'wrong' }),
    },
    {
      id: 'classifier.suspects',
      title: () => t('classifier.commands.suspects'),
      group,
      keys: ['L'],
      isEnabled: hasFigures,
      run: () => results.select({ kind: 'suspects' }),
    },
    {
      id: 'classifier.leak',
      title: () => t('classifier.leak.compare'),
      group,
      isEnabled: () => hasFigures() && !results.isChecking,
      run: () => void results.compareWithLeak(),
    },
    {
      id: 'classifier.efficiency',
      title: () => t('classifier.efficiency.measure'),
      group,
      isEnabled: () => hasFigures() && !results.isChecking,
      run: () => void results.measureEfficiency(),
    },
    {
      id: 'classifier.maps',
      title: () => t('classifier.makeMaps'),
      group,
      isEnabled: () => hasFigures() && results.mapping === null,
      run: () => {
        if (results.shown !== null) void results.makeMaps(results.shown);
      },
    },
  ]);
}
