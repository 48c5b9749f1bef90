import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hedOf, hsvOf, labOf } from '#common/colour.ts';
import type { Triple } from '#common/colour.ts';
import { pointInPolygon, polygonArea, polygonBounds, ringArea, snapPoint, snapPolygon } from '#common/geometry.ts';
import type { Ring } from '#common/domain/region.ts';

function box(left: number, top: number, right: number, bottom: number): Ring {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
    [left, top],
  ];
}

describe('geometry', () => {
  it('counts holes out, left and top edges in, right and bottom edges out', () => {
    const polygon = [box(0, 0, 10, 10), box(4, 4, 6, 6)];
    expect(pointInPolygon(polygon, 2, 2)).toBe(true);
    expect(pointInPolygon(polygon, 5, 5)).toBe(false);
    expect(pointInPolygon(polygon, 0, 0)).toBe(true);
    expect(pointInPolygon(polygon, 10, 5)).toBe(false);
    expect(pointInPolygon(polygon, 5, 10)).toBe(false);
    expect(polygonArea(polygon)).toBe(96);
    expect(polygonBounds(polygon)).toEqual({ minX: 0, minY: 0, maxX: 10, maxY: 10 });
  });

  it('puts every point of a plane cut into boxes in exactly one of them', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(cuts, fc.nat(99), fc.nat(99), (inner, x, y) => {
        const edges = [0, ...inner.toSorted((a, b) => a - b), 100];
        const hits = edges
          .slice(1)
          .flatMap((bottom, row) =>
            edges
              .slice(1)
              .filter((right, column) => pointInPolygon([box(edges[column]!, edges[row]!, right, bottom)], x, y)),
          );
        expect(hits).toHaveLength(1);
      }),
    );
  });

  it('does not care where a ring starts, which way it runs or whether it is closed', () => {
    const ring = box(2, 3, 9, 8);
    const open = ring.slice(1);
    expect(ringArea(open)).toBe(35);
    expect(ringArea(open.toReversed())).toBe(35);
    expect(pointInPolygon([open.toReversed()], 5, 5)).toBe(true);
  });

  it('answers for a polygon without points', () => {
    expect(pointInPolygon([[]], 0, 0)).toBe(false);
    expect(polygonArea([])).toBe(0);
    expect(polygonBounds([])).toBeNull();
  });
});

describe('colour', () => {
  const golden = JSON.parse(readFileSync(new URL('../../../golden/colour.json', import.meta.url), 'utf8')) as Record<
    'rgb' | 'hsv' | 'hed' | 'lab',
    Triple[][]
  >;

  it.each([
    ['hsv', hsvOf],
    ['hed', hedOf],
    ['lab', labOf],
  ] as const)('%s equals scikit-image within 1e-4', (space, convert) => {
    const rgb = golden.rgb.flat();
    const expected = golden[space].flat();
    expect(rgb).toHaveLength(256);
    rgb.forEach(([red, green, blue], pixel) => {
      convert(red, green, blue).forEach((value, channel) => {
        expect(Math.abs(value - expected[pixel]![channel]!)).toBeLessThan(1e-4);
      });
    });
  });
});

describe('snapping to the tile grid', () => {
  const grid = { stridePx: 128, downsample: 2.004 };

  it('puts a point where the nearest tile begins, whole pixels as the grid rounds them', () => {
    expect(snapPoint(grid, 0, 100)).toEqual([0, 0]);
    expect(snapPoint(grid, 130, 600)).toEqual([257, 513]);
    expect(snapPoint(grid, 1000, -200)).toEqual([1026, -257]);
  });

  it('changes nothing when done again', () => {
    const coordinate = fc.double({ min: -5000, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, (x, y) => {
        const once = snapPoint(grid, x, y);
        expect(snapPoint(grid, ...once)).toEqual(once);
      }),
    );
  });

  it('drops holes that vanish, and the polygon when nothing is left of it', () => {
    const snapped = snapPolygon(grid, [box(10, 10, 500, 500), box(260, 260, 270, 270)]);
    expect(snapped).toEqual([box(0, 0, 513, 513)]);
    expect(snapPolygon(grid, [box(10, 10, 60, 500)])).toBeNull();
  });
});
