/** The benchmark's arithmetic and the plan of a step without a device. */
import { expect, test } from 'vitest';
import { kernelTable, phaseMilliseconds, spreadOf, type TimedKernel } from '#main/engine/bench/kernel-table.ts';
import { planStep } from '#main/engine/bench/plan-step.ts';
import { networks } from '#main/engine/port.ts';

const kernel = (name: string, milliseconds: number | null, phase = 'forward'): TimedKernel => ({
  name,
  label: '3x3',
  phase,
  floatOperations: 2e9,
  byteLength: 1e6,
  milliseconds,
});

test('calls of one name and shape are summed and rates follow from the sums', () => {
  const [slow, fast] = kernelTable([kernel('b', 1), kernel('a', 2), kernel('a', 6)]);
  expect(slow).toMatchObject({
    name: 'a',
    calls: 2,
    milliseconds: 8,
    teraflopsPerSecond: 0.5,
    gigabytesPerSecond: 0.25,
  });
  expect(fast).toMatchObject({ name: 'b', calls: 1, milliseconds: 1 });
});

test('a kernel that was not timed has no time and no rate, and neither has its phase', () => {
  const kernels = [kernel('a', 1), kernel('a', null), kernel('c', 3, 'update')];
  expect(kernelTable(kernels).find(({ name }) => name === 'a')).toMatchObject({
    milliseconds: null,
    teraflopsPerSecond: null,
  });
  expect(phaseMilliseconds(kernels)).toEqual({ forward: null, update: 3 });
});

test('a time below the resolution of the clock gives no rate', () => {
  expect(kernelTable([kernel('a', 0)])[0]).toMatchObject({ milliseconds: 0, teraflopsPerSecond: null });
});

test('the median of an even number of values lies between the middle two', () => {
  expect(spreadOf([4, 1, 3, 10])).toEqual({ median: 3.5, minimum: 1, maximum: 10 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('the step of the published recipe is planned with the operations of its products', () => {
  const step = { network: networks.resnet50, method: 'simtriplet', viewPx: 128, batch: 128, precision: 'f16' } as const;
  const { bytes, kernels } = planStep(step);
  const stem = kernels.find(({ name, label }) => name === 'convolution-forward' && label.startsWith('7x7'));
  // 384 images, 64 x 64 rows, 64 outputs, 49 taps of 8 stored channels, a product and a sum each.
  expect(stem).toMatchObject({
    label: '7x7 s2 8->64 128x128 x384',
    calls: 1,
    floatOperations: 2 * 384 * 4096 * 64 * 49 * 8,
  });
  expect(bytes.activations).toBeGreaterThan(2 ** 30);
  expect(kernels.every(({ milliseconds }) => milliseconds === null)).toBe(true);
});
