/** Disagreement, density and the mix on numbers worked out by hand and on planted tiles. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { committeeOf } from '#main/labels/suggest/committee.ts';
import { densityRanks, densityWeight } from '#main/labels/suggest/density.ts';
import { firstOverSlides } from '#main/labels/suggest/slide-share.ts';
import { suggestTiles, type SuggestionInput } from '#main/labels/suggest/suggest-tiles.ts';

describe('disagreement of a committee', () => {
  it('is the mean divergence from the mean: ln 2 for two that contradict, 0 for two that are unsure together', () => {
    const members = [
      [1, 0, 0.5, 0.5, 0.9, 0.1],
      [0, 1, 0.5, 0.5, 0.5, 0.5],
    ];
    const { divergence, votes } = committeeOf(members, 2, [4, 2, 0], 5);
    expect(divergence[4]).toBeCloseTo(Math.LN2, 12);
    expect(divergence[2]).toBe(0);
    // (.9 ln(.9/.7) + .1 ln(.1/.3) + .5 ln(.5/.7) + .5 ln(.5/.3)) / 2
    expect(divergence[0]).toBeCloseTo(0.101749, 6);
    expect([...votes.slice(8, 10)]).toEqual([1, 1]);
    expect([...divergence.filter((_, row) => row % 2 === 1)]).toEqual([0, 0]);
  });
});

describe('density', () => {
  it('ranks a lonely tile last and holds only the odd quarter back', () => {
    const values = Float32Array.from([0, 0.1, 0.2, 0.3, 50, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    const rows = [...values.keys()];
    const ranks = densityRanks({ dim: 1, values }, rows, rows.length, RandomStream.of('density'));
    expect(ranks[4]).toBeCloseTo(1 / 12, 12);
    expect(Math.max(...ranks)).toBe(1);
    expect([densityWeight(1), densityWeight(0.25), densityWeight(0.125)]).toEqual([1, 1, 0.5]);
  });
});

describe('the share of a slide', () => {
  it('keeps one slide from filling the list, and fills up from it when there is nothing else', () => {
    const slides = [0, 0, 0, 0, 0, 1, 1, 2];
    expect(firstOverSlides([0, 1, 2, 3, 4, 5, 6, 7], slides, 3)).toEqual([0, 5, 7]);
    expect(firstOverSlides([0, 1, 2, 3, 4, 5, 6, 7], slides, 7)).toEqual([0, 1, 2, 5, 6, 7, 3]);
    expect(firstOverSlides([4, 3], slides, 5)).toEqual([4, 3]);
  });
});

/** 60 tiles in three tight groups; the classifier is sure everywhere but where a test says otherwise. */
function planted(change: Partial<SuggestionInput>): SuggestionInput {
  return {
    order: 'mix',
    size: 2,
    seed: 1,
    dim: 2,
    features: Float32Array.from({ length: 120 }, (_, at) => 5 * Math.floor(at / 40) + ((at * 7) % 11) / 20),
    labels: new Array<number>(60).fill(-1),
    slides: Array.from({ length: 60 }, (_, row) => row % 3),
    classNames: ['A', 'B'],
    labelsPerClass: [10, 10],
    labelsPerSlide: [7, 7, 6],
    slideNames: ['one', 'two', 'three'],
    probabilities: { values: new Array<number>(60).fill(0).flatMap(() => [0.99, 0.01]), classNames: ['A', 'B'] },
    ...change,
  };
}
const agreeing = Array.from({ length: 60 }, () => [0.99, 0.01]).flat();
/** The second of three members sees rows 20 to 29 the other way round. */
const odd = Array.from({ length: 60 }, (_, row) => (row >= 20 && row < 30 ? [0.1, 0.9] : [0.99, 0.01])).flat();
const committee = committeeOf([agreeing, odd, agreeing], 2, [...new Array(60).keys()], 60);

describe('orders that ask the committee', () => {
  it.each(['disagreement', 'mix'] as const)(
    '%s: ask where the folds contradict each other, and say by how much',
    (order) => {
      const { picks, order: used } = suggestTiles(planted({ order, committee }));
      expect(used).toBe(order);
      for (const { row, why } of picks) {
        expect(row).toBeGreaterThanOrEqual(20);
        expect(row).toBeLessThan(30);
        expect(why).toMatch(
          /^The 3 fold classifiers disagree by 0\.\d\d: 2 A, 1 B; more usual than \d+ % of the tiles\.$/,
        );
      }
      expect(suggestTiles(planted({ order, committee })).picks).toEqual(picks);
    },
  );

  it('mix: names the margin or the rare class when that weighs most', () => {
    const values = Array.from({ length: 60 }, (_, row) =>
      row === 7 || row === 8 ? [0.52, 0.48] : [0.99, 0.01],
    ).flat();
    const unsure = suggestTiles(planted({ probabilities: { values, classNames: ['A', 'B'] } }));
    expect(unsure.picks.map(({ why }) => why)).toContainEqual(
      expect.stringMatching(/^Undecided: A 52 % against B 48 %; more usual than \d+ % of the tiles\.$/),
    );
    const rare = Array.from({ length: 60 }, (_, row) => (row === 7 || row === 8 ? [0.2, 0.8] : [0.99, 0.01])).flat();
    const { picks } = suggestTiles(
      planted({ size: 1, labelsPerClass: [90, 3], probabilities: { values: rare, classNames: ['A', 'B'] } }),
    );
    expect([7, 8]).toContain(picks[0]!.row);
    expect(picks[0]!.why).toMatch(/^Perhaps B \(80 %\), which has 3 labels; more usual than/);
  });

  it('begin with coverage before there is a map, and say so', () => {
    const { order, notes } = suggestTiles(planted({ probabilities: null }));
    expect(order).toBe('coverage');
    expect(notes).toHaveLength(1);
  });
});
