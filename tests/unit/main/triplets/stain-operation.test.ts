/** Stain jitter against scikit-image: its HED values (tests/golden/colour.json) and its way back, written out here. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tissueAugmentation } from '#common/domain/pretrain.ts';
import type { StainShift } from '#common/domain/view-parameters.ts';
import { recipes, settingsFor } from '#main/engine/recipe.ts';
import { shiftStains } from '#main/triplets/augmentation/stain-operation.ts';
import { drawViewParameters } from '#main/triplets/augmentation/view-parameters.ts';

const golden = JSON.parse(readFileSync(new URL('../../../golden/colour.json', import.meta.url), 'utf8')) as {
  readonly rgb: number[][][];
  readonly hed: number[][][];
};
const rgb = golden.rgb.flat();
const hed = golden.hed.flat();

/** skimage.color.hed2rgb: exp of minus the stains times 13.8155 times rgb_from_hed, cut to 0..1. */
function backFrom([h, e, d]: readonly number[]): number[] {
  const scale = -Math.log(1e-6);
  return [
    [0.65, 0.07, 0.27],
    [0.7, 0.99, 0.57],
    [0.29, 0.11, 0.78],
  ].map(([a, b, c]) => Math.min(1, Math.max(0, Math.exp(-scale * (h! * a! + e! * b! + d! * c!)))));
}

function shifted(shift: StainShift): Float32Array {
  const image = Float32Array.from(rgb.flat(), (value) => value / 255);
  shiftStains(image, image.length, shift);
  return image;
}

describe('the stain jitter', () => {
  it.each<StainShift>([
    { factors: [1, 1, 1], offsets: [0, 0, 0] },
    { factors: [1.2, 0.8, 1], offsets: [0, 0, 0] },
    { factors: [0.9, 1.1, 1.2], offsets: [0.02, -0.02, 0.01] },
  ])("moves scikit-image's HED values and goes back its way, to 1/255: $factors $offsets", (shift) => {
    const image = shifted(shift);
    const { factors, offsets } = shift;
    let largest = 0;
    hed.forEach((stains, pixel) => {
      const expected = backFrom(stains.map((value, c) => value * factors[c]! + offsets[c]!));
      expected.forEach((value, c) => (largest = Math.max(largest, Math.abs(value - image[pixel * 3 + c]!))));
    });
    expect(rgb.length).toBeGreaterThan(100);
    expect(largest).toBeLessThan(1e-5);
  });

  it('leaves a colour that haematoxylin and eosin make as it was when nothing is moved', () => {
    const pixel = Float32Array.from(backFrom([0.08, 0.05, 0]));
    const before = [...pixel];
    shiftStains(pixel, 3, { factors: [1, 1, 1], offsets: [0, 0, 0] });
    before.forEach((value, c) => expect(pixel[c]).toBeCloseTo(value, 5));
    shiftStains(pixel, 3, { factors: [1.5, 1, 1], offsets: [0, 0, 0] });
    // More haematoxylin takes most of the red and least of the blue.
    const taken = before.map((value, c) => value / pixel[c]!);
    expect(taken[1]).toBeGreaterThan(taken[0]!);
    expect(taken[0]).toBeGreaterThan(taken[2]!);
  });

  it('is drawn within its strength, the same for a seed, and touches no other draw', () => {
    const of = (stainJitter: number, tile: number) =>
      drawViewParameters({ ...tissueAugmentation, stainJitter }, 64, 5, 1, tile, 2);
    for (let tile = 0; tile < 200; tile += 1) {
      const { stain, ...rest } = of(0.2, tile);
      const { stain: none, ...plain } = of(0, tile);
      expect(none).toBeNull();
      expect(rest).toEqual(plain);
      expect(of(0.2, tile).stain).toEqual(stain);
      for (const factor of stain!.factors) expect(Math.abs(factor - 1)).toBeLessThanOrEqual(0.2);
      for (const offset of stain!.offsets) expect(Math.abs(offset)).toBeLessThanOrEqual(0.02);
    }
    const spread = new Set(Array.from({ length: 50 }, (_, tile) => of(0.2, tile).stain!.factors[0]));
    expect(spread.size).toBe(50);
  });

  it('is strong in our recipes, and off in the published one until it is asked for', () => {
    const strengths = Object.values(recipes).map(({ settings }) => settings.augmentation.stainJitter);
    expect(strengths).toEqual([0.2, 0.2, 0]);
    expect(settingsFor('paper', { stainJitter: 0.05 }).augmentation).toEqual({
      ...recipes.paper.settings.augmentation,
      stainJitter: 0.05,
    });
    expect(() => settingsFor('paper', { stainJitter: 2 })).toThrow();
  });
});
