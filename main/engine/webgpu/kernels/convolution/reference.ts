/** The three products of a convolution and what rides on them, in float64 and in the plainest form. For tests. */
import { convolutionOutput, type ConvolutionShape } from './shape.ts';

type Numbers = ArrayLike<number>;

/** Calls `visit` for every (output row, tap, input pixel) that meet inside the image. */
function forEachTap(shape: ConvolutionShape, visit: (row: number, tap: number, pixel: number) => void): void {
  const { height, width } = convolutionOutput(shape);
  const { images, inHeight, inWidth, kernel, stride, padding } = shape;
  for (let row = 0; row < images * height * width; row++) {
    const image = Math.floor(row / (height * width));
    const y0 = (Math.floor(row / width) % height) * stride - padding;
    const x0 = (row % width) * stride - padding;
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const y = y0 + Math.floor(tap / kernel);
      const x = x0 + (tap % kernel);
      if (y >= 0 && y < inHeight && x >= 0 && x < inWidth) visit(row, tap, (image * inHeight + y) * inWidth + x);
    }
  }
}

export function referenceForward(
  shape: ConvolutionShape,
  input: Numbers,
  weights: Numbers,
  bias: Numbers | null,
): Float64Array {
  const { height, width } = convolutionOutput(shape);
  const { inChannels, outChannels } = shape;
  const output = new Float64Array(shape.images * height * width * outChannels);
  if (bias !== null) for (let i = 0; i < output.length; i++) output[i] = bias[i % outChannels] ?? 0;
  forEachTap(shape, (row, tap, pixel) => {
    for (let c = 0; c < inChannels; c++) {
      const x = input[pixel * inChannels + c] ?? 0;
      for (let o = 0; o < outChannels; o++) {
        const at = row * outChannels + o;
        output[at] = (output[at] ?? 0) + x * (weights[(tap * inChannels + c) * outChannels + o] ?? 0);
      }
    }
  });
  return output;
}

export function referenceInputGradient(
  shape: ConvolutionShape,
  outputGradient: Numbers,
  weights: Numbers,
): Float64Array {
  const { images, inHeight, inWidth, inChannels, outChannels } = shape;
  const gradient = new Float64Array(images * inHeight * inWidth * inChannels);
  forEachTap(shape, (row, tap, pixel) => {
    for (let c = 0; c < inChannels; c++) {
      let sum = 0;
      for (let o = 0; o < outChannels; o++) {
        sum += (outputGradient[row * outChannels + o] ?? 0) * (weights[(tap * inChannels + c) * outChannels + o] ?? 0);
      }
      gradient[pixel * inChannels + c] = (gradient[pixel * inChannels + c] ?? 0) + sum;
    }
  });
  return gradient;
}

export function referenceWeightGradient(
  shape: ConvolutionShape,
  input: Numbers,
  outputGradient: Numbers,
): Float64Array {
  const { inChannels, outChannels, kernel } = shape;
  const gradient = new Float64Array(kernel * kernel * inChannels * outChannels);
  forEachTap(shape, (row, tap, pixel) => {
    for (let c = 0; c < inChannels; c++) {
      const x = input[pixel * inChannels + c] ?? 0;
      for (let o = 0; o < outChannels; o++) {
        const at = (tap * inChannels + c) * outChannels + o;
        gradient[at] = (gradient[at] ?? 0) + x * (outputGradient[row * outChannels + o] ?? 0);
      }
    }
  });
  return gradient;
}

/** max(0, x * scale + shift) with scale and shift (rows 2 and 3 of the statistics) of the pixel's group. */
export function referenceTransform(
  shape: ConvolutionShape,
  input: Numbers,
  statistics: Numbers,
  imagesPerGroup: number,
): Float64Array {
  const { inChannels, inHeight, inWidth } = shape;
  return Float64Array.from(input, (x, index) => {
    const group = Math.floor(index / (imagesPerGroup * inHeight * inWidth * inChannels));
    const channel = index % inChannels;
    const scale = statistics[(group * 4 + 2) * inChannels + channel] ?? 0;
    const shift = statistics[(group * 4 + 3) * inChannels + channel] ?? 0;
    return Math.max(0, x * scale + shift);
  });
}
