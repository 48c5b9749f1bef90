import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeCells,
  type Cell,
  type Point as Corner,
  type Polygon as CornerPolygon,
} from '#main/exports/merge-cells.ts';

const cellsOf = (picture: readonly string[]): Cell[] =>
  picture.flatMap((line, row) => [...line].flatMap((mark, column) => (mark === '#' ? [{ column, row }] : [])));

const area = (ring: readonly Corner[]): number => {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) sum += ring[i]![0] * ring[i + 1]![1] - ring[i + 1]![0] * ring[i]![1];
  return sum / 2;
};
const inRing = (ring: readonly Corner[], x: number, y: number): boolean => {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [[x1, y1], [x2, y2]] = [ring[i]!, ring[i + 1]!];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
  }
  return inside;
};
const inPolygon = ([outer, ...holes]: CornerPolygon, x: number, y: number): boolean =>
  inRing(outer!, x, y) && !holes.some((hole) => inRing(hole, x, y));

const grids = fc
  .array(fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 9 })
  .map((rows) => rows.flatMap((line, row) => line.flatMap((on, column) => (on ? [{ column, row }] : []))));

describe('merging tiles into polygons', () => {
  it('makes one square of one tile', () => {
    const [polygon, ...others] = mergeCells([{ column: 2, row: 3 }]);
    expect(others).toEqual([]);
    expect(new Set(polygon![0]!.map(String))).toEqual(new Set(['2,3', '3,3', '3,4', '2,4']));
    expect(polygon).toHaveLength(1);
  });

  it('keeps corners only: a straight side has two points, however many tiles lie along it', () => {
    const [polygon] = mergeCells(cellsOf(['####', '####']));
    expect(polygon![0]).toHaveLength(5);
  });

  it('gives a ring of tiles a hole', () => {
    const polygons = mergeCells(cellsOf(['###', '#.#', '###']));
    expect(polygons.map((polygon) => polygon.length)).toEqual([2]);
  });

  it('puts an island in a hole beside, not inside, the ring around it', () => {
    const polygons = mergeCells(cellsOf(['#####', '#...#', '#.#.#', '#...#', '#####']));
    expect(polygons.map((polygon) => polygon.length).sort()).toEqual([1, 2]);
  });

  it('keeps tiles that touch at a corner apart, so that no ring touches itself', () => {
    expect(mergeCells(cellsOf(['#.', '.#']))).toHaveLength(2);
    expect(mergeCells(cellsOf(['.#', '#.']))).toHaveLength(2);
  });

  it('covers exactly the tiles: area and every centre', () => {
    fc.assert(
      fc.property(grids, (cells) => {
        const polygons = mergeCells(cells);
        expect(polygons.flat().reduce((sum, ring) => sum + area(ring), 0)).toBe(cells.length);
        const present = new Set(cells.map(({ column, row }) => `${column},${row}`));
        for (let row = -1; row < 10; row += 1) {
          for (let column = -1; column < 10; column += 1) {
            const covering = polygons.filter((polygon) => inPolygon(polygon, column + 0.5, row + 0.5)).length;
            expect(covering).toBe(present.has(`${column},${row}`) ? 1 : 0);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('closes every ring, winds outer rings and holes oppositely and visits no corner of a ring twice', () => {
    fc.assert(
      fc.property(grids, (cells) => {
        for (const [outer, ...holes] of mergeCells(cells)) {
          expect(area(outer!)).toBeGreaterThan(0);
          for (const hole of holes) expect(area(hole)).toBeLessThan(0);
          for (const ring of [outer!, ...holes]) {
            expect(ring.at(-1)).toEqual(ring[0]);
            const corners = ring.slice(1).map(String);
            expect(new Set(corners).size).toBe(corners.length);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
