/** The suggestion rules on planted features: what each order must and must not pick. */
import { describe, expect, it } from 'vitest';
import { stopSign } from '#main/labels/suggest/stop-sign.ts';
import { suggestTiles, type SuggestionInput } from '#main/labels/suggest/suggest-tiles.ts';

/** Three groups of 40 tiles far apart in 40 dimensions, on two slides; nothing labelled unless told. */
function planted(change: Partial<SuggestionInput> = {}): SuggestionInput {
  const rows = 120;
  const dim = 40;
  const features = Float32Array.from({ length: rows * dim }, (_, at) => {
    const group = Math.floor(at / dim / 40);
    return (at % dim) % 3 === group ? 10 + ((at * 31) % 7) / 10 : ((at * 17) % 5) / 10;
  });
  return {
    order: 'coverage',
    size: 3,
    seed: 1,
    dim,
    features,
    labels: new Array<number>(rows).fill(-1),
    slides: Array.from({ length: rows }, (_, row) => row % 2),
    classNames: ['A', 'B', 'C'],
    labelsPerClass: [0, 0, 0],
    labelsPerSlide: [0, 0],
    slideNames: ['one', 'two'],
    probabilities: null,
    ...change,
  };
}
const group = (row: number): number => Math.floor(row / 40);

describe('coverage', () => {
  it.each([1, 2, 3, 4, 5])('visits all three groups with its first three tiles (seed %i)', (seed) => {
    const { picks } = suggestTiles(planted({ seed }));
    expect(picks.map(({ row }) => group(row)).sort()).toEqual([0, 1, 2]);
  });

  it('goes first where nothing is labelled, and says how far that is', () => {
    const labels = Array.from({ length: 120 }, (_, row) => (row === 3 || row === 50 ? 0 : -1));
    const { picks } = suggestTiles(planted({ labels, size: 1, labelsPerClass: [2, 0, 0] }));
    expect(group(picks[0]!.row)).toBe(2);
    expect(picks[0]!.why).toMatch(/farther from them than \d+ % of the tiles/);
  });
});

describe('uncertainty', () => {
  it('asks about tiles with two classes nearly even, and names both', () => {
    const values = Array.from({ length: 120 }, (_, row) =>
      row % 40 < 5 ? [0.48, 0.46, 0.06] : [0.98, 0.01, 0.01],
    ).flat();
    const { picks, order } = suggestTiles(
      planted({ order: 'uncertainty', size: 3, probabilities: { values, classNames: ['A', 'B', 'C'] } }),
    );
    expect(order).toBe('uncertainty');
    for (const { row, why } of picks) {
      expect(row % 40).toBeLessThan(5);
      expect(why).toBe('Undecided: A 48 % against B 46 %.');
    }
    // Different looks among the equally unsure.
    expect(new Set(picks.map(({ row }) => group(row))).size).toBe(3);
  });
});

describe('rare class', () => {
  it('finds tiles like the labels of the class with the fewest', () => {
    const labels = Array.from({ length: 120 }, (_, row) => (row < 6 ? 0 : row === 90 ? 1 : -1));
    const { picks } = suggestTiles(planted({ order: 'rare-class', labels, labelsPerClass: [6, 1, 0], size: 8 }));
    expect(picks.every(({ row }) => group(row) === 2)).toBe(true);
    expect(picks[0]!.why).toBe('Looks like your 1 label of B, the class with the fewest.');
  });
});

describe('slide balance', () => {
  it('fills up the slide with fewer labels first', () => {
    const { picks } = suggestTiles(planted({ order: 'slide-balance', size: 5, labelsPerSlide: [4, 0] }));
    expect(picks.map(({ row }) => row % 2)).toEqual([1, 1, 1, 1, expect.any(Number)]);
    expect(picks[0]!.why).toBe('two has no label yet, among the fewest of all slides.');
  });
});

describe('auto', () => {
  const probabilities = { values: new Array<number>(360).fill(1 / 3), classNames: ['A', 'B', 'C'] };
  it.each([
    ['coverage', 'while a class has fewer than two labels', { labelsPerClass: [5, 1, 5], probabilities }],
    ['coverage', 'before the first map', { labelsPerClass: [5, 5, 5] }],
    [
      'slide-balance',
      'while most slides have no label',
      { labelsPerClass: [5, 5, 5], labelsPerSlide: [15, 0, 0], probabilities },
    ],
    [
      'rare-class',
      'when one class is far behind',
      { labelsPerClass: [40, 40, 2], labelsPerSlide: [41, 41], probabilities },
    ],
    ['uncertainty', 'afterwards', { labelsPerClass: [9, 9, 9], labelsPerSlide: [9, 9], probabilities }],
  ])('means %s %s', (order, _, change) => {
    expect(suggestTiles(planted({ order: 'auto', ...change })).order).toBe(order);
  });
});

it('never gives the same tile twice and stops when there are no more', () => {
  const labels = Array.from({ length: 120 }, (_, row) => (row < 110 ? 0 : -1));
  for (const order of ['coverage', 'slide-balance', 'rare-class'] as const) {
    const { picks } = suggestTiles(planted({ order, labels, size: 50, labelsPerClass: [100, 10, 0] }));
    expect(new Set(picks.map(({ row }) => row)).size).toBe(10);
  }
});

describe('the stop sign', () => {
  const curve = (...values: number[]) =>
    values.map((balancedAccuracy, index) => ({ labels: 20 * 2 ** index, balancedAccuracy }));
  it('says stop on a flat curve and go on along a slope', () => {
    expect(stopSign(curve(0.8, 0.803, 0.804))).toMatchObject({ reached: true });
    const steep = stopSign(curve(0.5, 0.6, 0.7))!;
    expect(steep.reached).toBe(false);
    expect(steep.sentence).toBe(
      '40 more labels are expected to add about .06 to the balanced accuracy: worth going on.',
    );
  });
  it('says nothing with two points, and never promises more than perfection', () => {
    expect(stopSign(curve(0.5, 0.6))).toBeNull();
    expect(stopSign(curve(0.6, 0.8, 0.99))!.expectedGain).toBeCloseTo(0.01);
  });
});
