import { expect, test } from 'vitest';
import { pairsOf, perfectLoss, usesPredictor, viewsOf } from '#common/domain/objective.ts';

test('SimTriplet compares the tile with its neighbour and its second view alike, as published', () => {
  expect(viewsOf({ method: 'simtriplet' })).toEqual([0, 1, 2]);
  expect(pairsOf({ method: 'simtriplet' })).toEqual([
    { first: 0, second: 1, weight: 1 },
    { first: 0, second: 2, weight: 1 },
  ]);
  expect(perfectLoss({ method: 'simtriplet' })).toBe(-2);
});

test('a weaker neighbour term weighs less and moves the best loss there is', () => {
  expect(pairsOf({ method: 'simtriplet', neighbourWeight: 0.25 })[0]).toEqual({ first: 0, second: 1, weight: 0.25 });
  expect(perfectLoss({ method: 'simtriplet', neighbourWeight: 0.25 })).toBe(-1.25);
});

test.each([{ method: 'simsiam' }, { method: 'vicreg', neighbourWeight: 0 }] as const)(
  'without a neighbour term the neighbour is not passed through the network: %o',
  (objective) => {
    expect(viewsOf(objective)).toEqual([0, 2]);
    expect(pairsOf(objective)).toEqual([{ first: 0, second: 1, weight: 1 }]);
  },
);

test('VICReg and Barlow Twins take the neighbour as third view and no prediction MLP', () => {
  for (const method of ['vicreg', 'barlow-twins'] as const) {
    expect(viewsOf({ method })).toEqual([0, 1, 2]);
    expect(usesPredictor(method)).toBe(false);
    expect(perfectLoss({ method })).toBe(0);
  }
});
