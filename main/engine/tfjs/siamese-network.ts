/**
 * The network with its values: one optimiser step from views, features in evaluation mode, and the values themselves.
 * Knows no tiles and no backend choice; create-engine.ts puts it behind the port, tests feed it pixels directly.
 */
import {
  backboneLayers,
  bufferSpecifications,
  initialBuffer,
  initialParameter,
  lossScalerName,
  momentumPrefix,
  parameterSpecifications,
  predictorLayers,
  projectorLayers,
} from '../network-parameters.ts';
import { usesPredictor, viewsOf, type Objective } from '#common/domain/objective.ts';
import type { ClassTarget, EngineState, NamedTensor, NetworkDefinition } from '../port.ts';
import { TrefoilError } from '#common/errors.ts';
import { backbone } from './backbone.ts';
import { crossEntropyLoss } from './cross-entropy.ts';
import { decorrelationLoss } from './decorrelation-loss.ts';
import { valueOf, type LayerContext } from './layer-context.ts';
import { multilayerPerceptron } from './multilayer-perceptron.ts';
import { similarityLoss, spreadOfNormalised } from './similarity-loss.ts';
import { foldViews } from './stem.ts';
import type { TensorDevice } from './tensor-device.ts';

export interface SiameseNetworkOptions extends Objective {
  readonly network: NetworkDefinition;
  readonly seed: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface Rates {
  readonly learningRate: number;
  readonly predictorLearningRate: number;
}

export interface ForwardBackwardResult {
  readonly loss: number;
  readonly zStd: number;
  /** [views * batch, projection] in the order of the views. */
  readonly projections: Float32Array;
  /** Empty for a method without prediction MLP. */
  readonly predictions: Float32Array;
}

export class SiameseNetwork {
  private readonly device: TensorDevice;
  private readonly options: SiameseNetworkOptions;
  private readonly shapes = new Map<string, readonly number[]>();
  private readonly values = new Map<string, Float32Array>();
  private readonly velocities = new Map<string, Float32Array>();
  /** Gradients of the latest step by parameter name, PyTorch's layouts. */
  readonly gradients = new Map<string, Float32Array>();

  constructor(device: TensorDevice, options: SiameseNetworkOptions) {
    this.device = device;
    this.options = options;
    for (const specification of parameterSpecifications(options.network)) {
      const { data } = initialParameter(specification, options.seed);
      this.shapes.set(specification.name, specification.shape);
      this.values.set(specification.name, data);
      this.velocities.set(specification.name, new Float32Array(data.length));
    }
    for (const specification of bufferSpecifications(options.network)) {
      this.shapes.set(specification.name, specification.shape);
      this.values.set(specification.name, initialBuffer(specification).data);
    }
  }

  /**
   * Loss and gradients of one batch, without an update. `views` are those of `viewsOf`, each float32 NHWC [batch, viewPx, viewPx, 3];
   * `targets` one an image where classes are learnt. Batch norm's running statistics move.
   */
  forwardBackward(
    views: readonly Float32Array[],
    viewPx: number,
    targets: readonly ClassTarget[] = [],
  ): ForwardBackwardResult {
    const { device, options } = this;
    const { network } = options;
    const batch = this.batchOf(views, viewPx);
    const mark = device.mark();
    this.gradients.clear();
    try {
      const context: LayerContext = {
        device,
        values: this.values,
        gradients: this.gradients,
        training: true,
        groups: views.length,
      };
      const folded = foldViews(context, views, viewPx);
      const features = backbone(context, backboneLayers(network), folded);
      const projector = multilayerPerceptron(context, projectorLayers(network), features.output);
      const projections = device.read(projector.output);
      const zStd = spreadOfNormalised(projections, batch, network.projection);
      if (!usesPredictor(options.method)) {
        const { loss, gradient } =
          network.classes === undefined
            ? decorrelationLoss(options, projections, batch, network.projection)
            : crossEntropyLoss(projections, targets, network.classes, network.projection);
        features.backward(projector.backward(device.upload(gradient, projector.output.shape)));
        return { loss, zStd, projections, predictions: new Float32Array() };
      }
      const predictor = multilayerPerceptron(context, predictorLayers(network), projector.output);
      const predictions = device.read(predictor.output);
      const { loss, gradient } = similarityLoss(options, predictions, projections, batch, network.projection);
      const start = device.upload(gradient, predictor.output.shape);
      features.backward(projector.backward(predictor.backward(start)));
      return { loss, zStd, projections, predictions };
    } finally {
      device.releaseSince(mark);
    }
  }

