/** Geometry of editing one point or all of an outline. */
import { describe, expect, it } from 'vitest';
import type { Outline } from '../../../../../renderer/features/regions/clipping.ts';
import {
  distanceToSegment,
  edgeAt,
  insertVertex,
  moveOutline,
  outlineBounds,
  rectangle,
  removeVertex,
  simplify,
  vertexAt,
  vertices,
  type Point,
} from '../../../../../renderer/features/regions/outlines.ts';
import { outlinePath } from '../../../../../renderer/features/regions/outline-paths.ts';

const ring: readonly Point[] = [
  [0, 0],
  [100, 0],
  [100, 100],
  [0, 100],
];
const hole: readonly Point[] = [
  [40, 40],
  [60, 40],
  [60, 60],
];
const holed: Outline = [[ring, hole]];

describe('simplifying', () => {
  it('drops points on a straight line and keeps corners', () => {
    const points = Array.from({ length: 101 }, (_, i): Point => (i <= 50 ? [i, 0] : [50, i - 50]));
    expect(simplify(points, 0.5)).toEqual([
      [0, 0],
      [50, 0],
      [50, 50],
    ]);
  });

  it('leaves out no point farther than the tolerance', () => {
    const points = Array.from({ length: 400 }, (_, i): Point => [i, 40 * Math.sin(i / 20)]);
    const kept = simplify(points, 2);
    expect(kept.length).toBeLessThan(60);
    for (const point of points) {
      const away = Math.min(...kept.slice(1).map((to, i) => distanceToSegment(point, kept[i]!, to)));
      expect(away).toBeLessThanOrEqual(2);
    }
  });

  it('copes with 100,000 points', () => {
    const points = Array.from({ length: 100_000 }, (_, i): Point => [i, i % 2]);
    expect(simplify(points, 2)).toHaveLength(2);
  });
});

describe('corners', () => {
  it('are found within reach, the nearest first, holes too', () => {
    expect(vertexAt(holed, [98, 3], 8)).toEqual({ polygon: 0, ring: 0, vertex: 1 });
    expect(vertexAt(holed, [41, 42], 8)).toEqual({ polygon: 0, ring: 1, vertex: 0 });
    expect(vertexAt(holed, [20, 20], 8)).toBeNull();
    expect(vertices(holed)).toHaveLength(7);
  });

  it('are inserted on the edge that is pulled, the closing one too', () => {
    const edge = edgeAt(holed, [2, 50], 8);
    expect(edge).toEqual({ polygon: 0, ring: 0, vertex: 0 });
    expect(insertVertex(holed, edge!, [-20, 50])[0]?.[0]?.[0]).toEqual([-20, 50]);
  });

  it('are removed, with the last three the whole ring', () => {
    expect(removeVertex(holed, { polygon: 0, ring: 0, vertex: 0 })?.[0]?.[0]).toHaveLength(3);
    expect(removeVertex(holed, { polygon: 0, ring: 1, vertex: 0 })).toEqual([[ring]]);
    expect(removeVertex([[hole]], { polygon: 0, ring: 0, vertex: 1 })).toBeNull();
    expect(removeVertex([[hole], [ring]], { polygon: 0, ring: 0, vertex: 1 })).toEqual([[ring]]);
  });
});

describe('a whole outline', () => {
  it('moves by whole pixels, holes with it', () => {
    expect(outlineBounds(moveOutline(holed, 10.4, -5.6))).toEqual({ minX: 10, minY: -6, maxX: 110, maxY: 94 });
  });

  it('is drawn as closed rings', () => {
    expect(outlinePath(rectangle([0, 0], [2, 1]))).toBe('M0 0L2 0L2 1L0 1Z');
  });
});
