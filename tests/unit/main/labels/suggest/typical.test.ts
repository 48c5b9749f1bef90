/** Typical tiles on planted groups: sizes and centres are known. */
import { expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { typicalTiles, type TypicalInput } from '#main/labels/suggest/typical.ts';

const random = RandomStream.of('typical test');
/** Group 0 has 60 rows around (0, 0), group 1 has 30 around (40, 0), group 2 has 9 around (0, 40); one row lies far off. */
const sizes = [60, 30, 9];
const centres = [
  [0, 0],
  [40, 0],
  [0, 40],
];
const groupOf = [...sizes.flatMap((size, group) => new Array<number>(size).fill(group)), 3];
const values = Float32Array.from(
  groupOf.flatMap((group) => {
    const [x = 300, y = 300] = centres[group] ?? [];
    return [x + random.nextNormal(), y + random.nextNormal()];
  }),
);
const rows = groupOf.map((_, row) => row);
const input: TypicalInput = {
  features: { dim: 2, values },
  candidates: rows,
  labelled: [],
  slides: rows.map(() => 0),
  labelsPerSlide: [0],
  size: 3,
};
const pick = (changes: Partial<TypicalInput> = {}) =>
  typicalTiles({ ...input, ...changes }, RandomStream.of('pick', 1));

it('takes the largest groups first, one tile of each, and the odd tile last', () => {
  expect(pick({ size: 4 }).map(({ row }) => groupOf[row])).toEqual([0, 1, 2, 0]);
});

it('takes tiles from the middle of their group, not from its rim', () => {
  for (const { row } of pick({ size: 4 }).slice(0, 3)) {
    const [x = 0, y = 0] = centres[groupOf[row]!]!;
    expect(Math.hypot(values[2 * row]! - x, values[2 * row + 1]! - y)).toBeLessThan(1);
  }
});

it('leaves a group that has a label to those without', () => {
  const picks = pick({ candidates: rows.slice(1), labelled: [0], size: 3 });
  expect(groupOf[picks[0]!.row]).toBe(1);
});

it('lets slides take turns, those with the fewest labels first', () => {
  const slides = rows.map((row) => row % 2);
  const picks = pick({ slides, labelsPerSlide: [2, 0], size: 4 });
  expect(picks.slice(0, 2).map(({ row }) => row % 2)).toEqual([1, 1]);
  expect(new Set(picks.slice(2).map(({ row }) => row % 2)).size).toBe(2);
});

it('never names a tile twice and ends with the candidates', () => {
  const picks = pick({ candidates: rows.slice(0, 5), size: 50 });
  expect(new Set(picks.map(({ row }) => row)).size).toBe(5);
});

it('is the same again with the same seed', () => {
  expect(pick({ size: 20 })).toEqual(pick({ size: 20 }));
});
