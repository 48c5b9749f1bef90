/**
 * A deterministic stand-in for a training engine: a handful of float32 weights, a decreasing loss, momentum that matters. Its
 * next weights depend on everything a real engine's do (weights, momentum, triplets, epoch, rates), so a resume that forgets
 * one of them ends elsewhere.
 */
import { RandomStream } from '#common/random.ts';
import type { EngineState, NamedTensor, TrainingEngine, TrainStepInput, TrainStepResult } from '#main/engine/port.ts';

export interface FakeEngineOptions {
  readonly seed: number;
  readonly features?: number;
  readonly stepsInFlight?: number;
  /** Replaces the result of the step with this number (0-based, counted over this engine's life). */
  readonly alter?: (result: TrainStepResult, step: number) => TrainStepResult;
  /** Replaces the embedding of a tile. */
  readonly embedTile?: (tile: number, steps: number) => readonly number[];
  readonly beforeStep?: (input: TrainStepInput, step: number) => void | Promise<void>;
}

export class FakeEngine implements TrainingEngine {
  readonly inputs: TrainStepInput[] = [];
  disposed = false;
  readonly stepsInFlight: number;
  /** Most steps that were under way at once. */
  mostInFlight = 0;
  private inFlight = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly options: FakeEngineOptions;
  private readonly features: number;
  private weights: Float32Array;
  private momentum: Float32Array;

  constructor(options: FakeEngineOptions) {
    this.options = options;
    this.features = options.features ?? 8;
    this.stepsInFlight = options.stepsInFlight ?? 1;
    const stream = RandomStream.of('fake-engine', options.seed);
    this.weights = Float32Array.from({ length: 16 }, () => stream.nextNormal());
    this.momentum = new Float32Array(16);
  }

  describe(): ReturnType<TrainingEngine['describe']> {
    return { engine: 'fake', backend: 'test', reason: 'a test asked for it', precision: 'float32', versions: {} };
  }

  plan(): ReturnType<TrainingEngine['plan']> {
    const nothing = { weightBytes: 64, optimiserBytes: 64, activationBytes: 0, workspaceBytes: 0, totalBytes: 128 };
    return { ...nothing, fits: null, advice: null };
  }

  trainStep(input: TrainStepInput): Promise<TrainStepResult> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const result = this.turn.then(() => this.takeStep(input));
    this.turn = result
      .catch(() => undefined)
      .then(() => {
        this.inFlight -= 1;
      });
    return result;
  }

  private async takeStep(input: TrainStepInput): Promise<TrainStepResult> {
    const step = this.inputs.length;
    await this.options.beforeStep?.(input, step);
    this.inputs.push(input);
    const stream = RandomStream.of('fake-step', input.epoch, ...input.triplets.flatMap((t) => [t.tile, t.neighbour]));
    let size = 0;
    for (let i = 0; i < this.weights.length; i += 1) {
      const gradient = (this.weights[i] ?? 0) + 0.1 * stream.nextNormal();
      this.momentum[i] = 0.9 * (this.momentum[i] ?? 0) + gradient;
      const rate = i < 8 ? input.learningRate : input.predictorLearningRate;
      this.weights[i] = (this.weights[i] ?? 0) - rate * (this.momentum[i] ?? 0);
      size += Math.abs(this.weights[i] ?? 0);
    }
    const loss = -2 / (1 + size / 16);
    const zStd = input.monitor ? (1 / Math.sqrt(256)) * (0.95 + 0.04 * stream.nextUnit()) : null;
    return this.options.alter?.({ loss, zStd, skipped: false }, step) ?? { loss, zStd, skipped: false };
  }

  embed(tiles: readonly number[]): Promise<Float32Array> {
    const rows = tiles.flatMap((tile) => {
      const own = this.options.embedTile?.(tile, this.inputs.length);
      if (own !== undefined) return own;
      const stream = RandomStream.of('fake-embed', tile);
      return Array.from({ length: this.features }, (_, i) => stream.nextNormal() + 0.01 * (this.weights[i % 16] ?? 0));
    });
    return Promise.resolve(Float32Array.from(rows));
  }

  state(): Promise<EngineState> {
    const tensor = (data: Float32Array): NamedTensor => ({ shape: [4, 4], data: Float32Array.from(data) });
    return Promise.resolve(
      new Map([
        ['backbone.conv1.weight', tensor(this.weights)],
        ['momentum.backbone.conv1.weight', tensor(this.momentum)],
      ]),
    );
  }

  load(state: EngineState): Promise<void> {
    const weights = state.get('backbone.conv1.weight');
    const momentum = state.get('momentum.backbone.conv1.weight');
    if (weights === undefined || momentum === undefined) throw new Error('the state is not one of a fake engine');
    this.weights = Float32Array.from(weights.data);
    this.momentum = Float32Array.from(momentum.data);
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}
