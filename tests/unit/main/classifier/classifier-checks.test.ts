/** The leak comparison, the label-efficiency curve and the thread they run in, on features whose answer is known. */
import { describe, expect, it } from 'vitest';
import { RandomStream } from '#common/random.ts';
import { ClassifierThread } from '#main/classifier/classifier-thread.ts';
import { labelEfficiency, subsetSizes } from '#main/classifier/label-efficiency.ts';
import { randomSplit } from '#main/classifier/random-split.ts';

/** Six slides of 20 tiles, two classes. The one feature that tells the class is weak; another tells the slide. */
function slides(leakage: number) {
  const random = RandomStream.of('leak');
  const rows = 120;
  const dim = 7;
  const slideOf = Array.from({ length: rows }, (_, row) => Math.floor(row / 20));
  // Most tiles of a slide are of one class, so that knowing the slide is nearly knowing the class.
  const labels = slideOf.map((slide, row) => (row % 10 === 0 ? 1 - (slide % 2) : slide % 2));
  const values = new Float64Array(rows * dim);
  for (let row = 0; row < rows; row += 1) {
    values[row * dim] = labels[row]! + random.nextNormal();
    values[row * dim + 1 + slideOf[row]!] = leakage;
  }
  const names = slideOf.map((slide) => `slide ${slide}`);
  return {
    labels,
    table: { name: 'planted', dim, values },
    groups: { image: names, specimen: names, patient: names },
    trainMask: labels.map(() => 1),
  };
}

describe('a split at random by tile', () => {
  it('claims more than held-out slides where tiles give their slide away', () => {
    const { labels, table, groups, trainMask } = slides(3);
    const [leaking] = randomSplit({ features: [table], labels, classCount: 2, trainMask, foldCount: 5, seed: 1 });
    const honest = labelEfficiency({
      features: table,
      labels,
      classCount: 2,
      trainMask,
      groups,
      level: 'image',
      maximumFolds: 6,
      draws: 1,
      seed: 1,
    }).at(-1)!;
    expect(leaking!.balancedAccuracy).toBeGreaterThan(honest.balancedAccuracy + 0.05);
  });

  it('is the same for the same seed', () => {
    const { labels, table, trainMask } = slides(0);
    const run = () => randomSplit({ features: [table], labels, classCount: 2, trainMask, foldCount: 5, seed: 7 });
    expect(run()).toEqual(run());
  });
});

describe('the label-efficiency curve', () => {
  it.each([
    [48, 4, [6, 12, 24, 48]],
    [1000, 6, [32, 63, 125, 250, 500, 1000]],
    [5, 4, [5]],
  ])('of %i labels with at least %i has subsets of %j', (count, least, sizes) => {
    expect(subsetSizes(count, least)).toEqual(sizes);
  });

  it('uses no label that is not allowed in training', () => {
    const { labels, table, groups, trainMask } = slides(0);
    const half = trainMask.map((_, row) => (row < 60 ? 1 : 0));
    const points = labelEfficiency({
      features: table,
      labels,
      classCount: 2,
      trainMask: half,
      groups,
      level: 'image',
      maximumFolds: 6,
      draws: 2,
      seed: 1,
    });
    expect(points.at(-1)!.labels).toBe(60);
    for (const point of points) expect(point.balancedAccuracy).toBeGreaterThan(0.3);
  });
});

describe('the intervals of the curve', () => {
  const measure = (strength: number, groupCount = 6) => {
    const { labels, table, groups, trainMask } = slides(0);
    const values = table.values.map((value, at) =>
      at % 7 === 0 ? value + strength * labels[Math.floor(at / 7)]! : value,
    );
    const names = groups.image.map((_, row) => `slide ${Math.floor(row / (120 / groupCount))}`);
    return labelEfficiency({
      features: { ...table, values },
      labels,
      classCount: 2,
      trainMask,
      groups: { image: names, specimen: names, patient: names },
      level: 'image',
      maximumFolds: 6,
      draws: 3,
      seed: 1,
    });
  };

  it('hold the figures they belong to, and the gain is the step between two points', () => {
    const points = measure(0);
    points.forEach((point, index) => {
      expect(point.low!).toBeLessThanOrEqual(point.balancedAccuracy);
      expect(point.high!).toBeGreaterThanOrEqual(point.balancedAccuracy);
      const before = points[index - 1];
      if (before === undefined) expect(point.gain).toBeNull();
      else expect(point.gain!.value).toBeCloseTo(point.balancedAccuracy - before.balancedAccuracy, 12);
    });
  });

  it('are of no width where every tile is named rightly', () => {
    const last = measure(100).at(-1)!;
    expect(last).toMatchObject({ balancedAccuracy: 1, low: 1, high: 1, gain: { value: 0, low: 0, high: 0 } });
  });
});

describe('the thread', () => {
  const input = () => {
    const { labels, table, trainMask } = slides(1);
    return { features: [table], labels, classCount: 2, trainMask, foldCount: 5, seed: 1 };
  };

  it('runs one task after the other with the same answer as here, and tells how far it is', async () => {
    await using thread = new ClassifierThread();
    const stages: string[] = [];
    const first = await thread.run('randomSplit', input(), { onProgress: ({ stage }) => stages.push(stage) });
    expect(await thread.run('randomSplit', input())).toEqual(first);
    expect(first).toEqual(randomSplit(input()));
    expect(stages).toEqual(['Splitting tiles at random']);
  });

  it('answers a failure with its code and can go on', async () => {
    await using thread = new ClassifierThread();
    const bad = { ...input(), features: [{ name: 'bad', dim: 7, values: new Float64Array(120 * 7).fill(NaN) }] };
    await expect(thread.run('randomSplit', bad)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(await thread.run('randomSplit', input())).toHaveLength(1);
  });

  it('ends when it is cancelled', async () => {
    await using thread = new ClassifierThread();
    const controller = new AbortController();
    const running = thread.run('randomSplit', input(), { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });
});
