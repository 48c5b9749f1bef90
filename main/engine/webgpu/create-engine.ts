/**
 * The WebGPU engine behind the port. It plans the step once, then feeds it: tiles and view records (or ready views) up, one
 * submit a step, eight numbers back. Steps may be asked for while earlier ones run; they are submitted in order.
 */
/// <reference types="@webgpu/types" />
import { TrefoilError } from '#common/errors.ts';
import type {
  EngineDescription,
  EngineOptions,
  EngineState,
  MemoryPlan,
  TrainingEngine,
  TrainingTiles,
  TrainStepInput,
  TrainStepResult,
  UnrenderedViews,
  ViewSource,
} from '../port.ts';
import { usesPredictor, viewsOf } from '#common/domain/objective.ts';
import { initialState } from '../network-parameters.ts';
import { padImages, readBack, toFloat32, writeBytes } from './device-memory.ts';
import { KernelRunner, type BufferSlice, type RecordedKernel } from './kernel-runner.ts';
import { packViewRecords, sgdUpdate } from './kernels/index.ts';
import { describeMemory, type PlannedMemory } from './memory-advice.ts';
import { fromState, toState, type BatchesTracked } from './network-state.ts';
import { openDevice, type OpenDeviceOptions, type OpenedDevice } from './open-device.ts';
import { planEvaluation, type EvaluationPlan } from './plan/evaluation-plan.ts';
import { partOf, type RealisedPlan, type Tensor } from './plan/step-plan.ts';
import { planTraining, type PlannedViews, type TrainingPlan } from './plan/training-plan.ts';
import { ResultRing } from './result-ring.ts';

/** Images of one evaluation pass. */
const embeddingBatch = 64;
/** PyTorch's start; 16-bit gradients overflow a few times at first and the scale settles. */
const firstLossScale = 65_536;
/** The scale reaches 1 after 16 halvings: what still overflows then is not a matter of scale. */
const mostSkipsInARow = 32;

export class WebGpuEngine implements TrainingEngine {
  /** One runs, one is ready behind it. */
  readonly stepsInFlight = 2;
  readonly training: TrainingPlan;
  private readonly options: EngineOptions;
  private readonly opened: OpenedDevice;
  private readonly runner: KernelRunner;
  private readonly realised: RealisedPlan;
  private readonly results: ResultRing;
  private evaluation: { readonly planned: EvaluationPlan; readonly realised: RealisedPlan } | null = null;
  private lastSubmit: Promise<unknown> = Promise.resolve();
  private batchesTracked: BatchesTracked = { base: 0, predictor: 0 };
  private failure: TrefoilError | null = null;
  private isDisposed = false;

  /** Use `createWebGpuEngine`, which compiles first, checks memory and loads the start weights. */
  constructor(options: EngineOptions, opened: OpenedDevice, compiled: CompiledTraining) {
    this.options = options;
    this.opened = opened;
    this.training = compiled.training;
    this.runner = compiled.runner;
    const { device } = opened;
    this.realised = this.training.plan.realise(this.runner);
    this.results = new ResultRing(device, this.realised.slice(this.training.results));
    void device.lost.then(({ message }) => {
      if (!this.isDisposed) this.failure ??= lost(message);
    });
    device.addEventListener('uncapturederror', (event) => {
      this.failure ??= broken((event as GPUUncapturedErrorEvent).error.message);
    });
  }

  describe(): EngineDescription {
    const { adapter, precision, reason } = this.opened;
    return {
      engine: 'webgpu',
      backend: adapter.description,
      reason,
      precision: precision === 'f16' ? 'mixed-float16' : 'float32',
      versions: { driver: adapter.description, architecture: adapter.architecture },
    };
  }

  plan(): MemoryPlan {
    return describeMemory(plannedMemory(this.training), this.opened.adapter, this.options.batch);
  }

  async trainStep(input: TrainStepInput): Promise<TrainStepResult> {
    if (input.triplets.length !== this.options.batch) {
      throw new RangeError(`the step is planned for ${this.options.batch} triplets, not ${input.triplets.length}`);
    }
    // Reading starts at once; submits keep the order of the calls.
    const upload = this.prepareUpload(input);
    // A failure belongs to this call, also when an earlier one fails first.
    upload.catch(() => undefined);
    const submitted = this.lastSubmit.then(async () => this.submit(input, await upload));
    this.lastSubmit = submitted.catch(() => undefined);
    const values = await (await submitted).finished;
    this.throwIfBroken();
    const [loss = NaN, zStd = NaN, skipped = 0, , skipsInARow = 0] = values;
    if (skipsInARow >= mostSkipsInARow) {
      throw new TrefoilError(
        'training-diverged',
        `The gradients overflowed in ${skipsInARow} steps in a row: the numbers of this run are beyond 16-bit floats.`,
        'Go on from an earlier checkpoint with a lower learning rate, or train in float32.',
        { skipsInARow },
      );
    }
    return { loss, zStd: input.monitor ? zStd : null, skipped: skipped !== 0 };
  }

