/**
 * Merges cells of an integer grid into polygons with holes by tracing their boundary. One polygon per 4-connected group of
 * cells, so that shells never touch themselves; exact integers throughout, no geometry library, no tolerance.
 */
export type Point = readonly [number, number];

/** Closed rings (first point repeated), the shell first. Shells have positive shoelace area, holes negative. */
export type Polygon = readonly (readonly Point[])[];

export interface Cell {
  readonly column: number;
  readonly row: number;
}

// Directions in order right, down, left, up: turning right (on a screen, y down) is one further.
const steps = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

export function mergeCells(cells: readonly Cell[]): Polygon[] {
  if (cells.length === 0) return [];
  const width = cells.reduce((maximum, cell) => Math.max(maximum, cell.column), 0) + 3;
  const keyOf = (column: number, row: number): number => (row + 1) * width + column + 1;
  const waiting = new Set(cells.map(({ column, row }) => keyOf(column, row)));
  const polygons: Polygon[] = [];
  for (const start of waiting) {
    const group = new Set([start]);
    waiting.delete(start);
    for (const key of group) {
      for (const [dx, dy] of steps) {
        const next = key + dx + dy * width;
        if (waiting.delete(next)) group.add(next);
      }
    }
    polygons.push(boundary(group, width));
  }
  return polygons;
}

/** The rings of one 4-connected group. Cell keys also name the cell's upper left corner. */
function boundary(group: ReadonlySet<number>, width: number): Polygon {
  // Per corner, the directions of boundary edges that leave it, as bits. The inside is on the right of every edge.
  const leaving = new Map<number, number>();
  const add = (corner: number, direction: number): void => {
    leaving.set(corner, (leaving.get(corner) ?? 0) | (1 << direction));
  };
  for (const key of group) {
    if (!group.has(key - width)) add(key, 0);
    if (!group.has(key + 1)) add(key + 1, 1);
    if (!group.has(key + width)) add(key + width + 1, 2);
    if (!group.has(key - 1)) add(key + width, 3);
  }
  const rings: Point[][] = [];
  for (const [start, directions] of leaving) {
    let left = directions;
    while (left !== 0) {
      trace(start, 31 - Math.clz32(left & -left), leaving, width, rings);
      left = leaving.get(start) ?? 0;
    }
  }
  return rings.sort((a, b) => shoelaceArea(b) - shoelaceArea(a));
}

/**
 * Walks from an edge back to its start, turning right where two outlines meet. Whenever a corner is met again, the loop
 * since then is a ring of its own: a ring that touches itself would be refused as invalid by JTS, and so by QuPath.
 */
function trace(start: number, first: number, leaving: Map<number, number>, width: number, rings: Point[][]): void {
  const path: number[] = [start];
  // Where each corner lies in the path: searching it would make a long outline quadratic.
  const placeOf = new Map([[start, 0]]);
  let position = start;
  let direction = first;
  for (;;) {
    leaving.set(position, (leaving.get(position) ?? 0) & ~(1 << direction));
    const [dx, dy] = steps[direction] ?? [0, 0];
    position += dx + dy * width;
    const before = placeOf.get(position);
    if (before !== undefined) {
      const ring = path.splice(before);
      for (const corner of ring) placeOf.delete(corner);
      rings.push(ringOf(ring, width));
    }
    if (path.length === 0) return;
    placeOf.set(position, path.length);
    path.push(position);
    const next = leaving.get(position) ?? 0;
    const turned = [1, 0, 3].map((turn) => (direction + turn) % 4).find((candidate) => (next & (1 << candidate)) !== 0);
    // Every corner has as many edges in as out, so a walk can only end where it began.
    if (turned === undefined) return;
    direction = turned;
  }
}

/** Corners as points, without those on a straight line, closed. */
function ringOf(corners: readonly number[], width: number): Point[] {
  const points = corners.map((key): Point => [(key % width) - 1, Math.floor(key / width) - 1]);
  const bends = points.filter(([x, y], i) => {
    const [beforeX, beforeY] = points.at(i - 1) ?? [x, y];
    const [afterX, afterY] = points[(i + 1) % points.length] ?? [x, y];
    return !((beforeX === x && afterX === x) || (beforeY === y && afterY === y));
  });
  return [...bends, ...bends.slice(0, 1)];
}

/** Signed area of a closed ring, by the shoelace formula in the ring's own coordinates. */
export function shoelaceArea(ring: readonly Point[]): number {
  let twice = 0;
  for (let i = 1; i < ring.length; i += 1) {
    const [x0, y0] = ring[i - 1] ?? [0, 0];
    const [x1, y1] = ring[i] ?? [0, 0];
    twice += x0 * y1 - x1 * y0;
  }
  return twice / 2;
}
