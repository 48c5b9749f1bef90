/**
 * Drawing as a state machine without screen and without core: a hand (mouse, pen or arrow keys) presses, moves and releases;
 * each step answers what is drawn so far and, at the end, what was meant. Whoever calls it draws the draft and acts on what
 * is finished (region-editor.ts). Points are level-0 pixels.
 */
import {
  edgeAt,
  insertVertex,
  isInside,
  moveOutline,
  moveVertex,
  rectangle,
  squareCorner,
  vertexAt,
  vertexPoint,
  type Point,
  type VertexPath,
} from './outlines.ts';
import type { Outline } from './clipping.ts';

export const tools = ['move', 'rectangle', 'polygon', 'freehand', 'brush', 'eraser'] as const;
export type Tool = (typeof tools)[number];

export interface Hand {
  readonly point: Point;
  /** Level-0 pixels a screen pixel covers: reaches are a matter of the screen, not of the slide. */
  readonly level0PerScreenPx: number;
  readonly shift: boolean;
  readonly alt: boolean;
}

export interface SceneRegion {
  readonly region: string;
  readonly outline: Outline;
}

export interface Scene {
  readonly tool: Tool;
  /** Topmost last. */
  readonly regions: readonly SceneRegion[];
  readonly selected: string | null;
  /** Where the selected region can be taken hold of as a whole; null when nothing is selected. */
  readonly handle: Point | null;
  readonly snap: (point: Point) => Point;
}

export type Draft =
  | { readonly kind: 'rectangle'; readonly from: Point; readonly to: Point }
  /** `to`: where the hand is, joined to the last point by a thin line. */
  | { readonly kind: 'polygon'; readonly points: readonly Point[]; readonly to: Point }
  | { readonly kind: 'freehand'; readonly points: readonly Point[] }
  | { readonly kind: 'stroke'; readonly points: readonly Point[]; readonly isErasing: boolean }
  | {
      readonly kind: 'region';
      readonly region: string;
      readonly outline: Outline;
      readonly from: Point;
      readonly to: Point;
    }
  | {
      readonly kind: 'vertex';
      readonly region: string;
      readonly outline: Outline;
      readonly path: VertexPath;
      readonly from: Point;
      readonly to: Point;
      /** Pulled out of an edge: a click alone must not leave a corner behind. */
      readonly isNew: boolean;
    };

export type Finished =
  | { readonly kind: 'draw'; readonly outline: Outline; readonly isByHand: boolean }
  | { readonly kind: 'stroke'; readonly points: readonly Point[]; readonly isErasing: boolean }
  | { readonly kind: 'reshape'; readonly region: string; readonly outline: Outline; readonly vertex: VertexPath | null }
  | { readonly kind: 'select'; readonly region: string | null; readonly vertex: VertexPath | null };

export interface Step {
  readonly draft: Draft | null;
  readonly finished: Finished | null;
  /** The gesture is a drawing one; otherwise it moves the slide. */
  readonly isTaken: boolean;
}

const reachPx = 8;
const handleReachPx = 14;
/** Less than this is a click, not a drag. */
const clickPx = 4;

const nothing: Step = { draft: null, finished: null, isTaken: false };
const drawing = (draft: Draft): Step => ({ draft, finished: null, isTaken: true });
const finish = (finished: Finished): Step => ({ draft: null, finished, isTaken: true });

export function press(draft: Draft | null, hand: Hand, scene: Scene): Step {
  const point = scene.snap(hand.point);
  switch (scene.tool) {
    case 'move':
      return grasp(hand, scene);
    case 'rectangle':
      return draft?.kind === 'rectangle'
        ? closeRectangle({ ...draft, to: corner(draft.from, point, hand) })
        : drawing({ kind: 'rectangle', from: point, to: point });
    case 'polygon':
      return addPoint(draft?.kind === 'polygon' ? draft.points : [], point, hand);
    case 'freehand':
      return drawing({ kind: 'freehand', points: [hand.point] });
    case 'brush':
    case 'eraser':
      return drawing({ kind: 'stroke', points: [hand.point], isErasing: (scene.tool === 'eraser') !== hand.alt });
  }
}

export function moveTo(draft: Draft | null, hand: Hand, scene: Scene): Step {
  if (draft === null) return nothing;
  const point = scene.snap(hand.point);
  switch (draft.kind) {
    case 'rectangle':
      return drawing({ ...draft, to: corner(draft.from, point, hand) });
    case 'polygon':
      return drawing({ ...draft, to: point });
    case 'freehand':
    case 'stroke': {
      const last = draft.points.at(-1) ?? hand.point;
      // Finer than a screen pixel is noise that only costs time later.
      if (distance(last, hand.point) < hand.level0PerScreenPx) return drawing(draft);
      return drawing({ ...draft, points: [...draft.points, hand.point] });
    }
    case 'region':
      return drawing({ ...draft, to: hand.point });
    case 'vertex':
      return drawing({ ...draft, to: point });
  }
}

