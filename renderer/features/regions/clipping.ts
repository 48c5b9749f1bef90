/**
 * Boolean operations on outlines: what brush, eraser and cleaning are made of. Level-0 pixels in, whole level-0 pixels out,
 * outer ring first, then holes. The clipping itself is polyclip-ts; this file makes it dependable: rounding after each step
 * keeps its sweep line from meeting points that differ in the last digit, which is where it gives up.
 */
import { difference, intersection, setPrecision, union } from 'polyclip-ts';
import type { Polygon } from '#common/domain/region.ts';
import { ringArea } from '#common/geometry.ts';

export type Outline = readonly Polygon[];

export interface SlideSize {
  readonly width: number;
  readonly height: number;
}

type Mutable = [number, number][][][];

export function unite(...outlines: readonly Outline[]): Outline {
  return uniteAll(outlines.flatMap((outline) => outline.map((polygon) => [polygon])));
}

export function subtract(outline: Outline, taken: Outline): Outline {
  if (outline.length === 0 || taken.length === 0) return outline;
  return rounded(dependably(() => difference(mutable(outline), mutable(taken))));
}

/**
 * A drawn outline as it is kept: cut to the slide, overlaps joined, crossings resolved (even-odd), pieces and holes smaller
 * than `leastAreaPx` left out, which a trembling hand leaves behind. Empty when nothing is left.
 */
export function clean(outline: Outline, slide: SlideSize, leastAreaPx: number): Outline {
  const { width, height } = slide;
  const frame: Mutable = [
    [
      [
        [0, 0],
        [width, 0],
        [width, height],
        [0, height],
      ],
    ],
  ];
  const united = unite(outline);
  if (united.length === 0) return united;
  const cut = rounded(dependably(() => intersection(mutable(united), frame)));
  return withoutCrumbs(cut, leastAreaPx);
}

export function withoutCrumbs(outline: Outline, leastAreaPx: number): Outline {
  const least = Math.max(1, leastAreaPx);
  return outline.flatMap(([outer, ...holes]) =>
    outer === undefined || ringArea(outer) < least ? [] : [[outer, ...holes.filter((hole) => ringArea(hole) >= least)]],
  );
}

/** In pairs of pairs: each union stays small, and its result is rounded before it meets the next. */
function uniteAll(outlines: readonly Outline[]): Outline {
  const [first, ...rest] = outlines;
  if (first === undefined) return [];
  // A single outline goes through too, which resolves its crossings.
  if (rest.length === 0) return rounded(dependably(() => union(mutable(first))));
  if (rest.length === 1) return rounded(dependably(() => union(mutable(first), mutable(rest[0] ?? []))));
  const middle = outlines.length >>> 1;
  const halves = [uniteAll(outlines.slice(0, middle)), uniteAll(outlines.slice(middle))] as const;
  return rounded(dependably(() => union(mutable(halves[0]), mutable(halves[1]))));
}

/** Again with coarser comparison of points when the exact one finds no way through. */
function dependably(clip: () => Mutable): Mutable {
  for (const precision of [undefined, 1e-6, 1e-3]) {
    try {
      setPrecision(precision);
      return clip();
    } catch {
      // The next precision.
    }
  }
  setPrecision(0.1);
  try {
    return clip();
  } finally {
    setPrecision();
  }
}

function mutable(outline: Outline): Mutable {
  return outline.map((polygon) => polygon.map((ring) => ring.map(([x, y]): [number, number] => [x, y])));
}

/** Whole pixels, no point twice in a row, rings not closed by repetition, none without an area. */
function rounded(outline: Mutable): Outline {
  return outline.flatMap((polygon) => {
    const [outer, ...holes] = polygon.map((ring) => {
      const points = ring.map(([x, y]): [number, number] => [Math.round(x), Math.round(y)]);
      return points.filter(([x, y], index) => {
        const [previousX, previousY] = points.at(index - 1) ?? [NaN, NaN];
        return points.length === 1 || x !== previousX || y !== previousY;
      });
    });
    if (outer === undefined || outer.length < 3 || ringArea(outer) === 0) return [];
    return [[outer, ...holes.filter((ring) => ring.length >= 3 && ringArea(ring) > 0)]];
  });
}
