/** Labelling replayed on planted tiles: what a way of choosing must find is known. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { simulateLabelling, type SimulationInput } from '#main/services/simulation/simulate-labelling.ts';
import { simulationPlot } from '#main/services/simulation/simulation-plot.ts';

const slides = 6;
const perSlide = 100;
const dim = 6;
const random = RandomStream.of('simulate test');
const rows = Array.from({ length: slides * perSlide }, (_, row) => row);
const slideOf = rows.map((row) => Math.floor(row / perSlide));
/** One tile in fifty is of the rare class, far away from all others: random choice hardly meets it. */
const labels = rows.map((row) => (row % 50 === 7 ? 2 : row % 2));
const values = Float32Array.from({ length: rows.length * dim }, (_, at) => {
  const label = labels[Math.floor(at / dim)]!;
  return random.nextNormal() + (at % dim === label ? 6 : 0) + (label === 2 ? 12 : 0);
});
const folds = [0, 1].map((fold) => ({
  train: Int32Array.from(rows.filter((row) => slideOf[row]! % 2 !== fold)),
  test: Int32Array.from(rows.filter((row) => slideOf[row]! % 2 === fold)),
}));
const input: SimulationInput = {
  features: { name: 'planted', dim, values },
  labels,
  classNames: ['A', 'B', 'Rare'],
  slides: slideOf,
  slideNames: Array.from({ length: slides }, (_, slide) => `s${slide}`),
  folds,
  strategies: ['coverage', 'random'],
  step: 4,
  budget: 12,
  seeds: 6,
  seed: 2,
  target: 0.9,
};

describe('a simulation of choosing tiles', () => {
  const result = simulateLabelling(input);
  const [chance, coverage] = result.strategies;

  it('sets random choice first and once', () => {
    expect(result.strategies.map(({ strategy }) => strategy)).toEqual(['random', 'coverage']);
    expect(chance!.points.map(({ labels: count, gain }) => [count, gain])).toEqual([
      [4, null],
      [8, null],
      [12, null],
    ]);
  });

  it('finds that coverage meets the rare class long before chance does', () => {
    expect(coverage!.points[0]!.balancedAccuracy.value).toBeGreaterThan(0.9);
    expect(coverage!.points[0]!.gain!.low).toBeGreaterThan(0.1);
    expect(coverage!.labelsForTarget).toBe(4);
    expect(chance!.labelsForTarget ?? Infinity).toBeGreaterThan(8);
  });

  it('never lets a judged tile be labelled: where the classes of the judged slides are swapped, nobody is right', () => {
    const swapped = labels.map((label, row) => (slideOf[row]! % 2 === 0 ? (label + 1) % 3 : label));
    const blind = simulateLabelling({ ...input, labels: swapped, budget: 40, step: 40 });
    for (const { points } of blind.strategies) expect(points[0]!.balancedAccuracy.value).toBeLessThan(0.1);
  });

  it('is the same again with the same seed', () => {
    expect(simulateLabelling(input)).toEqual(result);
  });

  it('aims at what chance reaches when no target is given', () => {
    const { target, strategies } = simulateLabelling({ ...input, target: null });
    expect(target).toBe(strategies[0]!.points.at(-1)!.balancedAccuracy.value);
    expect(strategies[0]!.labelsForTarget).toBeLessThanOrEqual(12);
  });

  it('is drawn with every way of choosing, its band and the target', () => {
    const rest = { features: '', tiles: 0, folds: 2, groupLevel: 'image' as const, seeds: 6, sentences: [], files: [] };
    const svg = simulationPlot({
      ...rest,
      target: result.target,
      strategies: result.strategies.map((item) => ({ ...item, points: [...item.points] })),
    });
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('>coverage</text>');
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});

it('refuses what cannot be compared', () => {
  expect(() => simulateLabelling({ ...input, seeds: 1 })).toThrow(/two seeds/);
});

it('stops when it is cancelled', () => {
  expect(() => simulateLabelling(input, { signal: AbortSignal.abort() })).toThrow(
    expect.objectContaining({ code: 'cancelled' }) as Error,
  );
});
