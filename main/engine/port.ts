/**
 * The training engine's port: what the training loop needs of a device, nothing more. Implementations: tfjs/ (portable,
 * float32, the oracle) and webgpu/. They import #common and this folder's port only. An engine knows neither projects nor
 * schedules: the loop gives it indices and rates, it reads the pixels itself.
 */

import type { MethodName } from '#common/domain/pretrain.ts';
import type { TrainingMethod } from '#common/domain/objective.ts';
import type { ViewParameters } from '#common/domain/view-parameters.ts';

export type NetworkName = 'resnet18-narrow' | 'resnet18' | 'resnet50';
export type { MethodName };

/** ResNet in torchvision's layout plus the two MLPs of SimSiam; see method.md and docs/engine.md. */
export interface NetworkDefinition {
  readonly name: string;
  /** Blocks per stage, e.g. [2, 2, 2, 2]. */
  readonly blocks: readonly [number, number, number, number];
  readonly bottleneck: boolean;
  /** Channels of the stem and of stage 1 (64 in torchvision; 16 in the narrow variant). */
  readonly width: number;
  /** Backbone output features: width * 8 (* 4 with bottlenecks). */
  readonly features: number;
  /** Width of all three projection layers. */
  readonly projection: number;
  /** Hidden width of the prediction MLP. */
  readonly predictionHidden: number;
  /**
   * Only of a network that learns classes (`classifyingNetwork`): one linear layer stands in for both MLPs, `projection` wide;
   * its outputs from `classes` on are padding.
   */
  readonly classes?: number;
}

export const networks: Readonly<Record<NetworkName, NetworkDefinition>> = {
  'resnet18-narrow': {
    name: 'resnet18-narrow',
    blocks: [2, 2, 2, 2],
    bottleneck: false,
    width: 16,
    features: 128,
    projection: 256,
    predictionHidden: 64,
  },
  resnet18: {
    name: 'resnet18',
    blocks: [2, 2, 2, 2],
    bottleneck: false,
    width: 64,
    features: 512,
    projection: 2048,
    predictionHidden: 512,
  },
  resnet50: {
    name: 'resnet50',
    blocks: [3, 4, 6, 3],
    bottleneck: true,
    width: 64,
    features: 2048,
    projection: 2048,
    predictionHidden: 512,
  },
};

export interface EngineDescription {
  /** tfjs or webgpu */
  readonly engine: string;
  /** e.g. "tfjs-node-gpu", "tfjs-node", "wasm", or the GPU's name */
  readonly backend: string;
  /** Why this backend and not an earlier one in the order, in words. */
  readonly reason: string;
  readonly precision: 'float32' | 'mixed-float16';
  readonly versions: Readonly<Record<string, string>>;
}

/** Bytes by kind for one training step. `fits` is null when the device's memory is not known. */
export interface MemoryPlan {
  readonly weightBytes: number;
  readonly optimiserBytes: number;
  readonly activationBytes: number;
  readonly workspaceBytes: number;
  readonly totalBytes: number;
  readonly fits: boolean | null;
  /** What would fit instead, in words, when it does not fit. */
  readonly advice: string | null;
}

/** One triplet by tile index; view keys follow from (seed, epoch, tile, view). neighbour === tile when it has none. */
export interface TripletIndices {
  readonly tile: number;
  readonly neighbour: number;
}

/** What a supervised step knows of a triplet's tile. */
export interface ClassTarget {
  readonly class: number;
  /** Of the tile in the loss: rare classes weigh more. */
  readonly weight: number;
}

/** One optimiser step's input. A method without a neighbour term ignores the neighbour. */
export interface TrainStepInput {
  readonly triplets: readonly TripletIndices[];
  /** One a triplet, for method 'supervised' and no other. */
  readonly targets?: readonly ClassTarget[];
  readonly epoch: number;
  readonly learningRate: number;
  /** The prediction MLP keeps the base rate. */
  readonly predictorLearningRate: number;
  /** Whether to compute `zStd` (costs a little). */
  readonly monitor: boolean;
}

