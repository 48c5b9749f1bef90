/**
 * The TensorFlow.js engine behind the port: float32, portable, on whichever backend select-backend.ts finds. It reads the
 * views of a step from the injected source and keeps all values in plain memory, so the device only ever holds one step.
 */
import { TrefoilError } from '#common/errors.ts';
import type { CreateEngine, EngineOptions, TrainingEngine, TrainStepInput, TrainStepResult } from '../port.ts';
import { viewsOf } from '#common/domain/objective.ts';
import { planMemory } from './memory-plan.ts';
import { selectBackend, type SelectedBackend } from './select-backend.ts';
import { SiameseNetwork } from './siamese-network.ts';
import { TensorDevice } from './tensor-device.ts';

/** Images of one pass in evaluation mode, at most: enough to fill the products, little enough memory at any tile size. */
const embeddingBatch = 64;

class TfjsEngine implements TrainingEngine {
  private readonly options: EngineOptions;
  private readonly selected: SelectedBackend;
  private readonly device: TensorDevice;
  private readonly network: SiameseNetwork;

  constructor(options: EngineOptions, selected: SelectedBackend) {
    this.options = options;
    this.selected = selected;
    this.device = new TensorDevice(selected.tf);
    this.network = new SiameseNetwork(this.device, options);
  }

  describe(): ReturnType<TrainingEngine['describe']> {
    const { backend, reason, versions } = this.selected;
    return { engine: 'tfjs', backend, reason, precision: 'float32', versions };
  }

  plan(): ReturnType<TrainingEngine['plan']> {
    const { network, method, neighbourWeight, batch, views } = this.options;
    const { backend } = this.selected;
    return planMemory({ network, method, neighbourWeight, batch, viewPx: views.viewPx, backend });
  }

  async trainStep(input: TrainStepInput): Promise<TrainStepResult> {
    const { views } = this.options;
    const all = await views.trainingViews(input.triplets, input.epoch);
    const used = viewsOf(this.options).map((view) => all[view]);
    const { loss, zStd } = this.guarded(() => {
      const result = this.network.forwardBackward(used, views.viewPx, input.targets);
      this.network.update(input);
      return result;
    });
    return { loss, zStd: input.monitor ? zStd : null, skipped: false };
  }

  async embed(tiles: readonly number[]): Promise<Float32Array> {
    const { views, network } = this.options;
    const result = new Float32Array(tiles.length * network.features);
    for (let first = 0; first < tiles.length; first += embeddingBatch) {
      const images = await views.plainViews(tiles.slice(first, first + embeddingBatch));
      result.set(
        this.guarded(() => this.network.features(images, views.viewPx)),
        first * network.features,
      );
    }
    return result;
  }

  state(): ReturnType<TrainingEngine['state']> {
    return Promise.resolve(this.network.state());
  }

  load(state: Awaited<ReturnType<TrainingEngine['state']>>): Promise<void> {
    return new Promise((resolve) => {
      this.network.load(state);
      resolve();
    });
  }

  dispose(): Promise<void> {
    this.device.dispose();
    return Promise.resolve();
  }

  /** Turns the backends' many ways of saying "no memory" into one. */
  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (
        !/out of memory|OOM|enlarge memory|allocation failed|Invalid typed array length|RESOURCE_EXHAUSTED/i.test(text)
      )
        throw error;
      const { totalBytes, advice } = this.plan();
      throw new TrefoilError(
        'out-of-memory',
        `The ${this.selected.backend} engine ran out of memory (${text}); a step needs about ${String(Math.ceil(totalBytes / 2 ** 20))} MiB.`,
        advice ?? 'Choose a smaller batch or a narrower network and resume.',
        { totalBytes },
        error,
      );
    }
  }
}

/** Opens the portable engine. Fails with `engine-unavailable` when no backend starts. */
/** Throws `invalid-input` for a batch in parts: only the WebGPU engine, which needs it, has it. */
export const createTfjsEngine: CreateEngine = async (options) => {
  if ((options.parts ?? 1) > 1) {
    throw new TrefoilError(
      'invalid-input',
      'TensorFlow.js does not work through a batch in parts.',
      'Choose one part and a smaller batch, or engine webgpu.',
    );
  }
  return new TfjsEngine(options, await selectBackend());
};
