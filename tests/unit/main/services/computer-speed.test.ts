import { expect, test } from 'vitest';
import type { BenchReport } from '#common/contract/bench.ts';
import { measureSpeed, speedInput } from '#main/services/computer-speed.ts';

const report = (tripletsPerSecond: number) =>
  ({ network: 'resnet50', step: null, diskToTrained: { tripletsPerSecond } }) as unknown as BenchReport;

test('three images a triplet, and the hours of 79,000 tiles in 100 epochs', async () => {
  const speed = await measureSpeed('webgpu', async () => report(100));
  expect(speed).toMatchObject({ network: 'resnet50', imagesPerSecond: 300 });
  expect('exampleHours' in speed ? speed.exampleHours : 0).toBeCloseTo(21.94, 2);
});

test('the engine that will run is the one that is measured', () => {
  expect(speedInput('webgpu')).toMatchObject({ engine: 'webgpu', network: 'resnet50', viewPx: 128 });
  expect(speedInput('tfjs')).toMatchObject({ engine: 'tfjs', network: 'resnet18-narrow', viewPx: 128 });
});

test('what cannot be measured says why', async () => {
  const speed = await measureSpeed('webgpu', () => Promise.reject(new Error('broken')));
  expect('missing' in speed && speed.missing !== '').toBe(true);
  expect(await measureSpeed('webgpu', async () => report(0))).toEqual({ missing: 'The steps could not be timed.' });
});
