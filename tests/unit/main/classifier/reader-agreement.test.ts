/** Agreement of two readers against scikit-learn's kappa (tests/golden, cohen_kappa_score) and numbers worked out by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readerAgreement } from '#main/classifier/reader-agreement.ts';

const golden = JSON.parse(readFileSync(new URL('../../../golden/evaluation.json', import.meta.url), 'utf8')) as {
  truth: number[];
  prediction: number[];
  classes: number;
  confusion: number[][];
  kappa: number;
};

/** Two readers, 50 tiles, 2 classes: 20 both A, 5 only the first A, 10 only the second A, 15 both B. */
const first = [...new Array<number>(25).fill(0), ...new Array<number>(25).fill(1)];
const second = [
  ...new Array<number>(20).fill(0),
  ...new Array<number>(5).fill(1),
  ...new Array<number>(10).fill(0),
  ...new Array<number>(15).fill(1),
];

describe('agreement of two readers', () => {
  it("has scikit-learn's kappa and confusion", () => {
    const { truth, prediction, classes } = golden;
    const groups = truth.map((_, row) => `slide ${row % 20}`);
    const result = readerAgreement({ first: truth, second: prediction, classCount: classes, groups, seed: 1 });
    expect(result.kappa.value).toBeCloseTo(golden.kappa, 12);
    expect(result.confusion).toEqual(golden.confusion);
    expect(result.kappa.low).toBeLessThan(golden.kappa);
    expect(result.kappa.high).toBeGreaterThan(golden.kappa);
    expect(result.groups).toBe(20);
  });

  it('is .4 where 70 % agree and chance alone gives 50 %', () => {
    const groups = first.map((_, row) => `slide ${row}`);
    const result = readerAgreement({ first, second, classCount: 3, groups, seed: 1 });
    expect(result.kappa.value).toBeCloseTo(0.4, 12);
    expect(result.agreed).toBe(35);
    expect(result.perClass.map(({ agreement }) => agreement)).toEqual([
      expect.closeTo(40 / 55, 12),
      expect.closeTo(30 / 45, 12),
      null,
    ]);
  });

  it('takes its interval over groups: of two slides, from the one to the other', () => {
    // Slide one: kappa 1 (2 + 2 agreed). Slide two: 1, 1 / 1, 1, which is chance: kappa 0. Both alone come up in a quarter of the draws.
    const result = readerAgreement({
      first: [0, 0, 1, 1, 0, 0, 1, 1],
      second: [0, 0, 1, 1, 0, 1, 0, 1],
      classCount: 2,
      groups: ['one', 'one', 'one', 'one', 'two', 'two', 'two', 'two'],
      seed: 3,
    });
    expect(result.kappa).toEqual({
      value: 0.5,
      low: 0,
      high: 1,
      note: expect.stringContaining('only 2 groups') as string,
    });
  });

  it('has no interval over one slide, and no kappa where only one class is named', () => {
    const one = readerAgreement({ first: [0, 1], second: [0, 1], classCount: 2, groups: ['a', 'a'], seed: 1 });
    expect(one.kappa).toMatchObject({ value: 1, low: null, high: null });
    const same = readerAgreement({ first: [0, 0], second: [0, 0], classCount: 2, groups: ['a', 'b'], seed: 1 });
    expect(same.kappa.note).toMatch(/one and the same class only/);
    expect(readerAgreement({ first: [], second: [], classCount: 2, groups: [], seed: 1 }).agreed).toBe(0);
  });
});
