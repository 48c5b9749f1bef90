/** The poolings in plain float64: what the kernels are tested against. NHWC. */

export interface ReferenceImage {
  readonly images: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Largest value of every 3x3 window (stride 2, padding 1) and where it is: the first in scan order. */
export function referenceMaxPool(
  { images, inHeight, inWidth, channels }: ReferenceImage,
  x: ArrayLike<number>,
): { readonly output: Float64Array; readonly places: Uint32Array } {
  const [outHeight, outWidth] = [Math.ceil(inHeight / 2), Math.ceil(inWidth / 2)];
  const output = new Float64Array(images * outHeight * outWidth * channels);
  const places = new Uint32Array(output.length);
  for (let to = 0; to < output.length; to += 1) {
    const channel = to % channels;
    const outColumn = Math.floor(to / channels) % outWidth;
    const outRow = Math.floor(to / channels / outWidth) % outHeight;
    const image = Math.floor(to / channels / outWidth / outHeight);
    let best = Number.NEGATIVE_INFINITY;
    for (let row = Math.max(0, outRow * 2 - 1); row < Math.min(inHeight, outRow * 2 + 2); row += 1) {
      for (let column = Math.max(0, outColumn * 2 - 1); column < Math.min(inWidth, outColumn * 2 + 2); column += 1) {
        const from = ((image * inHeight + row) * inWidth + column) * channels + channel;
        const value = at(x, from);
        if (value > best || Number.isNaN(value)) {
          best = value;
          places[to] = from;
        }
      }
    }
    output[to] = best;
  }
  return { output, places };
}

export function referenceMaxPoolGradient(
  shape: ReferenceImage,
  x: ArrayLike<number>,
  outputGradient: ArrayLike<number>,
): Float64Array {
  const gradient = new Float64Array(shape.images * shape.inHeight * shape.inWidth * shape.channels);
  referenceMaxPool(shape, x).places.forEach((place, from) => {
    gradient[place] = at(gradient, place) + at(outputGradient, from);
  });
  return gradient;
}

/** [images][rows][channels] -> [images][channels]. */
export function referenceAveragePool(
  images: number,
  rows: number,
  channels: number,
  x: ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: images * channels }, (_, index) => {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) {
      sum += at(x, (Math.floor(index / channels) * rows + row) * channels + (index % channels));
    }
    return sum / rows;
  });
}
