/** The loss of a network that learns classes, against scipy. */
import { describe, expect, test } from 'vitest';
import { crossEntropyLoss } from '#main/engine/tfjs/cross-entropy.ts';
import { crossEntropyGolden as golden } from '#tests/support/cross-entropy-golden.ts';

describe('cross-entropy', () => {
  test.each([3, 8])('equals the reference, %i columns wide', (width) => {
    const { loss, gradient } = crossEntropyLoss(golden.logits(width), golden.targets, golden.classes, width);
    expect(loss).toBeCloseTo(golden.loss, 12);
    golden.gradient(width).forEach((value, at) => expect(gradient[at]).toBeCloseTo(value, 7));
  });

  test('holds for logits far apart, where the exponentials overflow', () => {
    const { loss, gradient } = crossEntropyLoss(Float32Array.of(2000, 0), [{ class: 1, weight: 1 }], 2, 2);
    expect(loss).toBe(2000);
    expect([...gradient]).toEqual([1, -1]);
  });

  test('shows NaN instead of hiding it', () => {
    expect(crossEntropyLoss(Float32Array.of(Number.NaN, 0), [{ class: 1, weight: 1 }], 2, 2).loss).toBeNaN();
  });
});
