/**
 * Plane geometry on regions in level-0 pixels: containment, area, bounds. Pure numbers; no slide, no drawing.
 * Inside is decided by the even-odd rule over all rings of a polygon, so holes (and self-crossing outlines) need no
 * orientation. A point exactly on an edge belongs to one side only, half-open: left and top edges are inside.
 */
import type { Polygon, Ring } from './domain/region.ts';
import type { TileGrid } from './domain/tile.ts';

export interface Bounds {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

/**
 * The x positions, ascending, where the horizontal line at `y` crosses the polygon's rings. A point (x, y) is inside when
 * an odd number of them is <= x. One call serves a whole row of points.
 */
export function rowCrossings(polygon: Polygon, y: number): Float64Array {
  const crossings: number[] = [];
  for (const ring of polygon) collectCrossings(ring, y, crossings);
  return Float64Array.from(crossings).sort();
}

function collectCrossings(ring: Ring, y: number, into: number[]): void {
  let previous = ring[ring.length - 1];
  if (!previous) return;
  for (const point of ring) {
    const [x0, y0] = previous;
    const [x1, y1] = point;
    // Half-open in y: a vertex on the line counts once, a horizontal edge not at all.
    if (y0 <= y !== y1 <= y) into.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    previous = point;
  }
}

/** Whether `x` is inside, given the ascending crossings of its row. */
export function insideCrossings(crossings: Float64Array, x: number): boolean {
  let low = 0;
  let high = crossings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((crossings[middle] as number) <= x) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

export function pointInPolygon(polygon: Polygon, x: number, y: number): boolean {
  return insideCrossings(rowCrossings(polygon, y), x);
}

/** Area of one ring in square pixels, never negative (shoelace formula). */
export function ringArea(ring: Ring): number {
  let twice = 0;
  let previous = ring[ring.length - 1];
  if (!previous) return 0;
  for (const point of ring) {
    twice += previous[0] * point[1] - point[0] * previous[1];
    previous = point;
  }
  return Math.abs(twice) / 2;
}

/** Area of the outer ring less its holes, in square pixels. */
export function polygonArea(polygon: Polygon): number {
  return polygon.reduce((area, ring, index) => area + (index === 0 ? ringArea(ring) : -ringArea(ring)), 0);
}

/** Smallest box round the outer ring; null for a polygon without points. */
export function polygonBounds(polygon: Polygon): Bounds | null {
  const outer = polygon[0];
  if (!outer || outer.length === 0) return null;
  let minX = Infinity;
  let minY = Infinity;
  let maxX = -Infinity;
  let maxY = -Infinity;
  for (const [x, y] of outer) {
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  return { minX, minY, maxX, maxY };
}

/** The nearest corner of the tile grid (where tiles begin), in level-0 pixels; beyond the grid it goes on evenly. */
export function snapPoint(grid: Pick<TileGrid, 'stridePx' | 'downsample'>, x: number, y: number): [number, number] {
  const step = grid.stridePx * grid.downsample;
  const line = (position: number): number => Math.round(Math.round(position / step) * step);
  return [line(x), line(y)];
}

/** Every corner on the tile grid; null when nothing with an area is left. Holes that vanish are left out. */
export function snapPolygon(grid: Pick<TileGrid, 'stridePx' | 'downsample'>, polygon: Polygon): Polygon | null {
  const [outer, ...holes] = polygon.map((ring) => {
    const snapped = ring.map(([x, y]) => snapPoint(grid, x, y));
    return snapped.filter(([x, y], index) => {
      const [previousX, previousY] = snapped[index - 1] ?? [NaN, NaN];
      return x !== previousX || y !== previousY;
    });
  });
  if (outer === undefined || ringArea(outer) === 0) return null;
  return [outer, ...holes.filter((ring) => ringArea(ring) > 0)];
}
