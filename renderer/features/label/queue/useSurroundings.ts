/** How much is shown round a tile, in tile sizes on each side; remembered. */
import { computed, type ComputedRef } from 'vue';
import { useSettings } from '../../../stores/settings.ts';

/** The widest shows 17 x 17 tiles. */
const steps = [2, 4, 8] as const;

export interface Surroundings {
  readonly context: ComputedRef<number>;
  /** Wider, and after the widest the narrowest again. */
  next(): void;
}

export function useSurroundings(): Surroundings {
  const settings = useSettings();
  const context = computed(() => steps.find((each) => String(each) === settings.remembered('label.context')) ?? 2);
  return {
    context,
    next: () => {
      const at = steps.indexOf(context.value);
      settings.remember('label.context', String(steps[(at + 1) % steps.length]));
    },
  };
}
