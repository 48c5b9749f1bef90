/** The keys of the queue: say it, go on, go back, take back, accept what the classifier says. */
import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { offerCommands, type Command } from '../../../stores/commands.ts';
import { useLabelQueue } from '../../../stores/label-queue.ts';
import { useNotices } from '../../../stores/notices.ts';
import type { TilePrediction } from '../../../stores/predictions.ts';
import type { LabelChange } from '../label-acts.ts';
import { useLabelKeys } from '../useLabelKeys.ts';
import { useLabelMode } from '../useLabelMode.ts';
import { useShownPredictions } from '../useShownPredictions.ts';
import type { Surroundings } from './useSurroundings.ts';

export interface QueueKeys {
  accept(): void;
  readonly canAccept: ComputedRef<boolean>;
}

export function useQueueKeys(parts: {
  readonly say: (change: LabelChange) => void;
  readonly prediction: () => TilePrediction | null;
  readonly surroundings: Surroundings;
}): QueueKeys {
  const { t } = useI18n();
  const queue = useLabelQueue();
  const labelMode = useLabelMode();
  const notices = useNotices();
  const arePredictionsShown = useShownPredictions();
  // What is hidden cannot be accepted: it would be a label nobody saw.
  const canAccept = computed(() => arePredictionsShown.value && (parts.prediction()?.class.class ?? null) !== null);
  function accept(): void {
    const id = parts.prediction()?.class.class ?? null;
    if (canAccept.value && id !== null) parts.say({ kind: 'label', class: id, source: 'suggestion' });
  }

  useLabelKeys(parts.say, () => queue.current !== null);
  const key = (id: string, keys: readonly string[], run: () => void, isEnabled?: () => boolean): Command => ({
    id: `label.${id}`,
    title: () => t(`label.keys.${id}`),
    group: () => t('label.title'),
    keys,
    isKeyOnly: true,
    ...(isEnabled === undefined ? {} : { isEnabled }),
    run,
  });
  offerCommands([
    key('accept', ['Enter'], accept, () => canAccept.value),
    key('undo', ['z'], () => {
      if (!queue.undo()) notices.done(t('label.nothingToUndo'));
    }),
    key('next', ['ArrowRight', 'ArrowDown'], () => queue.move(1)),
    key('previous', ['ArrowLeft', 'ArrowUp'], () => queue.move(-1)),
    key('first', ['Home'], () => queue.goTo(0)),
    key('open', ['End'], () => queue.goNext()),
    key('wider', ['Space'], () => parts.surroundings.next()),
    key('onSlide', ['Shift+Enter'], () => {
      if (queue.current !== null) labelMode.showOnSlide(queue.current);
    }),
  ]);
  return { accept, canAccept };
}
