/** ResNet as kernels of a plan: stem, residual blocks, average pool, and the way back. Layers and names: network-parameters.ts. */
import { backboneLayers, type BlockLayers, type ConvolutionLayer } from '../../network-parameters.ts';
import type { NetworkDefinition } from '../../port.ts';
import {
  averagePool,
  averagePoolGradient,
  batchNormApply,
  maxPool,
  maxPoolGradient,
  maxPoolOutput,
  type MaxPoolShape,
} from '../kernels/index.ts';
import {
  activationTensor,
  inputBackward,
  normBackward,
  normShape,
  rectified,
  residualNormBackward,
  runProduct,
  weightBackward,
  type Activation,
  type LayerContext,
  type Product,
  type ProductLayer,
} from './layers.ts';
import type { Tensor } from './step-plan.ts';

export interface Backbone {
  /** [images][features] */
  readonly features: Tensor;
  /** Fills the gradients of every backbone weight from the gradient of the features. */
  backward(featureGradient: Tensor): void;
}

export function runBackbone(context: LayerContext, network: NetworkDefinition, views: Activation): Backbone {
  const { stem, blocks } = backboneLayers(network);
  const stemProduct = runProduct(context, views, productLayer(stem));
  const pool = poolShape(context, stemProduct);
  const { height, width } = maxPoolOutput(pool);
  const pooled = activationTensor(context, 'pooled', height * width * pool.channels);
  const stemStatistics = stemProduct.statistics;
  context.plan.run(maxPool(pool), stemProduct.tensor, pooled, ...(stemStatistics === null ? [] : [stemStatistics]));
  let activation: Activation = { tensor: pooled, height, width, channels: pool.channels, statistics: null };
  const ran = blocks.map((block) => {
    const result = runBlock(context, activation, block);
    activation = result.output;
    return result;
  });
  const last = activation;
  const rowsPerImage = last.height * last.width;
  const average = { images: context.images, rowsPerImage, channels: last.channels, precision: context.precision };
  const features = activationTensor(context, 'features', last.channels);
  context.plan.run(averagePool(average), last.tensor, features);
  return {
    features,
    backward(featureGradient) {
      let gradient = activationTensor(context, 'last gradient', rowsPerImage * last.channels, 'workspace');
      context.plan.run(averagePoolGradient(average), featureGradient, gradient);
      for (const block of ran.reverse()) gradient = blockBackward(context, block, gradient);
      const elements = stemProduct.height * stemProduct.width * pool.channels;
      const stemGradient = activationTensor(context, 'stem gradient', elements, 'workspace');
      context.plan.run(
        maxPoolGradient(pool),
        stemProduct.tensor,
        gradient,
        stemGradient,
        ...(stemStatistics === null ? [] : [stemStatistics]),
      );
      normBackward(context, stemProduct, stemGradient, 'normalised');
      weightBackward(context, stemProduct, stemGradient);
    },
  };
}

function poolShape(context: LayerContext, stem: Product): MaxPoolShape {
  const { images, groups, precision } = context;
  return {
    images,
    inHeight: stem.height,
    inWidth: stem.width,
    channels: stem.shape.outChannels,
    precision,
    inputTransform: { imagesPerGroup: images / groups },
  };
}

interface Block {
  readonly convolutions: readonly Product[];
  readonly shortcut: Product | null;
  readonly output: Activation;
}

function runBlock(context: LayerContext, input: Activation, layers: BlockLayers): Block {
  let activation = input;
  const convolutions = layers.convolutions.map((layer) => {
    const product = runProduct(context, activation, productLayer(layer));
    activation = rectified(product);
    return product;
  });
  const shortcut = layers.shortcut === null ? null : runProduct(context, input, productLayer(layers.shortcut));
  const last = lastOf(convolutions);
  const shape = normShape(context, last);
  const output = activationTensor(context, `${last.layer.name} block`, shape.rowsPerImage * shape.channels);
  if (last.statistics === null) throw new RangeError(`${last.layer.name} has no batch norm`);
  const residual = shortcut === null ? 'plain' : 'normalised';
  const apply = batchNormApply({ ...shape, relu: true, residual });
  const added = shortcut === null ? [input.tensor] : [shortcut.tensor, ...optional(shortcut.statistics)];
  context.plan.run(apply, last.tensor, last.statistics, output, ...added);
  const { height, width } = last;
  return {
    convolutions,
    shortcut,
    output: { tensor: output, height, width, channels: shape.channels, statistics: null },
  };
}

/** Gradient of the block's output -> of its input; the first is overwritten. */
function blockBackward(context: LayerContext, block: Block, gradient: Tensor): Tensor {
  const { convolutions, shortcut, output } = block;
  let inner = residualNormBackward(context, lastOf(convolutions), gradient, output.tensor);
  // The masked gradient is what flows into the shortcut.
  let joined = gradient;
  if (shortcut !== null) {
    normBackward(context, shortcut, gradient, 'none');
    weightBackward(context, shortcut, gradient);
    joined = inputBackward(context, shortcut, gradient);
  }
  for (let index = convolutions.length - 1; index >= 0; index -= 1) {
    const product = convolutions[index];
    if (product === undefined) continue;
    weightBackward(context, product, inner);
    const previous = convolutions[index - 1];
    if (previous === undefined) return inputBackward(context, product, inner, joined);
    inner = inputBackward(context, product, inner);
    normBackward(context, previous, inner, 'normalised');
  }
  return joined;
}

function productLayer(layer: ConvolutionLayer): ProductLayer {
  return { ...layer, hasBias: false };
}

function lastOf(products: readonly Product[]): Product {
  const last = products.at(-1);
  if (last === undefined) throw new RangeError('a residual block has at least one convolution');
  return last;
}

function optional(tensor: Tensor | null): Tensor[] {
  return tensor === null ? [] : [tensor];
}
