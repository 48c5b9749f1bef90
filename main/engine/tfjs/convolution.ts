/**
 * Convolution without bias and its two gradients, made of the forward convolution and the matrix product alone: the wasm
 * backend has no weight-gradient kernel and a slow data-gradient kernel.
 * - data gradient: convolve the output's gradient, spread out by the stride, with the turned filter;
 * - weight gradient: convolve the input with the output's gradient as filter, where images play the channels' part and
 *   channels the images'; the stride becomes the filter's dilation. Done in parts of the batch that fit the cache.
 */
import type { ConvolutionLayer } from '../network-parameters.ts';
import {
  addInputMajorGradient,
  backwardFilter,
  channelsFirstImagesLast,
  forwardFilter,
  imagesInside,
  transpose,
} from './layout.ts';
import { extent, valueOf, type LayerContext, type LayerOutput } from './layer-context.ts';
import type { Tensor, TensorDevice } from './tensor-device.ts';

/** Products summed in one part of a weight gradient: above it the filter's packed form leaves the cache. */
const reductionLength = 2048;

/** [images, height, width, inputs] -> [images, ceil(height / stride), ..., outputs]. Keeps `image` until backward ran. */
export function convolution(context: LayerContext, layer: ConvolutionLayer, image: Tensor): LayerOutput {
  if (layer.kernel === 1 && layer.stride > 1) return stridedPointwise(context, layer, image);
  const { device } = context;
  const weight = valueOf(context.values, `${layer.name}.weight`);
  const area = layer.kernel ** 2;
  const filter = device.fill([], [layer.kernel, layer.kernel, layer.inputs, layer.outputs], (_inputs, values) => {
    forwardFilter(weight, layer.outputs, layer.inputs, area, values);
  });
  const output = device.convolve(image, filter, {
    stride: layer.stride,
    dilation: 1,
    padding: [layer.padding, layer.padding],
  });
  device.release(filter);
  return {
    output,
    backward: (gradient) => {
      const weightGradient = new Float32Array(weight.length);
      if (layer.kernel === 1) addPointwiseWeightGradient(device, layer, image, gradient, weightGradient);
      else addWeightGradient(device, layer, image, gradient, weightGradient);
      context.gradients.set(`${layer.name}.weight`, weightGradient);
      const inputGradient = dataGradient(device, layer, weight, image, gradient);
      device.release(gradient);
      return inputGradient;
    },
  };
}

/** A 1x1 convolution that skips pixels is one without stride on the pixels it looks at. */
function stridedPointwise(context: LayerContext, layer: ConvolutionLayer, image: Tensor): LayerOutput {
  const { device } = context;
  const [images, height, width] = [extent(image, 0), extent(image, 1), extent(image, 2)];
  const channels = layer.inputs;
  const outHeight = Math.ceil(height / layer.stride);
  const outWidth = Math.ceil(width / layer.stride);
  /** Calls `visit` with the element offsets of each kept pixel, dense and in the full image. */
  const eachPixel = (visit: (kept: number, full: number) => void): void => {
    let kept = 0;
    for (let index = 0; index < images; index += 1) {
      for (let y = 0; y < outHeight; y += 1) {
        for (let x = 0; x < outWidth; x += 1, kept += channels) {
          visit(kept, ((index * height + y * layer.stride) * width + x * layer.stride) * channels);
        }
      }
    }
  };
  const kept = device.fill([image], [images, outHeight, outWidth, channels], ([full], output) => {
    eachPixel((to, from) => {
      for (let channel = 0; channel < channels; channel += 1) output[to + channel] = full?.[from + channel] as number;
    });
  });
  const dense = convolution(context, { ...layer, stride: 1 }, kept);
  return {
    output: dense.output,
    backward: (gradient) => {
      const keptGradient = dense.backward(gradient);
      const spread = device.fill([keptGradient], image.shape, ([values], output) => {
        output.fill(0);
        eachPixel((from, to) => {
          for (let channel = 0; channel < channels; channel += 1)
            output[to + channel] = values?.[from + channel] as number;
        });
      });
      device.release(kept, keptGradient);
      return spread;
    },
  };
}

