/** Runs the benchmark of a training step on the engine asked for, in this process: the step alone, and fed from disk. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { benchInput, BenchReport } from '#common/contract/bench.ts';
import { RandomStream } from '#common/random.ts';
import { kernelTable, phaseMilliseconds, spreadOf, type Spread } from '../engine/bench/kernel-table.ts';
import { measureStep, timeKernels } from '../engine/bench/measure-step.ts';
import { planStep } from '../engine/bench/plan-step.ts';
import {
  networks,
  type EngineOptions,
  type TileSource,
  type TrainingEngine,
  type TrainStepInput,
  type ViewSource,
} from '../engine/port.ts';
import { settingsFor } from '../engine/recipe.ts';
import { createTfjsEngine } from '../engine/tfjs/create-engine.ts';
import { createWebGpuEngine } from '../engine/webgpu/create-engine.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { createViewSource, type PrefetchingViewSource } from '../triplets/view-source.ts';

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
    diskToTrained: null,
    bytes: { ...step.bytes },
    phaseMilliseconds: {},
    kernels: [...step.kernels],
  };
}

async function onWebGpu(input: BenchInput): Promise<BenchReport> {
  const { allowSoftware, precision } = input;
  return withTiles(input, async (tiles, views) => {
    const engine = await createWebGpuEngine(optionsFor(input, views), {
      allowSoftware,
      ...(precision === undefined ? {} : { precision }),
    });
    try {
      await engine.trainStep(stepFor(input, 0));
      const milliseconds = await measureStep(engine, input, () => performance.now());
      const diskToTrained = await measureFromDisk(input, engine, views, tiles);
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
        step: stepReport(
          input,
          milliseconds,
          'kernels of the step with augmentation, tiles resident on the device, two steps in flight',
        ),
        diskToTrained,
        bytes: { ...engine.training.plan.bytes() },
        phaseMilliseconds: phaseMilliseconds(timed),
        kernels: kernelTable(timed),
      };
    } finally {
      await engine.dispose();
    }
  });
}

async function onTfjs(input: BenchInput): Promise<BenchReport> {
  return withTiles(input, async (tiles, views) => {
    const ready = await views.trainingViews(stepFor(input, 0).triplets, 0);
    let isReady = true;
    const source: ViewSource = {
      viewPx: views.viewPx,
      trainingViews: (triplets, epoch) => (isReady ? Promise.resolve(ready) : views.trainingViews(triplets, epoch)),
      plainViews: (indices) => views.plainViews(indices),
      close: () => Promise.resolve(),
    };
    const engine = await createTfjsEngine(optionsFor(input, source));
    try {
      const milliseconds = await repeatSteps(input, engine, null);
      isReady = false;
      const diskToTrained = await measureFromDisk(input, engine, views, tiles);
      const { backend, precision, reason } = engine.describe();
      const { weightBytes, optimiserBytes, activationBytes, workspaceBytes } = engine.plan();
      return {
        ...heading(input),
        device: { name: backend, isSoftware: backend !== 'tfjs-node-gpu', precision, reason },
        precision: 'f32',
        step: stepReport(input, milliseconds, 'whole steps one after the other, from ready views in memory'),
        diskToTrained,
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
  });
}

function stepReport(
  { steps, repeats, warmupSteps, batch }: BenchInput,
  milliseconds: { readonly median: number; readonly minimum: number; readonly maximum: number },
  covers: string,
): BenchReport['step'] {
  const tripletsPerSecond = (1000 * batch) / milliseconds.median;
  return { steps, repeats, warmupSteps, milliseconds: { ...milliseconds }, tripletsPerSecond, covers };
}

function optionsFor({ network, batch }: BenchInput, views: ViewSource): EngineOptions {
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

/** Tiles of the benchmark: enough that steps differ, few enough to write quickly. */
const tilesPerTriplet = 4;

function stepFor({ batch }: BenchInput, step: number): TrainStepInput {
  const count = batch * tilesPerTriplet;
  const triplets = Array.from({ length: batch }, (_, index) => {
    const tile = (step * batch + index) % count;
    return { tile, neighbour: (tile + 1) % count };
  });
  // The benchmark must not wander off into overflow: the rates are those of the first warm-up step.
  return { triplets, epoch: step, learningRate: 1e-4, predictorLearningRate: 1e-4, monitor: false };
}

/** Steps as the training loop asks for them: as many in flight as the engine takes, the next one read ahead. */
async function repeatSteps(
  input: BenchInput,
  engine: TrainingEngine,
  views: PrefetchingViewSource | null,
): Promise<Spread> {
  let next = 0;
  const runSteps = async (count: number): Promise<void> => {
    const inFlight: Promise<unknown>[] = [];
    for (let step = 0; step < count; step += 1) {
      inFlight.push(engine.trainStep(stepFor(input, next)));
      next += 1;
      const ahead = stepFor(input, next);
      views?.prefetch(ahead.triplets, ahead.epoch);
      if (inFlight.length >= (engine.stepsInFlight ?? 1)) await inFlight.shift();
    }
    await Promise.all(inFlight);
  };
  await runSteps(input.warmupSteps);
  const milliseconds: number[] = [];
  for (let repeat = 0; repeat < input.repeats; repeat += 1) {
    const start = performance.now();
    await runSteps(input.steps);
    milliseconds.push((performance.now() - start) / input.steps);
  }
  return spreadOf(milliseconds);
}

async function measureFromDisk(
  input: BenchInput,
  engine: TrainingEngine,
  views: PrefetchingViewSource,
  tiles: TileSource,
): Promise<BenchReport['diskToTrained']> {
  const milliseconds = await repeatSteps(input, engine, views);
  const start = performance.now();
  for (let step = 0; step < input.steps; step += 1) {
    const { triplets } = stepFor(input, step);
    await tiles.read([...new Set(triplets.flatMap(({ tile, neighbour }) => [tile, neighbour]))]);
  }
  const readMilliseconds = (performance.now() - start) / input.steps;
  const tripletsPerSecond = (1000 * input.batch) / milliseconds.median;
  return { milliseconds: { ...milliseconds }, tripletsPerSecond, readMilliseconds };
}

/** A shard of random tiles in a temporary folder, read by the same store and view source as a run's. */
async function withTiles<Result>(
  input: BenchInput,
  work: (tiles: TileSource, views: PrefetchingViewSource) => Promise<Result>,
): Promise<Result> {
  const sizePx = input.viewPx;
  const count = input.batch * tilesPerTriplet;
  const folder = await mkdtemp(join(tmpdir(), 'trefoil-bench-'));
  try {
    const path = join(folder, 'tiles.rgb');
    const random = RandomStream.of('bench tiles');
    const pixels = new Uint8Array(count * sizePx * sizePx * 3);
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = random.nextInteger(256);
    await writeFile(path, pixels);
    const keys = Array.from({ length: count }, (_, tile) => [tile, 0] as const);
    const shard = { slide: 'bench', path, firstIndex: 0, records: count, sha256: '', tiles: keys };
    const tiles = openTileStore({ sizePx, count, shards: [shard] });
    const workers = Math.max(1, availableParallelism() - 1);
    const { augmentation } = settingsFor('paper');
    const views = createViewSource({ tiles, viewPx: sizePx, seed: 1, augmentation, workers });
    try {
      return await work(tiles, views);
    } finally {
      // Closes the tiles too.
      await views.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
