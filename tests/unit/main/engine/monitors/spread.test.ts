import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fnv1a } from '#common/random.ts';
import { effectiveRank, stdOfNormalised } from '#main/engine/monitors/spread.ts';
import { symmetricEigenvalues } from '#main/engine/monitors/symmetric-eigenvalues.ts';
import { leaveOneGroupOutVote, voteOfNeighbours } from '#main/engine/monitors/nearest-neighbours.ts';
import { measureInputDiversity } from '#main/engine/monitors/input-diversity.ts';

const golden = JSON.parse(readFileSync(new URL('../../../../golden/evaluation.json', import.meta.url), 'utf8')) as {
  collapse: { effectiveRank: number; stdOfL2Normalised: number };
  knn: { k: number; temperature: number; prediction: number[]; accuracy: number };
  labels: number[];
};

/** generate.py's fill: uniform in [-1, 1) from the name alone. */
function fill(name: string, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const a = (fnv1a(name) + Math.imul(i + 1, 0x6d2b79f5)) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  });
}

const z = fill('evaluation/z', 256 * 64).map((value, i) => value * (1 + ((0.01 - 1) * (i % 64)) / 63));

describe('spread of features', () => {
  it('equals numpy on the golden matrix', () => {
    expect(effectiveRank(z, 256, 64)).toBeCloseTo(golden.collapse.effectiveRank, 9);
    expect(stdOfNormalised(z, 256, 64)).toBeCloseTo(golden.collapse.stdOfL2Normalised, 12);
  });

  it('is the same for a matrix that is wider than tall', () => {
    const wide = z.slice(0, 32 * 64);
    const transposedGram = Float64Array.from({ length: 64 * 64 }, (_, at) => {
      const [i, j] = [Math.floor(at / 64), at % 64];
      const mean = (c: number): number =>
        Array.from({ length: 32 }, (_, r) => wide[r * 64 + c]!).reduce((a, b) => a + b) / 32;
      const [mi, mj] = [mean(i), mean(j)];
      let sum = 0;
      for (let r = 0; r < 32; r += 1) sum += (wide[r * 64 + i]! - mi) * (wide[r * 64 + j]! - mj);
      return sum;
    });
    const singular = symmetricEigenvalues(transposedGram, 64).map((value) => Math.sqrt(Math.max(value, 0)));
    const total = singular.reduce((a, b) => a + b);
    const entropy = singular.reduce((sum, s) => (s > 1e-6 ? sum - (s / total) * Math.log(s / total) : sum), 0);
    expect(effectiveRank(wide, 32, 64)).toBeCloseTo(Math.exp(entropy), 4);
  });

  it('is 0 for equal rows, 1 for one direction and not a number for a broken value', () => {
    const equal = Float32Array.from({ length: 20 * 8 }, (_, i) => 0.1 + (i % 8) / 3);
    expect(effectiveRank(equal, 20, 8)).toBe(0);
    expect(stdOfNormalised(equal, 20, 8)).toBeLessThan(1e-12);
    const line = Float64Array.from({ length: 20 * 8 }, (_, i) => Math.floor(i / 8) * ((i % 8) + 1));
    expect(effectiveRank(line, 20, 8)).toBeCloseTo(1, 5);
    expect(effectiveRank([1, Number.NaN, 2, 3], 2, 2)).toBeNaN();
    expect(effectiveRank(new Float32Array(32), 4, 8)).toBe(0);
  });

  it('finds the eigenvalues of matrices whose eigenvalues are known', () => {
    const size = 12;
    // Second differences: eigenvalues 2 - 2 cos(k pi / (n + 1)).
    const chain = Float64Array.from({ length: size * size }, (_, at) => {
      const distance = Math.abs(Math.floor(at / size) - (at % size));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const found = [...symmetricEigenvalues(chain, size)].sort((a, b) => a - b);
    found.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (size + 1)), 12));
    const ones = [...symmetricEigenvalues(new Float64Array(25).fill(1), 5)].sort((a, b) => a - b);
    expect(ones[4]).toBeCloseTo(5, 12);
    expect(Math.max(...ones.slice(0, 4).map(Math.abs))).toBeLessThan(1e-12);
    expect([...symmetricEigenvalues(Float64Array.of(7), 1)]).toEqual([7]);
  });
});

describe('weighted nearest neighbours', () => {
  const features = fill('evaluation/features', 400 * 32);

  it('votes as the golden reference does', () => {
    const memory = { features: features.slice(0, 300 * 32), dimension: 32, classes: golden.labels.slice(0, 300) };
    const { k, temperature } = golden.knn;
    const votes = [...voteOfNeighbours(memory, features.slice(300 * 32), { k, temperature })];
    expect(votes).toEqual(golden.knn.prediction);
  });

  it('never lets a tile vote for its own group', () => {
    // Each group has features of its own that give its classes away; across groups they say the opposite.
    const rows = [
      { at: [1, 0.1], label: 0, group: 0 },
      { at: [1, 0.1], label: 0, group: 0 },
      { at: [0.1, 1], label: 1, group: 0 },
      { at: [1, 0.1], label: 1, group: 1 },
      { at: [0.1, 1], label: 0, group: 1 },
      { at: [0.1, 1], label: 0, group: 1 },
    ];
    const labelled = {
      features: rows.flatMap((row) => row.at),
      dimension: 2,
      classes: rows.map((row) => row.label),
      groups: rows.map((row) => row.group),
    };
    expect(leaveOneGroupOutVote(labelled, { k: 1, temperature: 0.1 })).toEqual({
      accuracy: 0,
      balancedAccuracy: 0,
      rows: 6,
      groups: 2,
    });
  });

  it('has nothing to say with one group or one class', () => {
    const one = { features: [1, 0, 0, 1], dimension: 2 };
    expect(leaveOneGroupOutVote({ ...one, classes: [0, 1], groups: [3, 3] })).toBeNull();
    expect(leaveOneGroupOutVote({ ...one, classes: [1, 1], groups: [0, 1] })).toBeNull();
  });
});

describe('input diversity', () => {
  it('sees one tile repeated, and tiles that differ', () => {
    const grey = new Uint8Array(10 * 48).fill(128);
    expect(measureInputDiversity(grey, 10)).toEqual({
      tiles: 10,
      distinctTiles: 1,
      betweenTileStd: 0,
      withinTileStd: 0,
    });
    const varied = Uint8Array.from({ length: 10 * 48 }, (_, i) => (i * 37) % 251);
    const measured = measureInputDiversity(varied, 10);
    expect(measured.distinctTiles).toBe(10);
    expect(measured.betweenTileStd).toBeGreaterThan(20);
  });
});
