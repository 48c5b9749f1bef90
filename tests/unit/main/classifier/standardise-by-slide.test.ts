import { expect, it } from 'vitest';
import { standardiseBySlide } from '#main/classifier/standardise-by-slide.ts';

it("takes each slide's own mean and deviation out, in place", () => {
  // Slide b is slide a, brighter and with more contrast; rows are mixed.
  const table = { name: 'x', dim: 2, values: Float32Array.from([1, 5, 102, 5, 3, 5, 106, 5]) };
  const { values, dim, name } = standardiseBySlide(table, ['a', 'b', 'a', 'b']);
  expect([...values]).toEqual([-1, 0, -1, 0, 1, 0, 1, 0]);
  expect([dim, name]).toEqual([2, 'x']);
});

it('makes a slide of one tile say nothing rather than something wrong', () => {
  const table = { name: 'x', dim: 3, values: Float32Array.from([1, -2, 1e9]) };
  expect([...standardiseBySlide(table, ['a']).values]).toEqual([0, 0, 0]);
});
