/** Union, difference and cleaning of outlines: areas against known ones, and no stroke that stops the clipping. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { polygonArea } from '#common/geometry.ts';
import {
  clean,
  subtract,
  unite,
  withoutCrumbs,
  type Outline,
} from '../../../../../renderer/features/regions/clipping.ts';
import { isInside, rectangle, strokePieces, type Point } from '../../../../../renderer/features/regions/outlines.ts';

const slide = { width: 1000, height: 800 };
const area = (outline: Outline): number => outline.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
const square = (x: number, y: number, side: number): Outline => rectangle([x, y], [x + side, y + side]);

describe('joining outlines', () => {
  it('counts what overlaps once', () => {
    const joined = unite(square(0, 0, 100), square(50, 0, 100));
    expect(joined).toHaveLength(1);
    expect(area(joined)).toBe(150 * 100);
  });

  it('keeps what lies apart as pieces of one region', () => {
    const joined = unite(square(0, 0, 100), square(300, 0, 50));
    expect(joined).toHaveLength(2);
    expect(area(joined)).toBe(100 * 100 + 50 * 50);
  });

  it('joins pieces that share an edge', () => {
    expect(unite(square(0, 0, 100), square(100, 0, 100))).toHaveLength(1);
  });

  it('of nothing is nothing', () => {
    expect(unite()).toEqual([]);
  });
});

describe('taking away', () => {
  it('from the middle leaves a hole', () => {
    const left = subtract(square(0, 0, 300), square(100, 100, 100));
    expect(left).toHaveLength(1);
    expect(left[0]).toHaveLength(2);
    expect(area(left)).toBe(300 * 300 - 100 * 100);
    expect(isInside(left, [150, 150])).toBe(false);
    expect(isInside(left, [50, 50])).toBe(true);
  });

  it('right through leaves two pieces', () => {
    expect(subtract(square(0, 0, 300), rectangle([100, -10], [200, 310]))).toHaveLength(2);
  });

  it('all of it leaves nothing', () => {
    expect(subtract(square(10, 10, 50), square(0, 0, 100))).toEqual([]);
  });
});

describe('cleaning', () => {
  it('cuts to the slide', () => {
    expect(area(clean(square(900, 700, 400), slide, 1))).toBe(100 * 100);
    expect(clean(square(2000, 2000, 10), slide, 1)).toEqual([]);
  });

  it('makes two pieces of an outline that crosses itself', () => {
    const bow: Outline = [
      [
        [
          [0, 0],
          [200, 200],
          [200, 0],
          [0, 200],
        ],
      ],
    ];
    const cleaned = clean(bow, slide, 1);
    expect(cleaned).toHaveLength(2);
    expect(area(cleaned)).toBe(2 * 100 * 100);
  });

  it('leaves crumbs out, outside and in holes', () => {
    const crumbs: Outline = [...subtract(square(0, 0, 300), square(100, 100, 4)), ...square(500, 500, 5)];
    expect(withoutCrumbs(crumbs, 36)).toEqual([[expect.anything()]]);
  });

  it('writes whole pixels and closes no ring by repetition', () => {
    const [[outer = []] = [], ...others] = clean(rectangle([0.4, 0.4], [99.6, 50.2]), slide, 1);
    expect(others).toEqual([]);
    expect(outer.map(String).sort()).toEqual(['0,0', '0,50', '100,0', '100,50']);
  });

  it('of a line without area is nothing', () => {
    const line: Outline = [
      [
        [
          [0, 0],
          [100, 0],
          [50, 0],
        ],
      ],
    ];
    expect(clean(line, slide, 1)).toEqual([]);
  });
});

describe('a brush stroke', () => {
  it('of one touch is a disc', () => {
    const disc = unite(...strokePieces([[500, 400]], 100));
    expect(area(disc)).toBeGreaterThan(0.98 * Math.PI * 100 * 100);
    expect(area(disc)).toBeLessThan(Math.PI * 100 * 100);
  });

  it('along a line is as wide as the brush', () => {
    const stroke = unite(
      ...strokePieces(
        [
          [100, 400],
          [500, 400],
        ],
        50,
      ),
    );
    expect(isInside(stroke, [300, 448])).toBe(true);
    expect(isInside(stroke, [300, 452])).toBe(false);
    expect(isInside(stroke, [60, 400])).toBe(true);
  });

  it('of any course can be joined and taken away again', () => {
    const random = RandomStream.of('strokes', 1);
    const between = random.nextUniform.bind(random);
    for (let run = 0; run < 8; run += 1) {
      let [x, y, angle] = [2000, 2000, between(0, 6)];
      const points = Array.from({ length: 60 }, (): Point => {
        angle += between(-0.8, 0.8);
        x += 30 * Math.cos(angle);
        y += 30 * Math.sin(angle);
        return [x, y];
      });
      const pieces = strokePieces(points, between(5, 80));
      const stroke = clean(unite(...pieces), { width: 4000, height: 4000 }, 1);
      for (const point of points) expect(isInside(stroke, point), `run ${run}`).toBe(true);
      const rest = subtract(square(0, 0, 4000), unite(...pieces));
      expect(area(rest) + area(stroke)).toBeCloseTo(4000 * 4000, -3);
    }
  });
});
