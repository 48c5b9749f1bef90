/** Max pooling 3x3, stride 2, padding 1 (behind the stem) and global average pooling, each with its gradient. */
import { extent, type LayerContext, type LayerOutput } from './layer-context.ts';
import type { Tensor } from './tensor-device.ts';

/** [images, height, width, channels] -> half the size, rounded up. The gradient goes to the first largest value, as in PyTorch. */
export function maxPool(context: LayerContext, image: Tensor): LayerOutput {
  const [images, height, width, channels] = [extent(image, 0), extent(image, 1), extent(image, 2), extent(image, 3)];
  const outHeight = Math.ceil(height / 2);
  const outWidth = Math.ceil(width / 2);
  const winners = context.training ? new Int32Array(images * outHeight * outWidth * channels) : null;
  const output = context.device.fill([image], [images, outHeight, outWidth, channels], ([values], target) => {
    if (values === undefined) return;
    let to = 0;
    for (let index = 0; index < images; index += 1) {
      for (let outY = 0; outY < outHeight; outY += 1) {
        const yStart = Math.max(0, 2 * outY - 1);
        const yEnd = Math.min(height, 2 * outY + 2);
        for (let outX = 0; outX < outWidth; outX += 1, to += channels) {
          const xStart = Math.max(0, 2 * outX - 1);
          const xEnd = Math.min(width, 2 * outX + 2);
          for (let channel = 0; channel < channels; channel += 1) {
            let best = -Infinity;
            let winner = ((index * height + yStart) * width + xStart) * channels + channel;
            for (let y = yStart; y < yEnd; y += 1) {
              let from = ((index * height + y) * width + xStart) * channels + channel;
              for (let x = xStart; x < xEnd; x += 1, from += channels) {
                const value = values[from] as number;
                // Written so that NaN wins: a diverged run must show.
                if (!(value <= best)) {
                  best = value;
                  winner = from;
                }
              }
            }
            target[to + channel] = best;
            if (winners !== null) winners[to + channel] = winner;
          }
        }
      }
    }
  });
  return {
    output,
    backward: (gradient) => {
      const result = context.device.fill([gradient], image.shape, ([values], target) => {
        if (values === undefined || winners === null) return;
        target.fill(0);
        for (let at = 0; at < winners.length; at += 1) {
          const winner = winners[at] as number;
          target[winner] = (target[winner] as number) + (values[at] as number);
        }
      });
      context.device.release(gradient, output);
      return result;
    },
  };
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