  async embed(tiles: readonly number[]): Promise<Float32Array> {
    const { views, network } = this.options;
    const { planned, realised } = await this.evaluationPlan();
    const { device, precision } = this.opened;
    const result = new Float32Array(tiles.length * network.features);
    for (let first = 0; first < tiles.length; first += embeddingBatch) {
      const part = tiles.slice(first, first + embeddingBatch);
      if (planned.input.source === null) {
        this.writeViews(realised, planned.input, [await views.plainViews(part)]);
      } else {
        this.writeTiles(realised, planned.input, await unrenderedOf(views).plain(part));
      }
      this.throwIfBroken();
      this.submitKernels(realised.kernels);
      const bytes = await readBack(device, realised.slice(planned.features)).catch((error: unknown) => {
        throw this.failure ?? error;
      });
      const features = toFloat32(bytes, precision, part.length * network.features);
      result.set(features, first * network.features);
    }
    this.throwIfBroken();
    return result;
  }

  async state(): Promise<EngineState> {
    await this.lastSubmit;
    const { network, momentum, scaler } = this.training;
    const read = async (tensor: Tensor): Promise<Float32Array> =>
      new Float32Array(await readBack(this.opened.device, this.realised.slice(tensor)));
    const values = {
      weights: await read(network.master),
      momentum: await read(momentum),
      running: await read(network.running),
      scaler: (await read(scaler)).slice(0, 4),
      batchesTracked: this.batchesTracked,
    };
    this.throwIfBroken();
    return toState(this.options.network, network.arena, values);
  }