export function release(draft: Draft | null, hand: Hand, scene: Scene): Step {
  if (draft === null) return nothing;
  const isClick = (from: Point): boolean => distance(from, hand.point) < clickPx * hand.level0PerScreenPx;
  switch (draft.kind) {
    case 'polygon':
      return drawing(draft);
    case 'rectangle':
      // A click leaves the first corner standing; the next click sets the second.
      return isClick(draft.from) || draft.from[0] === draft.to[0] || draft.from[1] === draft.to[1]
        ? drawing(draft)
        : closeRectangle(draft);
    case 'freehand':
      return draft.points.length < 3 ? nothing : finish({ kind: 'draw', outline: [[draft.points]], isByHand: true });
    case 'stroke':
      return finish({ kind: 'stroke', points: draft.points, isErasing: draft.isErasing });
    case 'region':
      if (isClick(draft.from)) return { ...nothing, isTaken: true };
      return finish({ kind: 'reshape', region: draft.region, outline: draftOutline(draft, scene), vertex: null });
    case 'vertex':
      if (isClick(draft.from)) {
        return finish({ kind: 'select', region: draft.region, vertex: draft.isNew ? null : draft.path });
      }
      return finish({
        kind: 'reshape',
        region: draft.region,
        outline: draftOutline(draft, scene),
        vertex: draft.path,
      });
  }
}

/** Enter with the mouse: closes a polygon or rectangle that is being drawn. */
export function confirm(draft: Draft | null, hand: Hand, scene: Scene): Step {
  if (draft?.kind === 'polygon') return closePolygon(draft.points) ?? drawing(draft);
  if (draft?.kind === 'rectangle') return closeRectangle(draft);
  return release(draft, hand, scene);
}

/** Enter with the arrow keys: sets a point, or ends what Enter began. */
export function setPoint(draft: Draft | null, hand: Hand, scene: Scene): Step {
  if (draft === null || draft.kind === 'polygon') return press(draft, hand, scene);
  if (draft.kind === 'rectangle') return press(draft, hand, scene);
  return release(draft, hand, scene);
}

/** Backspace: takes the last point of a polygon, and with the first one the polygon. */
export function takeBack(draft: Draft | null): Step {
  if (draft?.kind !== 'polygon') return draft === null ? nothing : drawing(draft);
  const points = draft.points.slice(0, -1);
  return points.length === 0 ? { ...nothing, isTaken: true } : drawing({ ...draft, points });
}

/** The region under a point: the selected one first, then the topmost. */
export function regionAt(point: Point, { regions, selected }: Pick<Scene, 'regions' | 'selected'>): string | null {
  const chosen = regions.find(({ region }) => region === selected);
  if (chosen !== undefined && isInside(chosen.outline, point)) return chosen.region;
  return regions.findLast(({ outline }) => isInside(outline, point))?.region ?? null;
}

/** The outline a region gets if the hand lets go now. */
export function draftOutline(
  draft: Extract<Draft, { kind: 'region' | 'vertex' }>,
  scene: Pick<Scene, 'snap'>,
): Outline {
  if (draft.kind === 'vertex') return moveVertex(draft.outline, draft.path, draft.to);
  const anchor = vertexPoint(draft.outline, { polygon: 0, ring: 0, vertex: 0 }) ?? [0, 0];
  const [dx, dy] = [draft.to[0] - draft.from[0], draft.to[1] - draft.from[1]];
  const landed = scene.snap([anchor[0] + dx, anchor[1] + dy]);
  return moveOutline(draft.outline, landed[0] - anchor[0], landed[1] - anchor[1]);
}

function grasp(hand: Hand, scene: Scene): Step {
  const { point, level0PerScreenPx, alt } = hand;
  const chosen = scene.regions.find(({ region }) => region === scene.selected);
  if (chosen !== undefined) {
    const { region, outline } = chosen;
    const whole: Draft = { kind: 'region', region, outline, from: point, to: point };
    if (scene.handle !== null && distance(scene.handle, point) <= handleReachPx * level0PerScreenPx) {
      return drawing(whole);
    }
    const reach = reachPx * level0PerScreenPx;
    const path = vertexAt(outline, point, reach);
    if (path !== null) {
      return drawing({ kind: 'vertex', region, outline, path, from: point, to: point, isNew: false });
    }
    const edge = edgeAt(outline, point, reach);
    if (edge !== null) {
      const added = insertVertex(outline, edge, point);
      return drawing({ kind: 'vertex', region, outline: added, path: edge, from: point, to: point, isNew: true });
    }
    if (alt && isInside(outline, point)) return drawing(whole);
  }
  return nothing;
}

function addPoint(points: readonly Point[], point: Point, { level0PerScreenPx }: Hand): Step {
  const [first] = points;
  const last = points.at(-1);
  const isOn = (other: Point | undefined): boolean =>
    other !== undefined && distance(other, point) <= reachPx * level0PerScreenPx;
  // The second press of a double click, or the first point again, closes; before there is an area it does nothing.
  if (isOn(last) || (points.length > 2 && isOn(first))) {
    return closePolygon(points) ?? drawing({ kind: 'polygon', points, to: point });
  }
  return drawing({ kind: 'polygon', points: [...points, point], to: point });
}

function closePolygon(points: readonly Point[]): Step | null {
  return points.length < 3 ? null : finish({ kind: 'draw', outline: [[points]], isByHand: false });
}

function closeRectangle({ from, to }: { readonly from: Point; readonly to: Point }): Step {
  if (from[0] === to[0] || from[1] === to[1]) return drawing({ kind: 'rectangle', from, to });
  return finish({ kind: 'draw', outline: rectangle(from, to), isByHand: false });
}

function corner(from: Point, to: Point, { shift }: Hand): Point {
  return shift ? squareCorner(from, to) : to;
}

function distance([x0, y0]: Point, [x1, y1]: Point): number {
  return Math.hypot(x1 - x0, y1 - y0);
}
