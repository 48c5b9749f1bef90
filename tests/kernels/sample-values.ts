/** Random values as a kernel stores them, and comparison within a bound for each element. */
import { RandomStream } from '#common/random.ts';
import type { Precision } from '#main/engine/webgpu/kernel-program.ts';
import { expect } from 'vitest';
import { fromHalf, toHalf, type TestDevice } from './test-device.ts';

/** Half a unit in the last place, relative, and half the spacing of subnormal halves. */
export const singleError = 2 ** -24;
export const halfError = 2 ** -11;
export const subnormalHalfError = 2 ** -25;

export function rounded(values: ArrayLike<number>, precision: Precision): Float32Array {
  return Float32Array.from(values, (value) => (precision === 'f16' ? fromHalf(toHalf(value)) : value));
}

export function normalValues(key: string, length: number, precision: Precision = 'f32', spread = 1, mean = 0) {
  const random = RandomStream.of('kernel-test', key);
  return rounded(
    Float64Array.from({ length }, () => mean + spread * random.nextNormal()),
    precision,
  );
}

/** Error of storing `value` once in `precision`. */
export function storageError(value: number, precision: Precision): number {
  return precision === 'f16' ? halfError * Math.abs(value) + subnormalHalfError : singleError * Math.abs(value);
}

/** Every |actual - expected| is at most `bound(index)`. Reports the worst element. */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (index: number) => number,
): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index += 1) {
    const difference = Math.abs(actual[index]! - expected[index]!);
    if (!(difference <= bound(index))) {
      expect.fail(`element ${index} is ${actual[index]}, not ${expected[index]} within ${bound(index)}`);
    }
  }
}

/** The precisions that the device can run. */
export function precisionsOf(device: TestDevice): Precision[] {
  return device.hasF16 ? ['f32', 'f16'] : ['f32'];
}

/** Same bits in every buffer: what determinism means. (toEqual takes seconds on large arrays.) */
export function expectSameBits(
  actual: readonly (Float32Array | Uint32Array)[],
  expected: readonly (Float32Array | Uint32Array)[],
): void {
  const bytes = (values: Float32Array | Uint32Array) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  expect(actual.map((values, index) => bytes(values).equals(bytes(expected[index]!)))).toEqual(
    expected.map(() => true),
  );
}
