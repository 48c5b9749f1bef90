/** Projector and predictor as kernels of a plan: linear layers, batch norm over the rows of each view, ReLU in between. */
import type { LinearLayer } from '../../network-parameters.ts';
import { batchNormApply } from '../kernels/index.ts';
import {
  activationTensor,
  inputBackward,
  normBackward,
  normShape,
  rectified,
  runProduct,
  weightBackward,
  type Activation,
  type LayerContext,
  type Product,
} from './layers.ts';
import type { Tensor } from './step-plan.ts';

export interface MultilayerPerceptron {
  /** [images][outputs], normalised where the last layer has a norm. */
  readonly output: Tensor;
  /** Fills the gradients of its weights; `outputGradient` is overwritten. Returns the gradient of the input. */
  backward(outputGradient: Tensor): Tensor;
}

export function runPerceptron(
  context: LayerContext,
  layers: readonly LinearLayer[],
  input: Tensor,
): MultilayerPerceptron {
  let activation: Activation = rows(input, layers[0]?.inputs ?? 0);
  const products = layers.map((layer) => {
    const { name, inputs, outputs, norm } = layer;
    const linear = { name, inputs, outputs, norm, kernel: 1, stride: 1, padding: 0, hasBias: true };
    const product = runProduct(context, activation, linear);
    activation = layer.relu ? rectified(product) : rows(lastValue(context, product), outputs);
    return product;
  });
  return {
    output: activation.tensor,
    backward(outputGradient) {
      let gradient = outputGradient;
      for (let index = products.length - 1; index >= 0; index -= 1) {
        const product = products[index];
        if (product === undefined) continue;
        const { relu, norm } = layers[index] ?? { relu: false, norm: null };
        if (norm !== null) normBackward(context, product, gradient, relu ? 'normalised' : 'none');
        weightBackward(context, product, gradient);
        gradient = inputBackward(context, product, gradient);
      }
      return gradient;
    },
  };
}

function rows(tensor: Tensor, channels: number): Activation {
  return { tensor, height: 1, width: 1, channels, statistics: null };
}

/** The value of a layer without ReLU: normalised when it has a norm, else as it is. */
function lastValue(context: LayerContext, product: Product): Tensor {
  if (product.statistics === null) return product.tensor;
  const shape = normShape(context, product);
  const value = activationTensor(context, `${product.layer.name} normalised`, shape.channels);
  const apply = batchNormApply({ ...shape, relu: false, residual: 'none' });
  context.plan.run(apply, product.tensor, product.statistics, value);
  return value;
}
