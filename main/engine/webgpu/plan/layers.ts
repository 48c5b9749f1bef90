/**
 * A product (convolution or linear layer) with the batch norm behind it, forward and backward, as kernels of a plan.
 * A normalised and rectified value is never stored: whoever reads it gets the raw values with the statistics and normalises
 * while loading, in the backward pass too. That saves one write, one read and half the memory of the activations.
 */
import {
  batchNormFinish,
  batchNormFromRunning,
  batchNormGradientApply,
  batchNormGradientFinish,
  batchNormGradientPartials,
  columnSums,
  convolutionForward,
  convolutionInputGradient,
  convolutionOutput,
  convolutionWeightGradient,
  type ConvolutionShape,
  type NormShape,
  type ProductFamily,
} from '../kernels/index.ts';
import { padChannels, type Precision } from '../kernel-program.ts';
import type { NetworkTensors } from './network-tensors.ts';
import type { StepPlan, Tensor, TensorKind } from './step-plan.ts';

export interface LayerContext {
  readonly plan: StepPlan;
  readonly network: NetworkTensors;
  /** Gradients of all weights; null in evaluation mode, where batch norm uses the running statistics. */
  readonly gradients: Tensor | null;
  readonly precision: Precision;
  readonly family: ProductFamily;
  readonly images: number;
  /** Batch-norm groups: one a view. */
  readonly groups: number;
}

/** [images][height][width][channels]. With `statistics` the value is max(0, x * scale + shift) of what is stored. */
export interface Activation {
  readonly tensor: Tensor;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly statistics: Tensor | null;
}

export interface ProductLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly norm: string | null;
  readonly hasBias: boolean;
}

/** A product that was run, and what its backward pass needs. */
export interface Product {
  readonly layer: ProductLayer;
  readonly shape: ConvolutionShape;
  readonly input: Activation;
  /** Raw output. */
  readonly tensor: Tensor;
  readonly height: number;
  readonly width: number;
  /** Statistics of the output, when a norm follows. */
  readonly statistics: Tensor | null;
}

export function normShape(context: LayerContext, product: Product): NormShape {
  return {
    images: context.images,
    rowsPerImage: product.height * product.width,
    channels: product.shape.outChannels,
    groups: context.groups,
    precision: context.precision,
  };
}

export function activationTensor(
  context: LayerContext,
  name: string,
  elementsPerImage: number,
  kind: TensorKind = 'activations',
): Tensor {
  return context.plan.tensor(name, context.images * elementsPerImage, context.precision, kind);
}

export function runProduct(context: LayerContext, input: Activation, layer: ProductLayer): Product {
  const { plan, network, precision, family, images, groups } = context;
  const shape: ConvolutionShape = {
    images,
    inHeight: input.height,
    inWidth: input.width,
    inChannels: padChannels(layer.inputs),
    outChannels: layer.outputs,
    kernel: layer.kernel,
    stride: layer.stride,
    padding: layer.padding,
  };
  const { height, width } = convolutionOutput(shape);
  const imagesPerGroup = images / groups;
  const isTraining = context.gradients !== null;
  const forward = convolutionForward(shape, {
    precision,
    family,
    inputTransform: input.statistics === null ? null : { imagesPerGroup },
    bias: layer.hasBias,
    statistics: isTraining && layer.norm !== null ? { imagesPerGroup } : null,
  });
  const tensor = activationTensor(context, layer.name, height * width * layer.outputs);
  const partials = plan.tensor(`${layer.name} partials`, forward.partialsElements, 'f32', 'workspace');
  const takesStatistics = isTraining && layer.norm !== null;
  plan.run(
    forward.program,
    input.tensor,
    network.parameter(network.copy, `${layer.name}.weight`),
    tensor,
    ...(input.statistics === null ? [] : [input.statistics]),
    ...(layer.hasBias ? [network.parameter(network.master, `${layer.name}.bias`)] : []),
    ...(takesStatistics ? [partials] : []),
  );
  let statistics: Tensor | null = null;
  if (layer.norm !== null) {
    const channels = layer.outputs;
    statistics = plan.tensor(`${layer.norm} statistics`, groups * 4 * channels, 'f32', 'workspace');
    const gamma = network.parameter(network.master, `${layer.norm}.weight`);
    const beta = network.parameter(network.master, `${layer.norm}.bias`);
    const running = network.runningOf(layer.norm);
    if (isTraining) {
      const { partsPerGroup, rowsPerPart } = forward;
      const rowsPerGroup = imagesPerGroup * height * width;
      const finish = batchNormFinish({ groups, partsPerGroup, rowsPerPart, rowsPerGroup, channels });
      plan.run(finish, partials, gamma, beta, statistics, running);
    } else {
      plan.run(batchNormFromRunning({ channels }), running, gamma, beta, statistics);
    }
  }
  return { layer, shape, input, tensor, height, width, statistics };
}

