/** Adds a layer to the viewer around the component while it lives, and draws it again when what it shows changes. */
import { onScopeDispose, watch } from 'vue';
import { useSlideView, type Drawing } from './slide-view.ts';

/** `shown` is watched (not deeply): whatever the drawing depends on. */
export function useLayer(order: number, draw: (drawing: Drawing) => void, shown: () => unknown): void {
  const view = useSlideView();
  let remove: (() => void) | null = null;
  watch(
    view,
    (now) => {
      remove?.();
      remove = now?.addLayer({ order, draw }) ?? null;
    },
    { immediate: true },
  );
  watch(shown, () => view.value?.redraw());
  onScopeDispose(() => remove?.());
}
