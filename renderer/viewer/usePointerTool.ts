/**
 * Pointer events of the viewer as level-0 points, for a tool. While a tool is on, dragging does not move the slide; with the
 * middle button or the space bar held it does. The wheel always zooms.
 */
import { onScopeDispose, watch, type ShallowRef } from 'vue';
import type { SlideView } from './slide-view.ts';
import type { Point } from './view-geometry.ts';

export interface ToolPoint extends Point {
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  /** Level-0 pixels per screen pixel: reach of a click. */
  readonly pixel: number;
}

export interface PointerTool {
  /** Answer false to let the slide be dragged after all. */
  readonly down?: (point: ToolPoint) => boolean | void;
  /** `isDown`: the button pressed by `down` is still held. */
  readonly move?: (point: ToolPoint, isDown: boolean) => void;
  readonly up?: (point: ToolPoint) => void;
  readonly doubleClick?: (point: ToolPoint) => void;
  readonly leave?: () => void;
  /** The press ended without an `up`: another window, a second finger. */
  readonly cancel?: () => void;
}

/** `tool` null: the pointer moves the slide. */
export function usePointerTool(view: ShallowRef<SlideView | null>, tool: () => PointerTool | null): void {
  let detach: (() => void) | null = null;
  watch(
    [view, tool] as const,
    ([now, current]) => {
      detach?.();
      detach = now === null || current === null ? null : attach(now, current);
    },
    { immediate: true },
  );
  onScopeDispose(() => detach?.());
}

function attach(view: SlideView, tool: PointerTool): () => void {
  const { element } = view;
  let pressed: number | null = null;
  const point = (event: MouseEvent): ToolPoint => ({
    ...view.eventPoint(event),
    shift: event.shiftKey,
    ctrl: event.ctrlKey || event.metaKey,
    alt: event.altKey,
    pixel: 1 / view.state.value.scale,
  });
  const isOnPicture = (event: Event): boolean =>
    event.target instanceof Element && event.target.closest('button, [role="toolbar"], .navigator, input, a') === null;
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !isOnPicture(event)) return;
    if (tool.down === undefined || tool.down(point(event)) === false) return;
    pressed = event.pointerId;
    view.setDragging(false);
  };
  const move = (event: PointerEvent): void => {
    if (pressed === null && !isOnPicture(event)) return;
    tool.move?.(point(event), pressed === event.pointerId);
  };
  const up = (event: PointerEvent): void => {
    if (pressed !== event.pointerId) return;
    pressed = null;
    view.setDragging(true);
    tool.up?.(point(event));
  };
  const cancel = (): void => {
    if (pressed === null) return;
    pressed = null;
    view.setDragging(true);
    tool.cancel?.();
  };
  const leave = (): void => tool.leave?.();
  const doubleClick = (event: MouseEvent): void => {
    if (isOnPicture(event)) tool.doubleClick?.(point(event));
  };
  // In the capture phase: OpenSeadragon must find dragging off when it hears of the press.
  element.addEventListener('pointerdown', down, true);
  element.addEventListener('pointermove', move, true);
  window.addEventListener('pointerup', up, true);
  window.addEventListener('pointercancel', cancel);
  window.addEventListener('blur', cancel);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('dblclick', doubleClick);
  return () => {
    cancel();
    element.removeEventListener('pointerdown', down, true);
    element.removeEventListener('pointermove', move, true);
    window.removeEventListener('pointerup', up, true);
    window.removeEventListener('pointercancel', cancel);
    window.removeEventListener('blur', cancel);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('dblclick', doubleClick);
  };
}