/** The product's output as the next layer's input, normalised and rectified on loading. */
export function rectified(product: Product): Activation {
  const { tensor, height, width, statistics, shape } = product;
  return { tensor, height, width, channels: shape.outChannels, statistics };
}

/** Gradient of the norm and its ReLU in place: behind them -> in front of them. Writes the norm's parameter gradients. */
export function normBackward(
  context: LayerContext,
  product: Product,
  gradient: Tensor,
  mask: 'none' | 'normalised',
): void {
  const shape = normShape(context, product);
  const sums = gradientSums(context, product, gradient, mask, null);
  const apply = batchNormGradientApply({ ...shape, mask, inPlace: true });
  context.plan.run(apply, gradient, product.tensor, statisticsOf(product), sums);
}

/**
 * The same for a norm whose output went into a residual sum: `gradient` (of the rectified sum) is masked in place by that sum's
 * `output` when given, and kept; the gradient in front of the norm goes to a new tensor.
 */
export function residualNormBackward(
  context: LayerContext,
  product: Product,
  gradient: Tensor,
  output: Tensor | null,
): Tensor {
  const shape = normShape(context, product);
  const sums = gradientSums(context, product, gradient, output === null ? 'none' : 'output', output);
  const elements = shape.rowsPerImage * shape.channels;
  const result = activationTensor(context, `${product.layer.name} gradient`, elements, 'workspace');
  const apply = batchNormGradientApply({ ...shape, mask: 'none', inPlace: false });
  context.plan.run(apply, gradient, product.tensor, statisticsOf(product), sums, result);
  return result;
}

function gradientSums(
  context: LayerContext,
  product: Product,
  gradient: Tensor,
  mask: 'none' | 'normalised' | 'output',
  output: Tensor | null,
): Tensor {
  const { plan, network, groups } = context;
  const shape = normShape(context, product);
  const norm = product.layer.norm ?? '';
  const gradients = gradientsOf(context);
  const pass = batchNormGradientPartials({ ...shape, mask, writeMasked: mask === 'output' });
  const partials = plan.tensor(`${norm} gradient partials`, pass.partialsElements, 'f32', 'workspace');
  const sums = plan.tensor(`${norm} gradient sums`, groups * 2 * shape.channels, 'f32', 'workspace');
  const statistics = statisticsOf(product);
  plan.run(pass.program, gradient, product.tensor, statistics, partials, ...(output === null ? [] : [output]));
  const rowsPerGroup = (shape.images / groups) * shape.rowsPerImage;
  const { partsPerGroup } = pass;
  plan.run(
    batchNormGradientFinish({ groups, partsPerGroup, rowsPerGroup, channels: shape.channels }),
    partials,
    sums,
    network.parameter(gradients, `${norm}.weight`),
    network.parameter(gradients, `${norm}.bias`),
  );
  return sums;
}

/** Gradients of the product's weights and bias from the gradient of its raw output. */
export function weightBackward(context: LayerContext, product: Product, gradient: Tensor): void {
  const { plan, network, precision, family, images, groups } = context;
  const { layer, shape, input } = product;
  const gradients = gradientsOf(context);
  const { partial, reduce, workspaceElements } = convolutionWeightGradient(shape, {
    precision,
    family,
    inputTransform: input.statistics === null ? null : { imagesPerGroup: images / groups },
  });
  const workspace = plan.tensor(`${layer.name} weight sums`, workspaceElements, 'f32', 'workspace');
  plan.run(partial, input.tensor, gradient, workspace, ...(input.statistics === null ? [] : [input.statistics]));
  plan.run(reduce, workspace, network.parameter(gradients, `${layer.name}.weight`));
  if (!layer.hasBias) return;
  const rows = images * product.height * product.width;
  const bias = columnSums({ rows, channels: layer.outputs, precision });
  const sums = plan.tensor(`${layer.name} bias sums`, bias.workspaceElements, 'f32', 'workspace');
  plan.run(bias.partial, gradient, sums);
  plan.run(bias.reduce, sums, network.parameter(gradients, `${layer.name}.bias`));
}

/** Gradient of the product's input (as the product saw it: rectified). `into`: added to that tensor instead of a new one. */
export function inputBackward(context: LayerContext, product: Product, gradient: Tensor, into?: Tensor): Tensor {
  const { plan, network, precision, family } = context;
  const { layer, shape, input } = product;
  const elements = input.height * input.width * input.channels;
  const target = into ?? activationTensor(context, `${layer.name} input gradient`, elements, 'workspace');
  const program = convolutionInputGradient(shape, { precision, family, accumulate: into !== undefined });
  plan.run(program, gradient, network.parameter(network.copy, `${layer.name}.weight`), target);
  return target;
}

function statisticsOf(product: Product): Tensor {
  if (product.statistics === null) throw new RangeError(`${product.layer.name} has no batch norm`);
  return product.statistics;
}

function gradientsOf(context: LayerContext): Tensor {
  if (context.gradients === null) throw new RangeError('an evaluation plan has no gradients');
  return context.gradients;
}
