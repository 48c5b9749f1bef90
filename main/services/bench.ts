/** Runs the benchmark of a training step on the engine asked for, in this process, with images that stay where they are. */
import { arch, availableParallelism, platform } from 'node:os';
import type { z } from 'zod';
import type { benchInput, BenchReport } from '#common/contract/bench.ts';
import { kernelTable, phaseMilliseconds, spreadOf } from '../engine/bench/kernel-table.ts';
import { measureStep, timeKernels } from '../engine/bench/measure-step.ts';
import { planStep } from '../engine/bench/plan-step.ts';
import { networks, type EngineOptions, type TrainStepInput, type ViewSource } from '../engine/port.ts';
import { createTfjsEngine } from '../engine/tfjs/create-engine.ts';
import { createWebGpuEngine } from '../engine/webgpu/create-engine.ts';

export type BenchInput = z.output<typeof benchInput>;

/** Throws `engine-unavailable` without a GPU (a software one only with `allowSoftware`), `out-of-memory`. */
export async function runBench(input: BenchInput): Promise<BenchReport> {
  if (input.planOnly) return planned(input);
  return input.engine === 'webgpu' ? onWebGpu(input) : onTfjs(input);
}

function heading(input: BenchInput): Pick<BenchReport, 'machine' | 'engine' | 'network' | 'viewPx' | 'batch'> {
  const { engine, network, viewPx, batch } = input;
  return { machine: `${platform()} ${arch()}, ${availableParallelism()} cores`, engine, network, viewPx, batch };
}

function planned(input: BenchInput): BenchReport {
  const precision = input.precision ?? 'f16';
  const { viewPx, batch } = input;
  const step = planStep({ network: networks[input.network], method: 'simtriplet', viewPx, batch, precision });
  return {
    ...heading({ ...input, engine: 'webgpu' }),
    device: null,
    precision,
    step: null,
    bytes: { ...step.bytes },
    phaseMilliseconds: {},
    kernels: [...step.kernels],
  };
}

async function onWebGpu(input: BenchInput): Promise<BenchReport> {
  const { allowSoftware, precision } = input;
  const engine = await createWebGpuEngine(optionsFor(input), {
    allowSoftware,
    ...(precision === undefined ? {} : { precision }),
  });
  try {
    await engine.trainStep(stepFor(input));
    const milliseconds = await measureStep(engine, input, () => performance.now());
    const timed = await timeKernels(engine);
    const { opened } = engine.device;
    return {
      ...heading(input),
      device: {
        name: opened.adapter.description,
        isSoftware: opened.adapter.isSoftware,
        precision: engine.describe().precision,
        reason: opened.reason,
      },
      precision: opened.precision,
      step: stepReport(input, milliseconds, 'kernels of the step, views resident on the device, two steps in flight'),
      bytes: { ...engine.training.plan.bytes() },
      phaseMilliseconds: phaseMilliseconds(timed),
      kernels: kernelTable(timed),
    };
  } finally {
    await engine.dispose();
  }
}

async function onTfjs(input: BenchInput): Promise<BenchReport> {
  const engine = await createTfjsEngine(optionsFor(input));
  try {
    const milliseconds: number[] = [];
    for (let step = 0; step < input.warmupSteps; step += 1) await engine.trainStep(stepFor(input));
    for (let repeat = 0; repeat < input.repeats; repeat += 1) {
      const start = performance.now();
      for (let step = 0; step < input.steps; step += 1) await engine.trainStep(stepFor(input));
      milliseconds.push((performance.now() - start) / input.steps);
    }
    const { backend, precision, reason } = engine.describe();
    const { weightBytes, optimiserBytes, activationBytes, workspaceBytes } = engine.plan();
    return {
      ...heading(input),
      device: { name: backend, isSoftware: backend !== 'tfjs-node-gpu', precision, reason },
      precision: 'f32',
      step: stepReport(input, spreadOf(milliseconds), 'whole steps one after the other, from ready views in memory'),
      bytes: {
        weights: weightBytes,
        optimiser: optimiserBytes,
        activations: activationBytes,
        workspace: workspaceBytes,
      },
      phaseMilliseconds: {},
      kernels: [],
    };
  } finally {
    await engine.dispose();
  }
}

function stepReport(
  { steps, repeats, warmupSteps, batch }: BenchInput,
  milliseconds: { readonly median: number; readonly minimum: number; readonly maximum: number },
  covers: string,
): BenchReport['step'] {
  const tripletsPerSecond = (1000 * batch) / milliseconds.median;
  return { steps, repeats, warmupSteps, milliseconds: { ...milliseconds }, tripletsPerSecond, covers };
}

function optionsFor({ network, batch, viewPx }: BenchInput): EngineOptions {
  const view = (phase: number): Float32Array =>
    Float32Array.from({ length: batch * viewPx * viewPx * 3 }, (_, index) => Math.sin(index * 0.37 + phase));
  const ready = [view(0), view(1), view(2)] as const;
  const views: ViewSource = {
    viewPx,
    trainingViews: () => Promise.resolve(ready),
    plainViews: () => Promise.resolve(ready[0]),
    close: () => Promise.resolve(),
  };
  return {
    network: networks[network],
    method: 'simtriplet',
    batch,
    views,
    seed: 1,
    momentum: 0.9,
    weightDecay: 1e-4,
  };
}

function stepFor({ batch }: BenchInput): TrainStepInput {
  const triplets = Array.from({ length: batch }, (_, tile) => ({ tile, neighbour: tile }));
  // The benchmark must not wander off into overflow: the rates are those of the first warm-up step.
  return { triplets, epoch: 0, learningRate: 1e-4, predictorLearningRate: 1e-4, monitor: false };
}
