/** The suggestion rules on planted features: what each order must and must not pick. */
import { describe, expect, it } from 'vitest';
import { stopSign, type EfficiencyPoint } from '#main/labels/suggest/stop-sign.ts';
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
  const later = {
    labelsPerClass: [40, 40, 2],
    labelsPerSlide: [41, 41],
    probabilities: { values: new Array<number>(360).fill(1 / 3), classNames: ['A', 'B', 'C'] },
  };
  it.each([
    ['before the first label', {}],
    ['and afterwards', later],
    ['also with features nobody trained', { areFeaturesSound: true }],
  ])('is coverage %s', (_, change) => {
    expect(suggestTiles(planted({ order: 'auto', ...change }))).toMatchObject({ order: 'coverage', notes: [] });
  });
  it('is random choice where the guard does not call the features healthy, and says why', () => {
    const { order, notes } = suggestTiles(planted({ order: 'auto', ...later, areFeaturesSound: false }));
    expect(order).toBe('random');
    expect(notes[0]).toMatch(/not healthy/);
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
  /** 20, 40, 80 labels ...; each gain with this much to both sides. */
  const curve = (half: number | null, ...values: number[]): EfficiencyPoint[] =>
    values.map((balancedAccuracy, index) => {
      const value = balancedAccuracy - (values[index - 1] ?? 0);
      const [low, high] = half === null ? [null, null] : [value - half, value + half];
      return { labels: 20 * 2 ** index, balancedAccuracy, gain: index === 0 ? null : { value, low, high } };
    });

  it('says stop when two doublings in a row gained next to nothing, with their numbers', () => {
    expect(stopSign(curve(0.02, 0.8, 0.803, 0.805))).toEqual({
      reached: true,
      moreLabels: 40,
      expectedGain: expect.closeTo(0.0025 * Math.log2(1.5), 9) as number,
      sentence:
        'From 40 to 80 labels the balanced accuracy changed by +.002 (95 % -.018 to +.022), and by +.003 in the step before: more labels no longer pay, you could stop here.',
    });
  });

  it.each([
    [
      'goes on while the interval of the last gain is above 0',
      curve(0.05, 0.5, 0.6, 0.7),
      /: labels still pay\. 40 more labels may add about \.06/,
    ],
    [
      'does not take an interval that is merely wide for a reason to stop',
      curve(0.3, 0.5, 0.6, 0.7),
      /not certain, for the slides differ too much/,
    ],
    ['waits for a second flat step', curve(0.02, 0.6, 0.7, 0.702), /no gain in this step, but one in the step before/],
    ['is not certain without an interval', curve(null, 0.5, 0.6, 0.7), /\(no interval\): not certain/],
    [
      'does not take a small gain for none where even its interval is above 0',
      curve(0.001, 0.8, 0.805, 0.81),
      /labels still pay/,
    ],
  ])('%s', (_, points, sentence) => {
    const sign = stopSign(points)!;
    expect(sign.reached).toBe(false);
    expect(sign.sentence).toMatch(sentence);
  });

  it('says nothing with two points, nor of a curve without gains, and never promises more than perfection', () => {
    expect(stopSign(curve(0.1, 0.5, 0.6))).toBeNull();
    expect(stopSign(curve(0.1, 0.5, 0.6, 0.7).map((point) => ({ ...point, gain: null })))).toBeNull();
    expect(stopSign(curve(0.1, 0.6, 0.8, 0.99))!.expectedGain).toBeCloseTo(0.01);
  });
});
