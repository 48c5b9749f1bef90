import { describe, expect, it } from 'vitest';
import { recipes, settingsFor } from '#main/engine/recipe.ts';
import { learningRateAt, planSchedule } from '#main/engine/schedule.ts';

describe('learning rate', () => {
  const paper = planSchedule(recipes.paper.settings, 79_000);

  it('has the peak 0.05 * batch / 256 and the steps of the published run', () => {
    expect(paper.scaledRate).toBe(0.025);
    expect(paper.stepsPerEpoch).toBe(617);
    expect(paper.totalSteps).toBe(246_800);
    expect(paper.leftOverTriplets).toBe(79_000 - 617 * 128);
  });

  it('warms up linearly to the peak, then follows a cosine to 0', () => {
    expect(paper.warmupSteps).toBe(6170);
    expect(learningRateAt(paper, 0)).toBeCloseTo(0.025 / 6170, 15);
    expect(learningRateAt(paper, 3084)).toBeCloseTo(0.0125, 12);
    expect(learningRateAt(paper, 6169)).toBeCloseTo(0.025, 15);
    expect(learningRateAt(paper, 6170)).toBeCloseTo(0.025, 15);
    const middle = 6170 + (246_800 - 6170) / 2;
    expect(learningRateAt(paper, middle)).toBeCloseTo(0.0125, 12);
    for (const step of [7000, 50_000, 200_000, 246_799]) {
      const expected = (0.025 / 2) * (1 + Math.cos((Math.PI * (step - 6170)) / (246_800 - 6170)));
      expect(learningRateAt(paper, step)).toBeCloseTo(expected, 15);
    }
    expect(learningRateAt(paper, 246_799)).toBeLessThan(1e-11);
  });

  it('never leaves the range from 0 to the peak, also when the warm-up is the whole run', () => {
    const short = planSchedule({ batch: 8, epochs: 2, warmupEpochs: 10, baseLearningRate: 0.05 }, 40);
    expect(short.warmupSteps).toBe(short.totalSteps);
    const rates = Array.from({ length: short.totalSteps }, (_, step) => learningRateAt(short, step));
    expect(Math.min(...rates)).toBeGreaterThan(0);
    expect(Math.max(...rates)).toBe(short.scaledRate);
  });
});

describe('recipes', () => {
  it('name the published one and say that the others are ours', () => {
    expect(recipes.paper.settings).toMatchObject({
      network: 'resnet50',
      viewPx: 128,
      batch: 128,
      epochs: 400,
      momentum: 0.9,
      weightDecay: 1e-4,
      baseLearningRate: 0.05,
    });
    for (const name of ['quick', 'standard'] as const) {
      expect(recipes[name].origin).toBe('trefoil');
      expect(recipes[name].description).toContain("Trefoil's own");
    }
  });

  it('take overrides, ignore what is not given and refuse what is out of range', () => {
    expect(settingsFor('quick', { epochs: 3, batch: undefined })).toEqual({ ...recipes.quick.settings, epochs: 3 });
    expect(() => settingsFor('quick', { batch: 1 })).toThrow();
  });

  it('change all random colours by one factor, and nothing else', () => {
    const { augmentation } = settingsFor('paper', { colourJitter: 0.25 });
    expect(augmentation).toEqual({
      ...recipes.paper.settings.augmentation,
      brightness: 0.1,
      contrast: 0.1,
      saturation: 0.1,
      hue: 0.025,
      greyProbability: 0.05,
    });
    expect(settingsFor('paper', { colourJitter: 1 })).toEqual(recipes.paper.settings);
  });
});