function dataGradient(
  device: TensorDevice,
  layer: ConvolutionLayer,
  weight: Float32Array,
  image: Tensor,
  gradient: Tensor,
): Tensor {
  const { kernel, stride, padding, inputs, outputs } = layer;
  const filter = device.fill([], [kernel, kernel, outputs, inputs], (_inputs, values) => {
    backwardFilter(weight, outputs, inputs, kernel ** 2, values);
  });
  const around = kernel - 1 - padding;
  const spread = stride === 1 ? gradient : spreadOut(device, layer, image, gradient);
  const result = device.convolve(spread, filter, { stride: 1, dilation: 1, padding: [around, around] });
  device.release(filter);
  if (spread !== gradient) device.release(spread);
  return result;
}

/** Zeros between the pixels of `gradient`, so that a stride-1 convolution of it has the size of `image`. */
function spreadOut(device: TensorDevice, layer: ConvolutionLayer, image: Tensor, gradient: Tensor): Tensor {
  const [images, outHeight, outWidth] = [extent(gradient, 0), extent(gradient, 1), extent(gradient, 2)];
  const missing = 2 * layer.padding - layer.kernel + 1;
  const height = extent(image, 1) + missing;
  const width = extent(image, 2) + missing;
  const channels = layer.outputs;
  return device.fill([gradient], [images, height, width, channels], ([values], output) => {
    if (values === undefined) return;
    output.fill(0);
    let from = 0;
    for (let index = 0; index < images; index += 1) {
      for (let y = 0; y < outHeight; y += 1) {
        for (let x = 0; x < outWidth; x += 1) {
          const to = ((index * height + y * layer.stride) * width + x * layer.stride) * channels;
          for (let channel = 0; channel < channels; channel += 1) output[to + channel] = values[from++] as number;
        }
      }
    }
  });
}

/** Adds the weight gradient (OIHW) of a convolution to `sum`. `gradient` is the output's. */
export function addWeightGradient(
  device: TensorDevice,
  layer: Pick<ConvolutionLayer, 'kernel' | 'stride' | 'padding' | 'inputs' | 'outputs'>,
  image: Tensor,
  gradient: Tensor,
  sum: Float32Array,
): void {
  const { kernel, stride, padding, inputs, outputs } = layer;
  const [images, height, width] = [extent(image, 0), extent(image, 1), extent(image, 2)];
  const [outHeight, outWidth] = [extent(gradient, 1), extent(gradient, 2)];
  const outArea = outHeight * outWidth;
  // Exactly `kernel` positions remain; an even image with stride 2 leaves its last padding row unused.
  const after = kernel - 1 + (outHeight - 1) * stride + 1 - height - padding;
  const part = Math.max(8, Math.ceil(reductionLength / outArea));
  for (let first = 0; first < images; first += part) {
    const count = Math.min(part, images - first);
    const turnedImage = device.fill([image], [inputs, height, width, count], ([values], output) => {
      if (values !== undefined) channelsFirstImagesLast(values, first, count, height * width, inputs, output);
    });
    const filter = device.fill([gradient], [outHeight, outWidth, count, outputs], ([values], output) => {
      if (values !== undefined) imagesInside(values, first, count, outArea, outputs, output);
    });
    const product = device.convolve(turnedImage, filter, { stride: 1, dilation: stride, padding: [padding, after] });
    device.inspect([product], ([values]) => {
      if (values !== undefined) addInputMajorGradient(values, outputs, inputs, kernel ** 2, sum);
    });
    device.release(turnedImage, filter, product);
  }
}

function addPointwiseWeightGradient(
  device: TensorDevice,
  layer: ConvolutionLayer,
  image: Tensor,
  gradient: Tensor,
  sum: Float32Array,
): void {
  const { inputs, outputs } = layer;
  const rows = image.size / inputs;
  const turned = device.fill([image], [inputs, rows], ([values], output) => {
    if (values !== undefined) transpose(values, rows, inputs, output);
  });
  const flat = device.reshape(gradient, [rows, outputs]);
  const product = device.multiply(turned, flat);
  device.inspect([product], ([values]) => {
    if (values !== undefined) addInputMajorGradient(values, outputs, inputs, 1, sum);
  });
  device.release(turned, flat, product);
}
