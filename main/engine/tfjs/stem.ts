/**
 * The stem: 7x7 convolution, stride 2, padding 3, on 3-channel images. Three channels leave most of a SIMD register empty,
 * so 2x2 pixels are folded into 12 channels and the filter becomes a 4x4 without stride (its eighth row and column are
 * zero). The images need no gradient.
 */
import type { ConvolutionLayer } from '../network-parameters.ts';
import { addWeightGradient } from './convolution.ts';
import { extent, valueOf, type LayerContext } from './layer-context.ts';
import type { Tensor } from './tensor-device.ts';

const foldedKernel = 4;
const foldedChannels = 12;

/** Calls `visit` for each of the 7x7x3 weights: offset of (input, y, x) in IHW and position and channel once folded. */
function eachWeight(visit: (offset: number, position: number, channel: number) => void): void {
  for (let channel = 0; channel < 3; channel += 1) {
    for (let y = 0; y < 7; y += 1) {
      for (let x = 0; x < 7; x += 1) {
        visit((channel * 7 + y) * 7 + x, (y >> 1) * foldedKernel + (x >> 1), ((y & 1) * 2 + (x & 1)) * 3 + channel);
      }
    }
  }
}

/**
 * Views of [count, viewPx, viewPx, 3] each -> folded images [views * count, blocks, blocks, 12], where blocks is the
 * output size + 3.
 */
export function foldViews(context: LayerContext, views: readonly Float32Array[], viewPx: number): Tensor {
  const imageSize = viewPx * viewPx * 3;
  const outputs = Math.ceil(viewPx / 2);
  const blocks = outputs + foldedKernel - 1;
  const images = views.reduce((sum, view) => sum + view.length / imageSize, 0);
  return context.device.fill([], [images, blocks, blocks, foldedChannels], (_inputs, output) => {
    output.fill(0);
    let base = 0;
    for (const view of views) {
      let from = 0;
      while (from < view.length) {
        for (let y = 0; y < viewPx; y += 1) {
          for (let x = 0; x < viewPx; x += 1) {
            // Padding of 3 before the image, then 2x2 pixels a block.
            const block = ((y + 3) >> 1) * blocks + ((x + 3) >> 1);
            const to = base + block * foldedChannels + (((y + 3) & 1) * 2 + ((x + 3) & 1)) * 3;
            output[to] = view[from] as number;
            output[to + 1] = view[from + 1] as number;
            output[to + 2] = view[from + 2] as number;
            from += 3;
          }
        }
        base += blocks * blocks * foldedChannels;
      }
    }
  });
}

/** Folded images -> [images, output, output, width]. Backward only sets the weight's gradient. */
export function stemConvolution(
  context: LayerContext,
  layer: ConvolutionLayer,
  folded: Tensor,
): { output: Tensor; backward: (gradient: Tensor) => void } {
  const { device } = context;
  const name = `${layer.name}.weight`;
  const weight = valueOf(context.values, name);
  const { outputs } = layer;
  const filter = device.fill([], [foldedKernel, foldedKernel, foldedChannels, outputs], (_inputs, values) => {
    values.fill(0);
    eachWeight((offset, position, channel) => {
      for (let output = 0; output < outputs; output += 1) {
        values[(position * foldedChannels + channel) * outputs + output] = weight[output * 147 + offset] as number;
      }
    });
  });
  const output = device.convolve(folded, filter, { stride: 1, dilation: 1, padding: [0, 0] });
  device.release(filter);
  return {
    output,
    backward: (gradient) => {
      const area = foldedKernel ** 2;
      const foldedGradient = new Float32Array(outputs * foldedChannels * area);
      addWeightGradient(
        device,
        { kernel: foldedKernel, stride: 1, padding: 0, inputs: foldedChannels, outputs },
        folded,
        gradient,
        foldedGradient,
      );
      const weightGradient = new Float32Array(weight.length);
      eachWeight((offset, position, channel) => {
        for (let output = 0; output < outputs; output += 1) {
          weightGradient[output * 147 + offset] = foldedGradient[
            (output * foldedChannels + channel) * area + position
          ] as number;
        }
      });
      context.gradients.set(name, weightGradient);
      device.release(gradient);
      // Checked here because a wrong fold would train quietly on shifted images.
      if (extent(folded, 3) !== foldedChannels) throw new Error('The stem was given images that are not folded.');
    },
  };
}
