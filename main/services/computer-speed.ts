/**
 * A few steps on the engine that will run, and what they say about a whole training: 79,000 tiles of 128 px, 100 epochs. The
 * processor is measured on the narrow network it is meant for, so its hours are for that network; the network is named.
 */
import type { BenchReport } from '#common/contract/bench.ts';
import { benchInput } from '#common/contract/bench.ts';
import type { ComputerSpeed } from '#common/contract/app.ts';
import { toErrorReport } from '#common/errors.ts';
import type { BenchInput } from './bench.ts';

export const exampleTiles = 79_000;
export const exampleEpochs = 100;

export function speedInput(engine: string): BenchInput {
  const isGpu = engine === 'webgpu';
  return benchInput.parse({
    engine: isGpu ? 'webgpu' : 'tfjs',
    network: isGpu ? 'resnet50' : 'resnet18-narrow',
    batch: isGpu ? 32 : 8,
    steps: isGpu ? 3 : 1,
    repeats: 1,
    warmupSteps: 1,
  });
}

/** What could not be measured says why; the rest of the check stands without it. */
export async function measureSpeed(
  engine: string,
  bench: (input: BenchInput) => Promise<BenchReport>,
): Promise<ComputerSpeed> {
  try {
    const { diskToTrained, step, network } = await bench(speedInput(engine));
    const tripletsPerSecond = diskToTrained?.tripletsPerSecond ?? step?.tripletsPerSecond ?? 0;
    if (tripletsPerSecond <= 0) return { missing: 'The steps could not be timed.' };
    return {
      network,
      // Tile, neighbour and second view.
      imagesPerSecond: 3 * tripletsPerSecond,
      exampleHours: (exampleTiles * exampleEpochs) / tripletsPerSecond / 3600,
    };
  } catch (error) {
    const { message, hint } = toErrorReport(error);
    return { missing: `${message} ${hint}` };
  }
}
