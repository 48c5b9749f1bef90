/** The projection and prediction MLPs: linear layers with optional batch norm and ReLU. Rows are images, columns features. */
import type { LinearLayer } from '../network-parameters.ts';
import { batchNorm } from './batch-norm.ts';
import { extent, valueOf, type LayerContext, type LayerOutput } from './layer-context.ts';
import { transpose } from './layout.ts';
import type { Tensor, TensorDevice } from './tensor-device.ts';

function transposed(device: TensorDevice, matrix: Tensor): Tensor {
  const [rows, columns] = [extent(matrix, 0), extent(matrix, 1)];
  return device.fill([matrix], [columns, rows], ([values], output) => {
    if (values !== undefined) transpose(values, rows, columns, output);
  });
}

/** y = x W' + b. Keeps `input` until backward ran. */
function linear(context: LayerContext, layer: LinearLayer, input: Tensor): LayerOutput {
  const { device } = context;
  const weight = valueOf(context.values, `${layer.name}.weight`);
  const bias = valueOf(context.values, `${layer.name}.bias`);
  const turnedWeight = device.fill([], [layer.inputs, layer.outputs], (_inputs, values) => {
    transpose(weight, layer.outputs, layer.inputs, values);
  });
  const product = device.multiply(input, turnedWeight);
  const output = device.fill([product], product.shape, ([values], target) => {
    if (values === undefined) return;
    for (let at = 0; at < target.length;) {
      for (let column = 0; column < layer.outputs; column += 1, at += 1) {
        target[at] = (values[at] as number) + (bias[column] as number);
      }
    }
  });
  device.release(turnedWeight, product);
  return {
    output,
    backward: (gradient) => {
      const biasSums = new Float64Array(layer.outputs);
      device.inspect([gradient], ([values]) => {
        if (values === undefined) return;
        for (let at = 0; at < values.length;) {
          for (let column = 0; column < layer.outputs; column += 1, at += 1) {
            biasSums[column] = (biasSums[column] as number) + (values[at] as number);
          }
        }
      });
      context.gradients.set(`${layer.name}.bias`, Float32Array.from(biasSums));
      // [out, rows] x [rows, in] is the weight's gradient in PyTorch's layout; [rows, out] x [out, in] the input's.
      const turned = transposed(device, gradient);
      const weightGradient = device.multiply(turned, input);
      context.gradients.set(`${layer.name}.weight`, device.read(weightGradient));
      const weightTensor = device.upload(weight, [layer.outputs, layer.inputs]);
      const inputGradient = device.multiply(gradient, weightTensor);
      device.release(turned, weightGradient, weightTensor, gradient);
      return inputGradient;
    },
  };
}

/** Runs the layers in order. `input` stays the caller's; backward returns its gradient. */
export function multilayerPerceptron(
  context: LayerContext,
  layers: readonly LinearLayer[],
  input: Tensor,
): LayerOutput {
  const steps: ((gradient: Tensor) => Tensor)[] = [];
  let value = input;
  for (const layer of layers) {
    const dense = linear(context, layer, value);
    steps.push(dense.backward);
    value = dense.output;
    if (layer.norm !== null) {
      const norm = batchNorm(context, layer.norm, dense.output, { relu: layer.relu });
      steps.push((gradient) => {
        const { input: inputGradient, sum } = norm.backward(gradient);
        context.device.release(sum);
        return inputGradient;
      });
      value = norm.output;
    }
  }
  return { output: value, backward: (gradient) => steps.reduceRight((incoming, step) => step(incoming), gradient) };
}