  /** SGD as PyTorch's: decay into the gradient, v = momentum * v + g, w = w - rate * v. */
  update(rates: Rates): void {
    const { momentum, weightDecay } = this.options;
    for (const [name, velocity] of this.velocities) {
      if (name.startsWith('predictor.') && !usesPredictor(this.options.method)) continue;
      const value = valueOf(this.values, name);
      const gradient = valueOf(this.gradients, name);
      const rate = name.startsWith('predictor.') ? rates.predictorLearningRate : rates.learningRate;
      for (let i = 0; i < value.length; i += 1) {
        const weight = value[i] as number;
        const next = Math.fround(momentum * (velocity[i] as number) + (gradient[i] as number) + weightDecay * weight);
        velocity[i] = next;
        value[i] = weight - rate * next;
      }
    }
  }

  /** Backbone features with running statistics: [count, viewPx, viewPx, 3] -> [count, features]. */
  features(images: Float32Array, viewPx: number): Float32Array {
    const { device } = this;
    const mark = device.mark();
    try {
      const context: LayerContext = {
        device,
        values: this.values,
        gradients: this.gradients,
        training: false,
        groups: 1,
      };
      const folded = foldViews(context, [images], viewPx);
      return device.read(backbone(context, backboneLayers(this.options.network), folded).output);
    } finally {
      device.releaseSince(mark);
    }
  }

  /** A copy of parameters, buffers and momentum. */
  state(): EngineState {
    const state = new Map<string, NamedTensor>();
    for (const [name, data] of this.entries()) state.set(name, { shape: this.shapeOf(name), data: data.slice() });
    return state;
  }

  /** Replaces everything. Nothing changes unless every name and shape fits (`checkpoint-invalid`). */
  load(state: EngineState): void {
    const entries = [...this.entries()];
    for (const [name] of entries) {
      const tensor = state.get(name);
      const shape = this.shapeOf(name);
      if (tensor === undefined) throw misfit(`The checkpoint lacks ${name}.`);
      if (tensor.shape.join() !== shape.join() || tensor.data.length !== valueOf(new Map(entries), name).length) {
        throw misfit(`The checkpoint's ${name} has shape [${tensor.shape.join(', ')}], not [${shape.join(', ')}].`);
      }
    }
    const known = new Set(entries.map(([name]) => name));
    for (const name of state.keys()) {
      if (!known.has(name) && name !== lossScalerName)
        throw misfit(`The checkpoint holds ${name}, which this network does not have.`);
    }
    for (const [name, data] of entries) data.set(state.get(name)?.data ?? []);
  }

  private entries(): [string, Float32Array][] {
    return [
      ...this.values,
      ...[...this.velocities].map(([name, data]): [string, Float32Array] => [`${momentumPrefix}${name}`, data]),
    ];
  }

  private shapeOf(name: string): readonly number[] {
    const shape = this.shapes.get(name.startsWith(momentumPrefix) ? name.slice(momentumPrefix.length) : name);
    if (shape === undefined) throw new Error(`The network has no tensor ${name}.`);
    return shape;
  }

  private batchOf(views: readonly Float32Array[], viewPx: number): number {
    const expected = viewsOf(this.options).length;
    const length = views[0]?.length ?? 0;
    const batch = length / (viewPx * viewPx * 3);
    if (views.length !== expected || views.some((view) => view.length !== length) || !Number.isInteger(batch)) {
      throw new TrefoilError(
        'invalid-input',
        `A ${this.options.method} step takes ${String(expected)} views of ${String(viewPx)} x ${String(viewPx)} x 3 values per image.`,
        'This is a defect in the view source. Please report it.',
      );
    }
    if (batch < 2) {
      throw new TrefoilError(
        'invalid-input',
        `A training step needs at least 2 triplets, not ${String(batch)}: batch norm has nothing to compare one with.`,
        'Choose a larger batch or more tiles.',
      );
    }
    return batch;
  }
}

function misfit(message: string): TrefoilError {
  return new TrefoilError(
    'checkpoint-invalid',
    message,
    'Resume with the network the run was started with, or start a new run.',
  );
}
