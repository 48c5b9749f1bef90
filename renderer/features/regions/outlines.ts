/**
 * Geometry of editing: shapes from what a hand did, and changes to one point of an outline. Pure; level-0 pixels throughout,
 * tolerances and radii too. Joining and cutting are in clipping.ts.
 */
import type { Polygon, Ring } from '#common/domain/region.ts';
import { pointInPolygon, polygonBounds, type Bounds } from '#common/geometry.ts';
import type { Outline } from './clipping.ts';

export type Point = readonly [number, number];

/** One corner of an outline. */
export interface VertexPath {
  readonly polygon: number;
  readonly ring: number;
  readonly vertex: number;
}

export function rectangle([x0, y0]: Point, [x1, y1]: Point): Outline {
  const [left, right, top, bottom] = [Math.min(x0, x1), Math.max(x0, x1), Math.min(y0, y1), Math.max(y0, y1)];
  return [
    [
      [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ],
    ],
  ];
}

/** The second corner such that the rectangle is a square: Shift held down. */
export function squareCorner([x0, y0]: Point, [x1, y1]: Point): Point {
  const side = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  return [x0 + (x1 < x0 ? -side : side), y0 + (y1 < y0 ? -side : side)];
}

/** Fewer points with the same course: none left out lies farther than `tolerance` from the line (Ramer, Douglas, Peucker). */
export function simplify(points: readonly Point[], tolerance: number): Point[] {
  const last = points.length - 1;
  if (last < 2) return [...points];
  const isKept = new Uint8Array(points.length);
  isKept[0] = 1;
  isKept[last] = 1;
  const open: (readonly [number, number])[] = [[0, last]];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const [from, to] = range;
    let farthest = -1;
    let distance = tolerance;
    for (let i = from + 1; i < to; i += 1) {
      const away = distanceToSegment(points[i] as Point, points[from] as Point, points[to] as Point);
      if (away > distance) [farthest, distance] = [i, away];
    }
    if (farthest < 0) continue;
    isKept[farthest] = 1;
    open.push([from, farthest], [farthest, to]);
  }
  return points.filter((_, index) => isKept[index] === 1);
}

/** The area a round brush passes over, as one piece a segment; they overlap and are to be united. */
export function strokePieces(points: readonly Point[], radius: number): Outline[] {
  const course = simplify(points, radius / 12);
  const [first] = course;
  if (first === undefined) return [];
  if (course.length === 1) return [[[arc(first, radius, 0, 2 * Math.PI, 24).slice(0, -1)]]];
  return course.slice(1).map((to, index) => [[capsule(course[index] as Point, to, radius)]]);
}

function capsule(from: Point, to: Point, radius: number): Ring {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  return [
    ...arc(to, radius, angle - Math.PI / 2, angle + Math.PI / 2, 8),
    ...arc(from, radius, angle + Math.PI / 2, angle + (3 * Math.PI) / 2, 8),
  ];
}

function arc([x, y]: Point, radius: number, from: number, to: number, steps: number): Point[] {
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = from + ((to - from) * i) / steps;
    return [Math.round(x + radius * Math.cos(angle)), Math.round(y + radius * Math.sin(angle))];
  });
}

export function distanceToSegment([x, y]: Point, [x0, y0]: Point, [x1, y1]: Point): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

export function isInside(outline: Outline, [x, y]: Point): boolean {
  return outline.some((polygon) => pointInPolygon(polygon, x, y));
}

export function outlineBounds(outline: Outline): Bounds | null {
  const all = outline.map(polygonBounds).filter((bounds) => bounds !== null);
  if (all.length === 0) return null;
  return {
    minX: Math.min(...all.map(({ minX }) => minX)),
    minY: Math.min(...all.map(({ minY }) => minY)),
    maxX: Math.max(...all.map(({ maxX }) => maxX)),
    maxY: Math.max(...all.map(({ maxY }) => maxY)),
  };
}

/** The nearest corner within `reach`; null when there is none. */
export function vertexAt(outline: Outline, [x, y]: Point, reach: number): VertexPath | null {
  let best: VertexPath | null = null;
  let nearest = reach;
  forEachVertex(outline, ([vertexX, vertexY], path) => {
    const away = Math.hypot(vertexX - x, vertexY - y);
    if (away <= nearest) [best, nearest] = [path, away];
  });
  return best;
}

/** The nearest edge within `reach`, by the corner it ends in: a point inserted there comes to lie on it. */
export function edgeAt(outline: Outline, point: Point, reach: number): VertexPath | null {
  let best: VertexPath | null = null;
  let nearest = reach;
  forEachVertex(outline, (to, path, ring) => {
    const away = distanceToSegment(point, ring.at(path.vertex - 1) as Point, to);
    if (away <= nearest) [best, nearest] = [path, away];
  });
  return best;
}

/** Every corner in order, for stepping through them by key. */
export function vertices(outline: Outline): VertexPath[] {
  const paths: VertexPath[] = [];
  forEachVertex(outline, (_, path) => paths.push(path));
  return paths;
}

export function vertexPoint(outline: Outline, { polygon, ring, vertex }: VertexPath): Point | null {
  return outline[polygon]?.[ring]?.[vertex] ?? null;
}

export function moveOutline(outline: Outline, dx: number, dy: number): Outline {
  const [right, down] = [Math.round(dx), Math.round(dy)];
  return outline.map((polygon) => polygon.map((ring) => ring.map(([x, y]): Point => [x + right, y + down])));
}

export function moveVertex(outline: Outline, path: VertexPath, [x, y]: Point): Outline {
  return changeRing(outline, path, (ring) =>
    ring.map((point, index): Point => (index === path.vertex ? [Math.round(x), Math.round(y)] : point)),
  );
}

/** Before the corner of `path`. */
export function insertVertex(outline: Outline, path: VertexPath, [x, y]: Point): Outline {
  return changeRing(outline, path, (ring) => ring.toSpliced(path.vertex, 0, [Math.round(x), Math.round(y)]));
}

/** A ring of three corners goes as a whole: a hole is closed, a piece is taken away; null when nothing is left. */
export function removeVertex(outline: Outline, path: VertexPath): Outline | null {
  const polygon = outline[path.polygon];
  const ring = polygon?.[path.ring];
  if (polygon === undefined || ring === undefined) return outline;
  if (ring.length > 3) return changeRing(outline, path, (points) => points.toSpliced(path.vertex, 1));
  if (path.ring > 0) return outline.with(path.polygon, polygon.toSpliced(path.ring, 1));
  const rest = outline.toSpliced(path.polygon, 1);
  return rest.length === 0 ? null : rest;
}

function changeRing(outline: Outline, path: VertexPath, change: (ring: Ring) => Ring): Outline {
  const polygon = outline[path.polygon];
  const ring = polygon?.[path.ring];
  if (polygon === undefined || ring === undefined) return outline;
  const changed: Polygon = polygon.with(path.ring, change(ring));
  return outline.with(path.polygon, changed);
}

function forEachVertex(outline: Outline, visit: (point: Point, path: VertexPath, ring: Ring) => void): void {
  outline.forEach((rings, polygon) => {
    rings.forEach((points, ring) => {
      points.forEach((point, vertex) => visit(point, { polygon, ring, vertex }, points));
    });
  });
}
