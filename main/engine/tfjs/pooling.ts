/** Max pooling 3x3, stride 2, padding 1 (behind the stem) and global average pooling, each with its gradient. */
import { extent, type LayerContext, type LayerOutput } from './layer-context.ts';
import type { Tensor } from './tensor-device.ts';

/** [images, height, width, channels] -> half the size, rounded up. The gradient goes to the first largest value, as in PyTorch. */
export function maxPool(context: LayerContext, image: Tensor): LayerOutput {
  const { device } = context;
  const [images, height, width, channels] = [extent(image, 0), extent(image, 1), extent(image, 2), extent(image, 3)];
  const output = device.maxPool(image);
  return {
    output,
    backward: (gradient) => {
      const result = device.fill([gradient, image, output], image.shape, ([incoming, values, largest], target) => {
        if (incoming === undefined || values === undefined || largest === undefined) return;
        scatterToLargest(incoming, values, largest, images, height, width, channels, target);
      });
      device.release(gradient, output);
      return result;
    },
  };
}

function scatterToLargest(
  incoming: Float32Array,
  values: Float32Array,
  largest: Float32Array,
  images: number,
  height: number,
  width: number,
  channels: number,
  target: Float32Array,
): void {
  target.fill(0);
  let from = 0;
  for (let index = 0; index < images; index += 1) {
    for (let yStart = -1; yStart < height - 1; yStart += 2) {
      const yEnd = Math.min(height, yStart + 3);
      for (let xStart = -1; xStart < width - 1; xStart += 2) {
        const xEnd = Math.min(width, xStart + 3);
        for (let channel = 0; channel < channels; channel += 1, from += 1) {
          const value = largest[from] as number;
          search: for (let y = Math.max(0, yStart); y < yEnd; y += 1) {
            for (let x = Math.max(0, xStart); x < xEnd; x += 1) {
              const to = ((index * height + y) * width + x) * channels + channel;
              if (values[to] === value) {
                target[to] = (target[to] as number) + (incoming[from] as number);
                break search;
              }
            }
          }
        }
      }
    }
  }
}

/** [images, height, width, channels] -> [images, channels]. */
export function globalAveragePool(context: LayerContext, image: Tensor): LayerOutput {
  const [images, channels] = [extent(image, 0), extent(image, 3)];
  const area = extent(image, 1) * extent(image, 2);
  const output = context.device.fill([image], [images, channels], ([values], target) => {
    if (values === undefined) return;
    for (let index = 0; index < images; index += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        for (let position = 0; position < area; position += 1) {
          sum += values[(index * area + position) * channels + channel] as number;
        }
        target[index * channels + channel] = sum / area;
      }
    }
  });
  return {
    output,
    backward: (gradient) => {
      const result = context.device.fill([gradient], image.shape, ([values], target) => {
        if (values === undefined) return;
        let to = 0;
        for (let index = 0; index < images; index += 1) {
          for (let position = 0; position < area; position += 1) {
            for (let channel = 0; channel < channels; channel += 1, to += 1) {
              target[to] = (values[index * channels + channel] as number) / area;
            }
          }
        }
      });
      context.device.release(gradient);
      return result;
    },
  };
}
