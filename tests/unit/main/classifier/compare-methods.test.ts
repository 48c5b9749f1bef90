/** Methods on the same draws of few labels: planted tables whose order is known. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { compareMethods, type CompareMethodsInput, type ComparedTable } from '#main/classifier/compare-methods.ts';

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

it('refuses to compare nothing', () => {
  expect(() => compareMethods({ ...input, tables: [] })).toThrow(/nothing to compare/);
});

it('stops when it is cancelled', () => {
  expect(() => compareMethods(input, { signal: AbortSignal.abort() })).toThrow(
    expect.objectContaining({ code: 'cancelled' }) as Error,
  );
});
