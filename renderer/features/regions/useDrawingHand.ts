/**
 * The hand over the slide: pointer events of the viewer become steps of the editor. While a gesture draws the slide stays; all
 * others move it as usual, and so does every gesture while Space is held. Call it in a child of SlideViewer.
 */
import { onScopeDispose, ref, watch, type Ref } from 'vue';
import { useEventListener } from '@vueuse/core';
import { useSlideView, type SlideView } from '../../viewer/index.ts';
import type { Hand } from './drawing.ts';
import { useRegionEditor } from './region-editor.ts';

const clickPx = 4;

export function useDrawingHand(): { readonly isPanning: Ref<boolean>; readonly isHeld: Ref<boolean> } {
  const view = useSlideView();
  const editor = useRegionEditor();
  const isPanning = ref(false);
  /** A button is down and draws. */
  const isHeld = ref(false);
  let pressedAt: PointerEvent | null = null;

  function handOf(from: SlideView, event: PointerEvent): Hand {
    const { x, y } = from.eventPoint(event);
    return { point: [x, y], level0PerScreenPx: 1 / from.state.value.scale, shift: event.shiftKey, alt: event.altKey };
  }

  function down(event: PointerEvent): void {
    const now = view.value;
    if (now === null || event.button !== 0 || isPanning.value || !isOnSlide(event)) return;
    pressedAt = event;
    if (!editor.press(handOf(now, event))) return;
    now.setDragging(false);
    now.element.focus({ preventScroll: true });
    isHeld.value = true;
  }
  function moved(event: PointerEvent): void {
    const now = view.value;
    if (now === null) return;
    if (!isHeld.value && !isOnSlide(event)) return editor.leave();
    editor.move(handOf(now, event));
  }
  function up(event: PointerEvent): void {
    const now = view.value;
    if (now === null || event.button !== 0) return;
    if (isHeld.value) {
      isHeld.value = false;
      now.setDragging(isMoving());
      editor.release(handOf(now, event));
    } else if (pressedAt !== null && !isPanning.value) {
      const way = Math.hypot(event.clientX - pressedAt.clientX, event.clientY - pressedAt.clientY);
      if (way < clickPx) editor.click(handOf(now, event));
    }
    pressedAt = null;
  }

  // Before the viewer hears of it: dragging must be off by then.
  const element = (): HTMLElement | null => view.value?.element ?? null;
  useEventListener(element, 'pointerdown', down, { capture: true });
  useEventListener(element, 'pointermove', moved, { capture: true });
  // The hand may let go outside the viewer.
  useEventListener(window, 'pointerup', up, { capture: true });
  useEventListener(window, 'pointercancel', () => {
    isHeld.value = false;
    editor.cancel();
  });
  useEventListener(element, 'pointerleave', () => editor.leave());
  useEventListener(window, 'keydown', (event) => {
    if (event.key === ' ' && event.target instanceof Node && element()?.contains(event.target) === true) {
      isPanning.value = true;
    }
  });
  useEventListener(window, 'keyup', (event) => {
    if (event.key === ' ') isPanning.value = false;
  });
  useEventListener(window, 'blur', () => (isPanning.value = false));

  const isMoving = (): boolean => editor.tool === 'move' || isPanning.value;
  watch([view, isMoving], ([now, moves]) => now?.setDragging(moves), { immediate: true });
  onScopeDispose(() => view.value?.setDragging(true));
  return { isPanning, isHeld };
}

/** Buttons, minimap and tool bars over the slide keep their events. */
function isOnSlide(event: PointerEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  return event.target.closest('button, a, input, select, [role="toolbar"], .navigator') === null;
}
