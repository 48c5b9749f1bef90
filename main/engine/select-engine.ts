/**
 * Which engine trains: the WebGPU engine on a real GPU, TensorFlow.js otherwise, or the one a person asked for. The reason goes
 * into the engine's description, so that nobody has to guess why a run is slow.
 */
import { TrefoilError } from '#common/errors.ts';
import type { EngineChoice } from '#common/domain/engine-choice.ts';
import type { EngineDescription, EngineOptions, TrainingEngine } from './port.ts';
import { createTfjsEngine } from './tfjs/create-engine.ts';
import { createWebGpuEngine } from './webgpu/create-engine.ts';

/** How the engines are opened; a test puts doubles here. */
export interface EngineFactories {
  readonly webgpu: (options: EngineOptions, choice: EngineChoice) => Promise<TrainingEngine>;
  readonly tfjs: (options: EngineOptions) => Promise<TrainingEngine>;
}

const factories: EngineFactories = {
  webgpu: (options, { adapter, precision, allowSoftware }) =>
    createWebGpuEngine(options, {
      allowSoftware,
      ...(adapter === null ? {} : { adapterName: adapter }),
      ...(precision === 'auto' ? {} : { precision }),
    }),
  tfjs: (options) => createTfjsEngine(options),
};

/**
 * Throws `engine-unavailable` when the engine asked for cannot run here, and `out-of-memory` when the step does not fit the GPU:
 * a processor would take weeks for what does not fit a GPU, so that is for a person to decide.
 */
export async function selectEngine(
  options: EngineOptions,
  choice: EngineChoice,
  { webgpu, tfjs }: EngineFactories = factories,
): Promise<TrainingEngine> {
  if (choice.engine === 'tfjs') return tfjs(options);
  if (choice.engine === 'webgpu') return webgpu(options, choice);
  try {
    return await webgpu(options, { ...choice, allowSoftware: false });
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code !== 'engine-unavailable') throw error;
    return new ExplainedEngine(await tfjs(options), error.message);
  }
}

/** An engine that was the second choice and says so. */
class ExplainedEngine implements TrainingEngine {
  private readonly engine: TrainingEngine;
  private readonly why: string;

  constructor(engine: TrainingEngine, why: string) {
    this.engine = engine;
    this.why = why;
  }

  describe(): EngineDescription {
    const description = this.engine.describe();
    return { ...description, reason: `${this.why} ${description.reason}` };
  }

  plan(): ReturnType<TrainingEngine['plan']> {
    return this.engine.plan();
  }

  trainStep(input: Parameters<TrainingEngine['trainStep']>[0]): ReturnType<TrainingEngine['trainStep']> {
    return this.engine.trainStep(input);
  }

  embed(tiles: readonly number[]): Promise<Float32Array> {
    return this.engine.embed(tiles);
  }

  state(): ReturnType<TrainingEngine['state']> {
    return this.engine.state();
  }

  load(state: Parameters<TrainingEngine['load']>[0]): Promise<void> {
    return this.engine.load(state);
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }
}
