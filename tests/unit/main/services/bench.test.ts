/** The benchmark itself on steps too small to mean anything; what it says about machines is not tested. */
import { expect, test } from 'vitest';
import { benchInput, benchReport } from '#common/contract/bench.ts';
import { benchMarkdown } from '#main/entries/cli/bench-command.ts';
import { runBench } from '#main/services/bench.ts';
import { openTestDevice } from '../../../kernels/test-device.ts';

const small = { network: 'resnet18-narrow', viewPx: 32, batch: 2, steps: 1, repeats: 2, warmupSteps: 1 } as const;

test('a plan counts the published step without a device: below 6 GiB at 128 px, below 16 GiB at 224 px', async () => {
  for (const [viewPx, gibibytes] of [
    [128, 6],
    [224, 16],
  ] as const) {
    const report = benchReport.parse(await runBench(benchInput.parse({ viewPx, planOnly: true })));
    const { weights, optimiser, activations, workspace } = report.bytes!;
    expect(weights + optimiser + activations + workspace).toBeLessThan(gibibytes * 2 ** 30);
    expect(report).toMatchObject({ device: null, step: null, diskToTrained: null });
    expect(benchMarkdown(report)).toContain('planned, not measured');
  }
});

test('the portable engine is timed alone and from disk, and marked as no GPU', async () => {
  const report = benchReport.parse(await runBench(benchInput.parse({ ...small, engine: 'tfjs' })));
  expect(report.step!.milliseconds.median).toBeGreaterThan(0);
  expect(report.diskToTrained!.tripletsPerSecond).toBeCloseTo(2000 / report.diskToTrained!.milliseconds.median);
  expect(benchMarkdown(report)).toContain('software or processor, no GPU');
});

test('the WebGPU engine is timed kernel by kernel, in phases that cover every kernel', async (context) => {
  const opened = await openTestDevice();
  if (opened === null) context.skip('no Vulkan, Metal or Direct3D driver is installed');
  const input = benchInput.parse({ ...small, allowSoftware: true, precision: 'f32' });
  const report = benchReport.parse(await runBench(input));
  const calls = report.kernels.reduce((sum, kernel) => sum + kernel.calls, 0);
  const plan = benchReport.parse(await runBench(benchInput.parse({ ...small, planOnly: true, precision: 'f32' })));
  expect(calls).toBe(plan.kernels.reduce((sum, kernel) => sum + kernel.calls, 0));
  expect(Object.keys(report.phaseMilliseconds)).toEqual(['augment', 'forward', 'backward', 'update']);
  for (const { milliseconds } of report.kernels) expect(milliseconds).toBeGreaterThanOrEqual(0);
}, 900_000);
