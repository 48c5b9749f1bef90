/**
 * The hand on the regions: tool, selection and what is being drawn; what is finished goes to the regions store, cleaned by
 * the clipping. It knows screen pixels only as a number and draws nothing (RegionOverlay.vue does).
 */
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { snapPoint } from '#common/geometry.ts';
import { useSlides } from '../../stores/slides.ts';
import { clean, subtract, unite, withoutCrumbs, type Outline } from './clipping.ts';
import * as drawing from './drawing.ts';
import type { Draft, Finished, Hand, Scene, Step, Tool } from './drawing.ts';
import {
  insertVertex,
  moveOutline,
  moveVertex,
  outlineBounds,
  removeVertex,
  simplify,
  strokePieces,
  vertexPoint,
  vertices,
  type Point,
  type VertexPath,
} from './outlines.ts';
import { isCorrection, oppositeKind, type RegionKind, type ShownRegion } from './region-changes.ts';
import { useRegions } from './regions-store.ts';
import { useTileSettings } from './tile-settings.ts';

const smallestBrushPx = 4;
const largestBrushPx = 200;
/** Screen pixels: how far the kept line of a free hand may be from the drawn one, and what counts as a crumb. */
const tolerancePx = 1.5;
const crumbPx = 6;

export const useRegionEditor = defineStore('regionEditor', () => {
  const regions = useRegions();
  const slides = useSlides();
  const tileSettings = useTileSettings();

  const tool = ref<Tool>('move');
  /** Of the next region drawn. */
  const kind = ref<RegionKind>('include');
  const isSnapping = ref(false);
  const brushPx = ref(24);
  const selectedId = ref<string | null>(null);
  const vertex = shallowRef<VertexPath | null>(null);
  const draft = shallowRef<Draft | null>(null);
  /** Where the pointer is over the slide, or the arrow keys' crosshair. */
  const pointer = shallowRef<Point | null>(null);
  const isCrosshair = ref(false);
  /** Said to screen readers: what the last step did. The page makes words of it. */
  const said = shallowRef<{
    readonly what: 'drawn' | 'point' | 'nothing-to-erase' | 'no-area' | 'uncombinable';
  } | null>(null);

  /** Tools something was done with, since the page was opened. */
  const used = shallowReactive(new Set<Tool>());

  const selected = computed(() => {
    const id = selectedId.value === null ? null : regions.idNow(selectedId.value);
    return regions.all.find(({ region }) => region === id) ?? null;
  });
  watch(
    () => regions.slide,
    () => reset(),
  );
  // Another window, or undo, may have changed the outline under the chosen corner.
  watch(selected, (region) => {
    if (region === null || (vertex.value !== null && vertexPoint(region.outline, vertex.value) === null)) {
      vertex.value = null;
    }
  });

  const gridStep = computed(() => {
    const mpp = slides.current?.mpp ?? null;
    const { stridePx, mpp: wanted } = tileSettings.current;
    return mpp === null ? null : { stridePx, downsample: wanted / mpp };
  });
  function snap(point: Point): Point {
    return isSnapping.value && gridStep.value !== null ? snapPoint(gridStep.value, point[0], point[1]) : point;
  }
  /** In the middle of the selected region's box. */
  const handle = computed((): Point | null => {
    const bounds = selected.value === null ? null : outlineBounds(selected.value.outline);
    return bounds === null ? null : [(bounds.minX + bounds.maxX) / 2, (bounds.minY + bounds.maxY) / 2];
  });
  const scene = computed((): Scene => ({
    tool: tool.value,
    regions: regions.all.map(({ region, outline }) => ({ region, outline })),
    selected: selected.value?.region ?? null,
    handle: handle.value,
    snap,
  }));

  /** True when the gesture draws; otherwise it is the viewer's. */
  function press(hand: Hand): boolean {
    follow(hand.point, false);
    return take(drawing.press(draft.value, hand, scene.value), hand);
  }
  function move(hand: Hand): void {
    follow(hand.point, false);
    if (draft.value !== null) take(drawing.moveTo(draft.value, hand, scene.value), hand);
  }
  function release(hand: Hand): void {
    if (draft.value !== null) take(drawing.release(draft.value, hand, scene.value), hand);
  }
  /** A click that drew nothing. */
  function click(hand: Hand): void {
    if (tool.value === 'move') select(drawing.regionAt(hand.point, scene.value));
  }
  function leave(): void {
    if (!isCrosshair.value && draft.value === null) pointer.value = null;
  }
  /** The press ended without a release: another window, a second finger. */
  function cancel(): void {
    if (draft.value?.kind !== 'polygon') draft.value = null;
  }
  function confirm(hand: Hand): void {
    const step = isCrosshair.value ? drawing.setPoint : drawing.confirm;
    take(step(draft.value, hand, scene.value), hand);
    if (draft.value?.kind === 'polygon') said.value = { what: 'point' };
  }
  function takeBack(): void {
    draft.value = drawing.takeBack(draft.value).draft;
  }
  function moveCrosshair(hand: Hand): void {
    follow(hand.point, true);
    if (draft.value !== null) take(drawing.moveTo(draft.value, hand, scene.value), hand);
  }

  /** Takes back one thing a time. False when there is nothing left to leave. */
  function escape(): boolean {
    if (draft.value !== null) draft.value = null;
    else if (isCrosshair.value) isCrosshair.value = false;
    else if (vertex.value !== null) vertex.value = null;
    else if (selectedId.value !== null) select(null);
    else if (tool.value !== 'move') tool.value = 'move';
    else return false;
    return true;
  }

  function follow(point: Point, byKey: boolean): void {
    pointer.value = point;
    isCrosshair.value = byKey;
  }
  function take(step: Step, hand: Hand): boolean {
    draft.value = step.draft;
    if (step.finished !== null) finish(step.finished, hand.level0PerScreenPx);
    return step.isTaken;
  }

  function finish(finished: Finished, level0PerScreenPx: number): void {
    if (finished.kind !== 'select') used.add(tool.value);
    switch (finished.kind) {
      case 'select':
        select(finished.region);
        vertex.value = finished.vertex;
        return;
      case 'reshape':
        vertex.value = finished.vertex;
        void regions.update(finished.region, { outline: finished.outline });
        return;
      case 'draw': {
        const rings = finished.isByHand
          ? finished.outline.map((polygon) => polygon.map((ring) => simplify(ring, tolerancePx * level0PerScreenPx)))
          : finished.outline;
        return draw(combine(() => clean(rings, slideSize(), (crumbPx * level0PerScreenPx) ** 2)));
      }
      case 'stroke': {
        const radius = brushPx.value * level0PerScreenPx;
        const pieces = strokePieces(finished.points, radius);
        const crumbs = (crumbPx * level0PerScreenPx) ** 2;
        if (finished.isErasing) erase(pieces, crumbs);
        else paint(pieces, crumbs);
      }
    }
  }

  function draw(outline: Outline | null): void {
    if (outline === null) return;
    if (outline.length === 0) {
      said.value = { what: 'no-area' };
      return;
    }
    selectedId.value = regions.create(kind.value, outline);
    vertex.value = null;
    said.value = { what: 'drawn' };
  }
  function paint(pieces: readonly Outline[], crumbs: number): void {
    const target = selected.value;
    const outline = combine(() => {
      const stroke = clean(unite(...pieces), slideSize(), crumbs);
      return target === null || stroke.length === 0 ? stroke : withoutCrumbs(unite(target.outline, stroke), crumbs);
    });
    if (target === null) draw(outline);
    else if (outline !== null) void regions.update(target.region, { outline });
  }
  /** From the selected region, else from the topmost one the stroke touches. */
  function erase(pieces: readonly Outline[], crumbs: number): void {
    const first = pieces[0]?.[0]?.[0]?.[0];
    const target =
      selected.value ??
      (first === undefined ? null : (regions.all.find(({ region }) => region === touched(pieces)) ?? null));
    if (target === null) {
      said.value = { what: 'nothing-to-erase' };
      return;
    }
    const outline = combine(() => withoutCrumbs(subtract(target.outline, unite(...pieces)), crumbs));
    if (outline === null) return;
    if (outline.length > 0) void regions.update(target.region, { outline });
    else remove(target);
  }
  function touched(pieces: readonly Outline[]): string | null {
    for (const piece of pieces) {
      for (const point of piece[0]?.[0] ?? []) {
        const region = drawing.regionAt(point, scene.value);
        if (region !== null) return region;
      }
    }
    return null;
  }
  /** The clipping library gives up on outlines it cannot follow; the region then stays as it was. */
  function combine(make: () => Outline): Outline | null {
    try {
      return make();
    } catch {
      said.value = { what: 'uncombinable' };
      return null;
    }
  }
  function slideSize(): { width: number; height: number } {
    const slide = slides.current;
    return { width: slide?.width ?? 0, height: slide?.height ?? 0 };
  }

  function select(region: string | null): void {
    if (region !== selectedId.value) vertex.value = null;
    selectedId.value = region;
  }
  /** Corners of the selected region one after the other, round the end. */
  function stepVertex(by: 1 | -1): void {
    if (selected.value === null) return;
    const paths = vertices(selected.value.outline);
    const now = vertex.value;
    const at = paths.findIndex(
      (path) => path.polygon === now?.polygon && path.ring === now.ring && path.vertex === now.vertex,
    );
    const next = at < 0 ? (by === 1 ? 0 : paths.length - 1) : (at + by + paths.length) % paths.length;
    vertex.value = paths[next] ?? null;
  }
  /** By the arrow keys: the chosen corner, else the whole region. */
  function nudge(dx: number, dy: number): void {
    const region = selected.value;
    if (region === null) return;
    const path = vertex.value;
    const point = path === null ? null : vertexPoint(region.outline, path);
    const outline =
      path === null || point === null
        ? moveOutline(region.outline, dx, dy)
        : moveVertex(region.outline, path, snap([point[0] + dx, point[1] + dy]));
    void regions.update(region.region, { outline });
  }
  /** In the middle of the edge that ends in the chosen corner. */
  function addVertex(): void {
    const region = selected.value;
    const path = vertex.value;
    const to = region === null || path === null ? null : vertexPoint(region.outline, path);
    if (region === null || path === null || to === null) return;
    const from = region.outline[path.polygon]?.[path.ring]?.at(path.vertex - 1) ?? to;
    const middle: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    void regions.update(region.region, { outline: insertVertex(region.outline, path, middle) });
  }
  function deleteChosen(): void {
    const region = selected.value;
    if (region === null) return;
    if (vertex.value === null) return remove(region);
    const outline = removeVertex(region.outline, vertex.value);
    vertex.value = null;
    if (outline === null) remove(region);
    else void regions.update(region.region, { outline });
  }
  function remove({ region }: Pick<ShownRegion, 'region'>): void {
    if (selected.value?.region === region) select(null);
    void regions.remove([region]);
  }
  /** Of the selected region, and of the next one drawn. */
  function setKind(next: RegionKind): void {
    const region = selected.value;
    // A correction is painted beside a region for tiles, not made of it: choosing one lets go of the other.
    if (region !== null && isCorrection(region.kind) !== isCorrection(next)) select(null);
    else if (region !== null && region.kind !== next) void regions.update(region.region, { kind: next });
    kind.value = next;
  }
  function toggleKind(): void {
    setKind(oppositeKind(selected.value?.kind ?? kind.value));
  }
  function resizeBrush(factor: number): void {
    brushPx.value = Math.min(largestBrushPx, Math.max(smallestBrushPx, Math.round(brushPx.value * factor)));
  }
  function choose(next: Tool): void {
    draft.value = null;
    tool.value = next;
    // What these draw is a region of its own, and so is what is said of include and exclude from here on.
    if (next === 'rectangle' || next === 'polygon' || next === 'freehand') select(null);
    if (next !== 'move') vertex.value = null;
  }
  function reset(): void {
    draft.value = null;
    selectedId.value = null;
    vertex.value = null;
    pointer.value = null;
    isCrosshair.value = false;
  }

  return {
    tool,
    kind,
    isSnapping,
    brushPx,
    selected,
    vertex,
    draft,
    pointer,
    isCrosshair,
    said,
    used,
    handle,
    gridStep,
    scene,
    press,
    move,
    release,
    click,
    leave,
    cancel,
    confirm,
    takeBack,
    moveCrosshair,
    escape,
    select,
    stepVertex,
    nudge,
    addVertex,
    deleteChosen,
    remove,
    setKind,
    toggleKind,
    resizeBrush,
    choose,
    reset,
  };
});
