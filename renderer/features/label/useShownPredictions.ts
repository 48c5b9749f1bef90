/** Whether the classifier's opinion is shown while labelling. Hidden, it cannot lead the person's eye; remembered. */
import { computed, type WritableComputedRef } from 'vue';
import { useSettings } from '../../stores/settings.ts';

export function useShownPredictions(): WritableComputedRef<boolean> {
  const settings = useSettings();
  return computed({
    get: () => settings.remembered('label.predictions') !== 'hidden',
    set: (isShown) => settings.remember('label.predictions', isShown ? 'shown' : 'hidden'),
  });
}
