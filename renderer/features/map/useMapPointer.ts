/** The point the map is read at: under the pointer, or in the middle of the picture for whoever has none (key V). */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { offerCommands } from '../../stores/commands.ts';
import type { SlideView } from '../../viewer/index.ts';

interface ScreenPoint {
  readonly x: number;
  readonly y: number;
}

/** `chip`: where to say it, in pixels of the viewer. */
export function useMapPointer(
  view: ShallowRef<SlideView | null>,
  point: ShallowRef<{ readonly x: number; readonly y: number } | null>,
): { readonly chip: ShallowRef<ScreenPoint | null> } {
  const { t } = useI18n();
  const chip = shallowRef<ScreenPoint | null>(null);
  let isAtCentre = false;
  let detach: (() => void) | null = null;

  function leave(): void {
    if (isAtCentre) return;
    point.value = null;
    chip.value = null;
  }
  function attach(to: SlideView): () => void {
    const { element } = to;
    const move = (event: PointerEvent): void => {
      const isOnPicture =
        event.target instanceof Element && event.target.closest('button, [role="toolbar"], .navigator, input') === null;
      isAtCentre = false;
      if (!isOnPicture) return leave();
      const box = element.getBoundingClientRect();
      chip.value = { x: event.clientX - box.left, y: event.clientY - box.top };
      point.value = to.eventPoint(event);
    };
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointermove', move);
      element.removeEventListener('pointerleave', leave);
    };
  }
  watch(
    view,
    (now) => {
      detach?.();
      isAtCentre = false;
      leave();
      detach = now === null ? null : attach(now);
    },
    { immediate: true },
  );
  // Read at the centre, the value follows the slide as it moves.
  watch(
    () => view.value?.state.value,
    (state) => {
      if (isAtCentre && state !== undefined) point.value = { x: state.centreX, y: state.centreY };
    },
  );
  onScopeDispose(() => detach?.());

  offerCommands([
    {
      id: 'map.readCentre',
      title: () => t('map.commands.readCentre'),
      group: () => t('map.title'),
      keys: ['V'],
      isEnabled: () => view.value !== null,
      run: () => {
        const now = view.value;
        if (now === null) return;
        isAtCentre = !isAtCentre;
        if (!isAtCentre) return leave();
        const { centreX, centreY, width, height } = now.state.value;
        point.value = { x: centreX, y: centreY };
        chip.value = { x: width / 2, y: height / 2 };
      },
    },
  ]);
  return { chip };
}
