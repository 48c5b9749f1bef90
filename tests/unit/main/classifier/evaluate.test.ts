// The protocol: few labels train, every labelled tile of a held-out group is judged, several features on the same folds.
import { expect, test } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { colourTexture, colourTextureDim } from '#main/classifier/baselines/colour-texture.ts';
import { describeComparison } from '#main/classifier/describe-comparison.ts';
import { drawLabels } from '#main/classifier/draw-labels.ts';
import { defaultEvaluationSettings, evaluateClassifier } from '#main/classifier/evaluate.ts';
import { bootstrap } from '#main/classifier/intervals.ts';
import { fitLogisticRegression, sampleWeights } from '#main/classifier/logistic-regression.ts';
import { fitStandardisation, standardisedRows } from '#main/classifier/standardise.ts';

const random = RandomStream.of('evaluate-test');
const count = 240;
const labels = Array.from({ length: count }, (_, tile) => tile % 3);
const images = Array.from({ length: count }, (_, tile) => `image ${Math.floor(tile / 20)}`);
const groups = { image: images, specimen: images, patient: images };
const informative = {
  name: 'SimTriplet',
  dim: 4,
  values: Float32Array.from(
    { length: count * 4 },
    (_, i) => (labels[i >> 2] === i % 4 ? 2 : 0) + random.nextNormal() * 0.3,
  ),
};
const noise = {
  name: 'Colour and texture',
  dim: 2,
  values: Float32Array.from({ length: count * 2 }, () => random.nextNormal()),
};
const settings = { ...defaultEvaluationSettings, resamples: 300 };

test('informative features beat noise with an interval above zero, and the other way round below', () => {
  const input = { classCount: 3, labels, groups, settings };
  const good = evaluateClassifier({ ...input, features: [informative, noise] });
  expect(good.rows[0]!.metrics.balancedAccuracy).toBeGreaterThan(0.95);
  expect(good.rows[1]!.metrics.balancedAccuracy).toBeLessThan(0.55);
  const context = { heldOutSlidesWerePretrained: true };
  const sentences = describeComparison(good.rows, context);
  expect(sentences[0]).toMatch(/^SimTriplet is better than colour and texture here: difference \.\d\d/);
  expect(sentences[1]).toContain('held-out slides were in the pretraining set');
  const bad = evaluateClassifier({ ...input, features: [noise, informative] });
  expect(describeComparison(bad.rows, context)[0]).toContain('Colour and texture is worse than SimTriplet');
  const same = evaluateClassifier({ ...input, features: [noise, { ...noise, name: 'Random weights' }] });
  expect(same.rows[1]!.differenceFromFirst).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(describeComparison(same.rows, context)[0]).toContain('is not shown to be better');
});

test('few labels train, all labelled tiles outside the test slides are judged, test slides apart', () => {
  const testMask = images.map((image) => (image === 'image 3' ? 1 : 0));
  const trainMask = drawLabels({ labels, groups: images, count: 12, seed: 5, excluded: testMask });
  const result = evaluateClassifier({
    features: [informative],
    classCount: 3,
    labels,
    trainMask,
    testMask,
    groups,
    settings,
  });
  expect(result.trainingLabels).toBe(12);
  expect(result.evaluatedTiles.length).toBe(220);
  expect(result.test?.tiles.length).toBe(20);
  expect([...result.evaluatedTiles].some((tile) => testMask[tile] === 1)).toBe(false);
  expect(result.test?.rows[0]?.balancedAccuracy).toMatchObject({ low: null, high: null });
  expect(result.rows[0]!.metrics.confusion.flat().reduce((sum, value) => sum + value, 0)).toBe(220);
});

test('labels of held-out tiles cannot change what their fold learns', () => {
  const input = { features: [informative], classCount: 3, groups, settings };
  const before = evaluateClassifier({ ...input, labels });
  const changed = labels.map((label, tile) => (images[tile] === 'image 0' ? (label + 1) % 3 : label));
  const after = evaluateClassifier({ ...input, labels: changed });
  const weights = (result: typeof before): number[] => [...result.rows[0]!.classifiers[0]!.model.weights];
  expect(before.rows[0]!.classifiers[0]!.heldOut).toEqual(['image 0']);
  expect(weights(after)).toEqual(weights(before));
  expect(after.rows[0]!.metrics.accuracy).toBeLessThan(before.rows[0]!.metrics.accuracy);
});

test('a draw has the asked size, two labels a class from different groups, and depends on the seed only', () => {
  const rare = labels.map((label, tile) => (tile === 7 || tile === 187 ? 3 : label));
  const draw = (seed: number): Uint8Array => drawLabels({ labels: rare, groups: images, count: 10, seed });
  const mask = draw(1);
  const drawn = [...mask.keys()].filter((tile) => mask[tile] === 1);
  expect(drawn.length).toBe(10);
  for (const label of [0, 1, 2, 3]) {
    const used = new Set(drawn.filter((tile) => rare[tile] === label).map((tile) => images[tile]));
    expect(used.size).toBeGreaterThanOrEqual(2);
  }
  expect(draw(1)).toEqual(mask);
  expect(draw(2)).not.toEqual(mask);
});

test('fewer than two groups give no interval but the reason', () => {
  const one = bootstrap(
    [
      [
        [
          [3, 1],
          [0, 4],
        ],
      ],
    ],
    'accuracy',
    { resamples: 50, seed: 1 },
  );
  expect(one.intervals[0]).toMatchObject({ value: 0.875, low: null, high: null });
  expect(one.intervals[0]!.note).toContain('at least 2');
});

test('standardisation is fitted on the named rows only and leaves a constant column finite', () => {
  const table = { name: 'x', dim: 2, values: Float64Array.of(1, 5, 3, 5, 100, 7) };
  const fitted = fitStandardisation(table, [0, 1]);
  expect([...fitted.mean]).toEqual([2, 5]);
  expect([...fitted.scale]).toEqual([1, 1]);
  expect([...standardisedRows(table, [2], fitted)]).toEqual([98, 2]);
});

test('one class, no labels, wrong sizes and values that are not finite are typed errors', () => {
  const fit = (features: number[], given: number[]) => () =>
    fitLogisticRegression({
      features: Float64Array.from(features),
      dim: 1,
      labels: given,
      classCount: 2,
      c: 1,
      classWeights: 'balanced',
    });
  expect(fit([1, 2], [1, 1])).toThrow(expect.objectContaining({ code: 'one-class' }));
  expect(fit([], [])).toThrow(expect.objectContaining({ code: 'no-labels' }));
  expect(fit([1], [0, 1])).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  expect(fit([1, Number.NaN], [0, 1])).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  expect(fit([1, 2], [0, 2])).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  expect([...sampleWeights([0, 0, 0, 1], 2, 'balanced')]).toEqual([2 / 3, 2 / 3, 2 / 3, 2]);
});

test('the nine colour and texture numbers of known tiles', () => {
  const numbers = new Float32Array(2 * colourTextureDim);
  colourTexture(new Uint8Array(4 * 3).fill(51), 2, numbers, 0);
  // Left column black, right column white: every horizontal pair differs by 1, no vertical pair does.
  colourTexture(Uint8Array.of(0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255), 2, numbers, 9);
  const expected = [0.2, 0.2, 0.2, 0, 0, 0, 0, 0, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.5, 0.5];
  expected.forEach((value, i) => expect(numbers[i]).toBeCloseTo(value, 6));
});
