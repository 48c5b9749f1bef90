/** "1 tile", "1,204 tiles": a number with its noun in the person's language, to be put into other sentences. */
import { useI18n } from 'vue-i18n';
import { formatCount } from './formats.ts';

export type CountedNoun =
  | 'slides'
  | 'regions'
  | 'tiles'
  | 'labels'
  | 'runs'
  | 'classifiers'
  | 'folds'
  | 'draws'
  | 'epochs'
  | 'triplets'
  | 'steps'
  | 'pixels';

export function useCounts(): (noun: CountedNoun, count: number) => string {
  const { t, locale } = useI18n();
  return (noun, count) => t(`common.${noun}`, { count: formatCount(count, locale.value) }, count);
}
