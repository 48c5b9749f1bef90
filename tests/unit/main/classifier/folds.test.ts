// A group never stands on both sides of a fold, and the level that is chosen says why.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { groupLevels, planFolds, type TileGroups } from '#main/classifier/folds.ts';

/** Images lie within specimens, specimens within patients. */
const nested = (images: readonly number[]): TileGroups => ({
  image: images.map((image) => `image ${image}`),
  specimen: images.map((image) => `specimen ${Math.floor(image / 2)}`),
  patient: images.map((image) => `patient ${Math.floor(image / 4)}`),
});

const tiles = fc.array(fc.record({ label: fc.integer({ min: -1, max: 3 }), image: fc.nat(15), use: fc.boolean() }), {
  minLength: 1,
  maxLength: 120,
});

test('no group stands on both sides, and every labelled tile is tested exactly once', () => {
  let planned = 0;
  fc.assert(
    fc.property(
      tiles,
      fc.option(fc.constantFrom(...groupLevels), { nil: undefined }),
      fc.option(fc.integer({ min: 2, max: 6 }), { nil: undefined }),
      fc.integer({ min: 0, max: 15 }),
      (drawn, level, foldCount, testImage) => {
        const labels = drawn.map(({ label }) => label);
        const groups = nested(drawn.map(({ image }) => image));
        const trainMask = drawn.map(({ use }) => (use ? 1 : 0));
        const excluded = drawn.map(({ image }) => (image === testImage ? 1 : 0));
        let plan;
        try {
          plan = planFolds({ labels, groups, trainMask, excluded, level, foldCount, seed: 1 });
        } catch (error) {
          expect(error).toBeInstanceOf(TrefoilError);
          return;
        }
        planned += 1;
        const groupOf = groups[plan.level];
        for (const fold of plan.folds) {
          const held = new Set([...fold.test].map((tile) => groupOf[tile]));
          expect(held).toEqual(new Set(fold.heldOut));
          for (const tile of fold.train) {
            expect(held.has(groupOf[tile])).toBe(false);
            expect(trainMask[tile]).toBe(1);
            expect(excluded[tile]).toBe(0);
          }
        }
        const expected = labels.flatMap((label, tile) => (label >= 0 && excluded[tile] === 0 ? [tile] : []));
        expect(plan.folds.flatMap((fold) => [...fold.test]).sort((a, b) => a - b)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
  expect(planned).toBeGreaterThan(100);
});

test('the coarsest level that leaves every class in training is chosen', () => {
  const images = [0, 1, 2, 3, 4, 5, 6, 7];
  const both = { labels: [0, 1, 0, 1, 0, 1, 0, 1], groups: nested(images), seed: 1 };
  expect(planFolds(both).level).toBe('patient');
  // Class 1 occurs in one patient only, but in two of its specimens.
  const rare = planFolds({ labels: [0, 1, 0, 1, 0, 0, 0, 0], groups: nested(images), seed: 1 });
  expect(rare.level).toBe('specimen');
  expect(rare.reason).toContain('patient: a class would be missing from training in 1 of 2 folds');
});

test('group k-fold makes as many folds as asked, and the asked level is kept with a caution', () => {
  const groups = nested([0, 1, 2, 3, 4, 5, 6, 7]);
  const plan = planFolds({ labels: [0, 1, 0, 0, 0, 0, 0, 0], groups, level: 'image', foldCount: 3, seed: 1 });
  expect(plan.folds.length).toBe(3);
  expect(plan.reason).toContain('in 1 of 3 folds a class is missing');
});

test('one labelled image cannot be judged and says what to do', () => {
  expect(() => planFolds({ labels: [0, 1], groups: nested([0, 0]), seed: 1 })).toThrow(/too few labelled groups/);
});
