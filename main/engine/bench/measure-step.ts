/**
 * Times a step of the WebGPU engine with its views resident: whole steps back to back, then every kernel alone by timestamp
 * queries. Each repeat trains on the same images, so the weights it leaves behind are worth nothing.
 */
/// <reference types="@webgpu/types" />
import { readBack } from '../webgpu/device-memory.ts';
import type { WebGpuEngine } from '../webgpu/create-engine.ts';
import { spreadOf, type Spread, type TimedKernel } from './kernel-table.ts';
import { timed } from './plan-step.ts';

export interface StepTiming {
  readonly steps: number;
  readonly repeats: number;
  readonly warmupSteps: number;
}

/** Milliseconds of one step: median and spread over the repeats. `nowMs`: a monotonic clock. */
export async function measureStep(engine: WebGpuEngine, timing: StepTiming, nowMs: () => number): Promise<Spread> {
  await runSteps(engine, timing.warmupSteps);
  const milliseconds: number[] = [];
  for (let repeat = 0; repeat < timing.repeats; repeat += 1) {
    const start = nowMs();
    await runSteps(engine, timing.steps);
    milliseconds.push((nowMs() - start) / timing.steps);
  }
  return spreadOf(milliseconds);
}

/** Submits ahead of the device, never more than two steps: a queue of many seconds would trip the driver's watchdog. */
async function runSteps(engine: WebGpuEngine, steps: number): Promise<void> {
  const { opened, runner, kernels } = engine.device;
  const { queue } = opened.device;
  let before: Promise<unknown> = Promise.resolve();
  for (let step = 0; step < steps; step += 1) {
    const encoder = opened.device.createCommandEncoder();
    runner.encode(encoder, kernels);
    queue.submit([encoder.finish()]);
    await before;
    before = queue.onSubmittedWorkDone();
  }
  await before;
}

/** Kernels of a query set: two timestamps each, and a set holds 4,096. */
const kernelsOfSet = 2048;

/** One step with a pass of its own for each kernel; every time is null where the adapter has no timestamp queries. */
export async function timeKernels(engine: WebGpuEngine): Promise<TimedKernel[]> {
  const planned = engine.training.plan.kernels;
  const { opened, runner, kernels } = engine.device;
  const { device } = opened;
  if (!device.features.has('timestamp-query')) return planned.map((kernel) => timed(kernel, null));
  const result: TimedKernel[] = [];
  for (let first = 0; first < kernels.length; first += kernelsOfSet) {
    const part = kernels.slice(first, first + kernelsOfSet);
    const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * part.length });
    const size = 16 * part.length;
    const buffer = device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    try {
      const encoder = device.createCommandEncoder();
      part.forEach((kernel, index) => {
        const writes = { beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 };
        runner.encode(encoder, [kernel], { querySet, ...writes });
      });
      encoder.resolveQuerySet(querySet, 0, 2 * part.length, buffer, 0);
      device.queue.submit([encoder.finish()]);
      const nanoseconds = new BigUint64Array(await readBack(device, { buffer, offset: 0, size }));
      part.forEach((_, index) => {
        const kernel = planned[first + index];
        const time = Number((nanoseconds[2 * index + 1] ?? 0n) - (nanoseconds[2 * index] ?? 0n));
        if (kernel !== undefined) result.push(timed(kernel, time / 1e6));
      });
    } finally {
      querySet.destroy();
      buffer.destroy();
    }
  }
  return result;
}
