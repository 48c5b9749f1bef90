/**
 * Two slides moved as one: where the first goes, the second goes too, keeping the offset, zoom ratio and angle they had when
 * they were linked. Lengths are in micrometres where both slides know theirs.
 */
import { onScopeDispose, watch, type ShallowRef } from 'vue';
import type { SlideView } from './slide-view.ts';
import type { ViewState } from './view-geometry.ts';

export interface LinkedView {
  readonly view: ShallowRef<SlideView | null>;
  /** Micrometres per level-0 pixel; null counts as 1. */
  readonly mpp: () => number | null;
}

export function useLinkedViews(first: LinkedView, second: LinkedView, isLinked: () => boolean): void {
  let link: Link | null = null;
  /** Who moved last: the other one's answer to it is no move of its own. */
  let following: SlideView | null = null;

  watch(
    () => [isLinked(), first.view.value, second.view.value] as const,
    ([on, a, b]) => {
      link =
        on && a !== null && b !== null
          ? linkOf(a.state.value, first.mpp() ?? 1, b.state.value, second.mpp() ?? 1)
          : null;
    },
    { immediate: true },
  );
  const follow = (from: LinkedView, to: LinkedView, isForward: boolean): void => {
    watch(
      () => from.view.value?.state.value,
      (state) => {
        const target = to.view.value;
        if (state === undefined || target === null || link === null || following === from.view.value) return;
        following = target;
        const { centreX, centreY, scale, rotation } = moved(link, state, from.mpp() ?? 1, to.mpp() ?? 1, isForward);
        target.goTo({ x: centreX, y: centreY }, scale, true);
        if (Math.abs(target.state.value.rotation - rotation) > 0.01) target.rotateTo(rotation);
        requestAnimationFrame(() => requestAnimationFrame(() => (following = null)));
      },
    );
  };
  follow(first, second, true);
  follow(second, first, false);
  onScopeDispose(() => (link = null));
}

export interface Link {
  /** Second centre minus first centre, micrometres. */
  readonly x: number;
  readonly y: number;
  /** Second scale by first scale, both per micrometre. */
  readonly ratio: number;
  /** Second angle minus first angle, degrees. */
  readonly turn: number;
}

export function linkOf(a: ViewState, mppA: number, b: ViewState, mppB: number): Link {
  return {
    x: b.centreX * mppB - a.centreX * mppA,
    y: b.centreY * mppB - a.centreY * mppA,
    ratio: b.scale / mppB / (a.scale / mppA),
    turn: b.rotation - a.rotation,
  };
}

/** Where the other view must be. */
export function moved(
  link: Link,
  state: ViewState,
  mppFrom: number,
  mppTo: number,
  isForward: boolean,
): Pick<ViewState, 'centreX' | 'centreY' | 'scale' | 'rotation'> {
  const sign = isForward ? 1 : -1;
  const ratio = isForward ? link.ratio : 1 / link.ratio;
  return {
    centreX: (state.centreX * mppFrom + sign * link.x) / mppTo,
    centreY: (state.centreY * mppFrom + sign * link.y) / mppTo,
    scale: (state.scale / mppFrom) * ratio * mppTo,
    rotation: (((state.rotation + sign * link.turn) % 360) + 360) % 360,
  };
}
