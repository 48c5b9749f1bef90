/** Methods on the same draws of few labels: planted tables whose order is known. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import {
  comparisonDraws,
  comparisonFolds,
  compareMethods,
  type CompareMethodsInput,
  type ComparedTable,
} from '#main/classifier/compare-methods.ts';

const groups = 8;
const perGroup = 30;
const rows = groups * perGroup;
const random = RandomStream.of('compare-methods test');
const labels = Array.from({ length: rows }, (_, row) => row % 3);
const names = Array.from({ length: rows }, (_, row) => `s${Math.floor(row / perGroup)}`);

/** The class stands out of unit noise by `signal`. */
function planted(name: string, signal: number, isBaseline: boolean): ComparedTable {
  const dim = 4;
  const values = Float32Array.from({ length: rows * dim }, (_, at) => {
    const row = Math.floor(at / dim);
    return random.nextNormal() + (at % dim === labels[row] ? signal : 0);
  });
  return { name, isBaseline, dim, values };
}

const strong = planted('Strong', 4, false);
const weak = planted('Weak', 0.5, true);
const noise = planted('Noise', 0, true);
const input: CompareMethodsInput = {
  tables: [strong, { ...weak, name: 'Weak again', isBaseline: false }, noise, weak],
  labels,
  classCount: 3,
  groups: { image: names, specimen: names, patient: names },
  labelCounts: [12, 60],
  draws: 5,
  seed: 3,
  resamples: 200,
};

describe('the comparison', () => {
  const result = compareMethods(input);
  const methodsAt = (index: number) => result.at[index]!.methods;

  it('holds each group out once and compares with the best baseline, not with the first', () => {
    expect(result).toMatchObject({ level: 'patient', folds: groups, groups });
    expect(result.at.map(({ labels: count, bestBaseline }) => [count, bestBaseline])).toEqual([
      [12, 'Weak'],
      [60, 'Weak'],
    ]);
  });

  it('finds the planted gain with an interval above zero', () => {
    for (const index of [0, 1]) {
      const { gain, balancedAccuracy } = methodsAt(index)[0]!;
      expect(gain!.low).toBeGreaterThan(0.1);
      expect(balancedAccuracy.value).toBeGreaterThan(0.9);
    }
  });

  it('gives equal features a gain of exactly nothing, because draws and groups are the same', () => {
    expect(methodsAt(0)[1]!.gain).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  it('keeps noise at chance, and baselines without a gain', () => {
    const { balancedAccuracy, gain } = methodsAt(1)[2]!;
    expect(gain).toBeNull();
    expect(balancedAccuracy.low).toBeLessThan(1 / 3 + 0.03);
    expect(balancedAccuracy.high).toBeGreaterThan(1 / 3 - 0.03);
  });

  it('shows how far single draws lie apart, the mean between them', () => {
    for (const { lowest, highest, balancedAccuracy } of methodsAt(0)) {
      expect(lowest).toBeLessThanOrEqual(balancedAccuracy.value);
      expect(highest).toBeGreaterThanOrEqual(balancedAccuracy.value);
    }
  });

  it('is the same again with the same seed and another with another', () => {
    expect(compareMethods(input)).toEqual(result);
    expect(compareMethods({ ...input, seed: 4 })).not.toEqual(result);
  });
});

describe('classes that something else named', () => {
  const { level } = comparisonFolds(input);
  /** In the order of the draws' folds; every fourth tile wrong. */
  const namedWith = (wrongEvery: number) => {
    const predicted: number[][][] = input.labelCounts.map(() => []);
    for (const { at, folds } of comparisonDraws(input, level)) {
      const tests = folds.flatMap(({ test }) => [...test]);
      predicted[at]!.push(tests.map((row, i) => ((labels[row] as number) + (i % wrongEvery === 0 ? 1 : 0)) % 3));
    }
    return predicted;
  };
  const result = compareMethods({
    ...input,
    predictions: [{ name: 'Named elsewhere', isBaseline: true, predicted: namedWith(4) }],
  });

  it('are judged on the same folds, as often right as they are', () => {
    for (const { methods } of result.at) {
      // 240 tiles in turn of three classes: of each class 60 of 80 are right.
      expect(methods.at(-1)).toMatchObject({ name: 'Named elsewhere', isBaseline: true, gain: null });
      expect(methods.at(-1)!.balancedAccuracy.value).toBeCloseTo(0.75, 12);
    }
  });

  it('can be the best baseline, and leave the other figures as they were', () => {
    expect(result.at[0]!.bestBaseline).toBe('Named elsewhere');
    const alone = compareMethods(input);
    expect(result.at[0]!.methods[0]!.balancedAccuracy).toEqual(alone.at[0]!.methods[0]!.balancedAccuracy);
  });

  it('come from labels that no judged tile gave', () => {
    for (const { labels: count, folds } of comparisonDraws(input, level)) {
      for (const { train, test } of folds) {
        const held = new Set([...test].map((row) => names[row]));
        expect(train.length).toBeLessThanOrEqual(count);
        expect([...train].filter((row) => held.has(names[row]))).toEqual([]);
      }
    }
  });
});

it('refuses to compare nothing', () => {
  expect(() => compareMethods({ ...input, tables: [] })).toThrow(/nothing to compare/);
});

it('stops when it is cancelled', () => {
  expect(() => compareMethods(input, { signal: AbortSignal.abort() })).toThrow(
    expect.objectContaining({ code: 'cancelled' }) as Error,
  );
});
