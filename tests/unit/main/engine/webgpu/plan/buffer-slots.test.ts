import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSlots, type TensorLifetime } from '#main/engine/webgpu/plan/buffer-slots.ts';

const tensor = (byteLength: number, firstUse: number, lastUse: number): TensorLifetime => ({
  byteLength,
  firstUse,
  lastUse,
});

describe('the memory plan', () => {
  it('lets tensors that do not live together share a slot as large as the larger one', () => {
    expect(assignSlots([tensor(100, 0, 1), tensor(60, 2, 3)])).toEqual({ slotOf: [0, 0], slotBytes: [100] });
    expect(assignSlots([tensor(60, 0, 1), tensor(100, 2, 3)])).toEqual({ slotOf: [0, 0], slotBytes: [100] });
  });

  it('keeps tensors apart that meet in one kernel', () => {
    expect(assignSlots([tensor(10, 0, 1), tensor(10, 1, 2)]).slotBytes).toEqual([10, 10]);
  });

  it('takes the smallest free slot that fits', () => {
    const { slotOf } = assignSlots([tensor(1000, 0, 1), tensor(50, 0, 1), tensor(40, 2, 2)]);
    expect(slotOf[2]).toBe(slotOf[1]);
  });

  it('never gives two living tensors one slot and never a slot too small', () => {
    const lifetimes = fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(30), fc.nat(10))
        .map(([bytes, first, length]) => tensor(bytes, first, first + length)),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(lifetimes, (tensors) => {
        const { slotOf, slotBytes } = assignSlots(tensors);
        tensors.forEach((a, i) => {
          expect(slotBytes[slotOf[i]!]).toBeGreaterThanOrEqual(a.byteLength);
          tensors.slice(0, i).forEach((b, j) => {
            const together = a.firstUse <= b.lastUse && b.firstUse <= a.lastUse;
            if (together) expect(slotOf[i]).not.toBe(slotOf[j]);
          });
        });
      }),
    );
  });
});