export interface TrainStepResult {
  /** Batch mean; `perfectLoss` in objective.ts is the best there is. NaN is reported, never hidden. */
  readonly loss: number;
  /** Mean over dimensions of the std over the batch of L2-normalised z1; null unless asked for. */
  readonly zStd: number | null;
  /** True when an overflow made the engine skip the update (mixed precision only). */
  readonly skipped: boolean;
}

/** A named tensor in torchvision layout (conv OIHW, linear [out, in]). */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Everything that decides the future of a run besides its settings. Names are PyTorch's: `backbone.conv1.weight`,
 * `projector.0.weight`, `predictor.3.bias`, buffers `...running_mean`, `...running_var`; momentum under `momentum.<parameter>`.
 */
export type EngineState = ReadonlyMap<string, NamedTensor>;

/** Source of tile pixels: RGB, 8 bit, sizePx * sizePx * 3 bytes a tile, in the order asked for. */
export interface TileSource {
  readonly sizePx: number;
  readonly count: number;
  read(indices: readonly number[]): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** One view of a step that is augmented on the device. */
export interface ViewDescription {
  /** Position of the pixels in `TrainingTiles.pixels`, in tiles. */
  readonly slot: number;
  /** Null for a plain view: the whole tile, resized and normalised. */
  readonly parameters: ViewParameters | null;
}

/** Input of a step that is augmented on the device. */
export interface TrainingTiles {
  readonly tilePx: number;
  /** [unique tiles, tilePx, tilePx, 3], 8 bit RGB. At most two tiles a triplet. */
  readonly pixels: Uint8Array;
  /** View 0 of all triplets, then view 1, then view 2; of plain tiles one a tile, in the order asked for. */
  readonly views: readonly ViewDescription[];
}

/**
 * Augmented views for a step: float32 NHWC [count, viewPx, viewPx, 3], normalised. Injected, so a golden test can feed
 * fixed pixels. An engine with its own augmentation on the device asks for tiles instead where the source has them; a
 * source of fixed pixels has none. Both ways give the same views.
 */
export interface ViewSource {
  readonly viewPx: number;
  /** The three views of each triplet, each [count, viewPx, viewPx, 3]. */
  trainingViews(
    triplets: readonly TripletIndices[],
    epoch: number,
  ): Promise<readonly [Float32Array, Float32Array, Float32Array]>;
  /** Un-augmented, resized to viewPx and normalised, for embeddings: [count, viewPx, viewPx, 3]. */
  plainViews(tiles: readonly number[]): Promise<Float32Array>;
  /** The same views not yet rendered; missing where only ready images exist. */
  readonly unrendered?: UnrenderedViews;
  close(): Promise<void>;
}

/** Views as pixels and drawn parameters, for an engine that augments on its device. */
export interface UnrenderedViews {
  readonly tilePx: number;
  training(triplets: readonly TripletIndices[], epoch: number): Promise<TrainingTiles>;
  plain(tiles: readonly number[]): Promise<TrainingTiles>;
}

export interface EngineOptions {
  readonly network: NetworkDefinition;
  readonly method: TrainingMethod;
  /** 1 when missing; see objective.ts. */
  readonly neighbourWeight?: number | undefined;
  readonly batch: number;
  /** Equal parts a batch is worked through in, for memory; batch norm sees a part at a time. 1 when missing. */
  readonly parts?: number;
  readonly views: ViewSource;
  /** Seed of the weights' start. */
  readonly seed: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface TrainingEngine {
  /** Steps that may be asked for before the first of them has ended; they run in order. 1 when missing. */
  readonly stepsInFlight?: number;
  describe(): EngineDescription;
  plan(): MemoryPlan;
  trainStep(input: TrainStepInput): Promise<TrainStepResult>;
  /** Backbone features in evaluation mode (running statistics): [tiles.length, features] row-major. */
  embed(tiles: readonly number[]): Promise<Float32Array>;
  state(): Promise<EngineState>;
  load(state: EngineState): Promise<void>;
  dispose(): Promise<void>;
}

export type CreateEngine = (options: EngineOptions) => Promise<TrainingEngine>;