  async load(state: EngineState): Promise<void> {
    await this.lastSubmit;
    const { network, momentum, scaler, overflow } = this.training;
    const firstScale = this.opened.precision === 'f16' ? firstLossScale : 1;
    const values = fromState(this.options.network, network.arena, state, Float32Array.of(firstScale, 0, 0, 0));
    const write = (tensor: Tensor, data: Float32Array): void => {
      writeBytes(
        this.opened.device,
        this.realised.slice(tensor),
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
    };
    write(network.master, values.weights);
    write(momentum, values.momentum);
    write(network.running, values.running);
    write(scaler, values.scaler);
    this.batchesTracked = values.batchesTracked;
    if (this.opened.precision === 'f16') {
      // The update's own rounding makes the copy: after an overflow it writes the copy and nothing else.
      const raised = new Uint8Array(new Uint32Array([1, 0, 0, 0]).buffer);
      writeBytes(this.opened.device, this.realised.slice(overflow), raised);
      this.submitKernels(this.copyKernels());
      writeBytes(this.opened.device, this.realised.slice(overflow), new Uint8Array(16));
    }
    await this.opened.device.queue.onSubmittedWorkDone();
    this.throwIfBroken();
  }

  async dispose(): Promise<void> {
    if (this.isDisposed) return;
    await this.lastSubmit;
    this.isDisposed = true;
    this.results.dispose();
    for (const buffer of [...this.realised.owned, ...(this.evaluation?.realised.owned ?? [])]) buffer.destroy();
    this.runner.dispose();
    this.opened.device.destroy();
  }

  /** Contents of a persistent tensor, or of one of the latest step that nothing has overwritten; for checks and benchmarks. */
  async read(tensor: Tensor): Promise<Float32Array> {
    await this.lastSubmit;
    const bytes = await readBack(this.opened.device, this.realised.slice(tensor));
    return toFloat32(bytes, tensor.precision, tensor.elements);
  }

  /** The step's kernels as they are dispatched, beside `training.plan.kernels`; for the benchmark's kernel table. */
  get device(): {
    readonly opened: OpenedDevice;
    readonly runner: KernelRunner;
    readonly kernels: readonly RecordedKernel[];
  } {
    return { opened: this.opened, runner: this.runner, kernels: this.realised.kernels };
  }

  /** Resolves once the device has finished everything submitted so far. */
  async finished(): Promise<void> {
    await this.lastSubmit;
    await this.opened.device.queue.onSubmittedWorkDone();
  }

  /** Reads what the step needs; the returned function writes it into the queue, between other steps' submits. */
  private async prepareUpload(input: TrainStepInput): Promise<() => void> {
    const { views } = this.options;
    const wanted = viewsOf(this.options);
    const { inputs } = this.training;
    const perMicro = this.options.batch / inputs.length;
    if (inputs[0]?.source === null) {
      const all = await views.trainingViews(input.triplets, input.epoch);
      const values = perMicro * views.viewPx ** 2 * 3;
      return () => {
        this.writeTargets(input, perMicro);
        inputs.forEach((micro, index) => {
          const parts = wanted.map((view) =>
            (all[view] ?? new Float32Array(0)).subarray(index * values, (index + 1) * values),
          );
          this.writeViews(this.realised, micro, parts);
        });
      };
    }
    const parts: TrainingTiles[] = [];
    for (let index = 0; index < inputs.length; index += 1) {
      const triplets = input.triplets.slice(index * perMicro, (index + 1) * perMicro);
      const tiles = await unrenderedOf(views).training(triplets, input.epoch);
      const used = wanted.flatMap((view) => tiles.views.slice(view * perMicro, (view + 1) * perMicro));
      parts.push({ ...tiles, views: used });
    }
    return () => {
      this.writeTargets(input, perMicro);
      inputs.forEach((micro, index) => {
        const part = parts[index];
        if (part !== undefined) this.writeTiles(this.realised, micro, part);
      });
    };
  }

  private writeTargets({ targets = [] }: TrainStepInput, perMicro: number): void {
    this.training.inputs.forEach((micro, index) => {
      if (micro.targets === null) return;
      const own = targets.slice(index * perMicro, (index + 1) * perMicro);
      const values = Float32Array.from(own.flatMap((target) => [target.class, target.weight]));
      writeBytes(this.opened.device, this.realised.slice(micro.targets), new Uint8Array(values.buffer));
    });
  }

  private submit(input: TrainStepInput, upload: () => void): { readonly finished: Promise<Float32Array> } {
    this.throwIfBroken();
    const { device } = this.opened;
    upload();
    const { momentum, weightDecay } = this.options;
    const rates = Float32Array.of(input.learningRate, input.predictorLearningRate, momentum, weightDecay);
    writeBytes(device, this.realised.slice(this.training.settings), new Uint8Array(rates.buffer));
    const encoder = device.createCommandEncoder();
    this.runner.encode(encoder, this.realised.kernels);
    const fetch = this.results.record(encoder);
    device.queue.submit([encoder.finish()]);
    const { base, predictor } = this.batchesTracked;
    const seen = viewsOf(this.options).length * this.training.inputs.length;
    this.batchesTracked = {
      base: base + seen,
      predictor: predictor + (usesPredictor(this.options.method) ? seen : 0),
    };
    const finished = fetch().catch((error: unknown) => {
      throw this.failure ?? lost(error instanceof Error ? error.message : String(error));
    });
    // Handled by the caller of trainStep; a disposed engine has none.
    finished.catch(() => undefined);
    return { finished };
  }

  private submitKernels(kernels: readonly RecordedKernel[]): void {
    const encoder = this.opened.device.createCommandEncoder();
    this.runner.encode(encoder, kernels);
    this.opened.device.queue.submit([encoder.finish()]);
  }

  private writeViews(realised: RealisedPlan, input: PlannedViews, parts: readonly Float32Array[]): void {
    const { buffer, byteOffset, byteLength } = padImages(parts, this.opened.precision);
    writeBytes(this.opened.device, realised.slice(input.views), new Uint8Array(buffer, byteOffset, byteLength));
  }

  private writeTiles(realised: RealisedPlan, { source }: PlannedViews, tiles: TrainingTiles): void {
    if (source === null) throw new RangeError('this plan takes views, not tiles');
    const { device } = this.opened;
    const records = packViewRecords(tiles.views, tiles.tilePx, this.options.views.viewPx);
    writeBytes(device, realised.slice(source.tiles), tiles.pixels);
    writeBytes(device, realised.slice(source.records), new Uint8Array(records.buffer));
  }

  private async evaluationPlan(): Promise<{ readonly planned: EvaluationPlan; readonly realised: RealisedPlan }> {
    if (this.evaluation === null) {
      const { network, views } = this.options;
      const { precision, family } = this.opened;
      const planned = planEvaluation({
        network,
        images: embeddingBatch,
        viewPx: views.viewPx,
        precision,
        family,
        tilePx: views.unrendered?.tilePx ?? null,
      });
      await this.runner.compile(planned.plan.kernels.map(({ program }) => program));
      const realised = planned.plan.realise(this.runner, this.realised.persistent);
      this.evaluation = { planned, realised };
    }
    return this.evaluation;
  }

  private copyKernels(): RecordedKernel[] {
    const { network, gradients, momentum, settings, scaler, overflow } = this.training;
    const elements = network.arena.totalElements;
    const step = 2 ** 24;
    return Array.from({ length: Math.ceil(elements / step) }, (_, index) => {
      const first = index * step;
      const count = Math.min(step, elements - first);
      const range = (tensor: Tensor): BufferSlice => this.realised.slice(partOf(tensor, tensor.name, first, count));
      const program = sgdUpdate({ elements: count, precision: 'f16', group: 'base' });
      const whole = [settings, scaler, overflow].map((tensor) => this.realised.slice(tensor));
      return this.runner.prepare(program, [
        range(gradients),
        range(network.master),
        range(momentum),
        ...whole,
        range(network.copy),
      ]);
    });
  }

  private throwIfBroken(): void {
    if (this.isDisposed) throw new Error('the engine was disposed of');
    if (this.failure !== null) throw this.failure;
  }
}

function unrenderedOf({ unrendered }: ViewSource): UnrenderedViews {
  if (unrendered === undefined) throw new RangeError('a plan with tiles needs a view source that has them');
  return unrendered;
}

function plannedMemory(training: TrainingPlan): PlannedMemory {
  return { bytes: training.plan.bytes(), largestBindingBytes: training.plan.largestBindingBytes() };
}

interface CompiledTraining {
  readonly training: TrainingPlan;
  readonly runner: KernelRunner;
}

/** Opens the device, refuses what cannot fit (`out-of-memory` with what would), and loads the start weights of the seed. */
export async function createWebGpuEngine(
  options: EngineOptions,
  settings: OpenDeviceOptions = {},
): Promise<WebGpuEngine> {
  const { network, method, neighbourWeight, batch, views } = options;
  const microBatches = options.parts ?? 1;
  if (batch % microBatches !== 0 || batch / microBatches < 2) {
    throw new TrefoilError(
      'invalid-input',
      `A batch of ${batch} triplets does not split into ${microBatches} equal parts of at least 2.`,
      'Choose a number of parts that divides the batch.',
    );
  }
  const opened = await openDevice(settings);
  const { device, precision, family, adapter } = opened;
  const { viewPx, unrendered } = views;
  const tilePx = unrendered?.tilePx ?? null;
  const training = planTraining({
    network,
    method,
    neighbourWeight,
    batch,
    microBatches,
    viewPx,
    precision,
    family,
    tilePx,
  });
  const memory = describeMemory(plannedMemory(training), adapter, batch);
  if (memory.fits === false) {
    device.destroy();
    throw outOfMemory(memory, opened);
  }
  const runner = new KernelRunner(device);
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let engine: WebGpuEngine | null = null;
  let thrown: unknown = null;
  try {
    await runner.compile(training.plan.kernels.map(({ program }) => program));
    engine = new WebGpuEngine(options, opened, { training, runner });
  } catch (error) {
    thrown = error;
  }
  const outOfMemoryError = await device.popErrorScope();
  const validationError = await device.popErrorScope();
  if (engine !== null && outOfMemoryError === null && validationError === null) {
    await engine.load(initialState(network, options.seed));
    return engine;
  }
  await engine?.dispose();
  if (engine === null) device.destroy();
  if (outOfMemoryError !== null) throw outOfMemory(memory, opened);
  if (validationError !== null) throw broken(validationError.message);
  throw thrown;
}

function outOfMemory({ totalBytes, advice }: MemoryPlan, { adapter }: OpenedDevice): TrefoilError {
  return new TrefoilError(
    'out-of-memory',
    `A training step needs ${(totalBytes / 2 ** 30).toFixed(1)} GiB, more than ${adapter.description} gives.`,
    advice ??
      'Work through each batch in parts (--parts 2), or choose a smaller batch, smaller views or a narrower network.',
    { totalBytes },
  );
}

function lost(message: string): TrefoilError {
  return new TrefoilError(
    'engine-lost',
    `The GPU stopped answering (${message}).`,
    'The run goes on from its last checkpoint. If this happens again, update the graphics driver or close other programs that use the GPU.',
  );
}

function broken(message: string): TrefoilError {
  return new TrefoilError(
    'internal',
    `The GPU engine made a mistake: ${message}`,
    'This is a defect in Trefoil. Please report it together with the log; engine tfjs works meanwhile.',
  );
}
