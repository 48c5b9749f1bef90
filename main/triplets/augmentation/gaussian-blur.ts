/**
 * Gaussian blur with reflected edges (edge pixel not repeated), separable, equal to torchvision's gaussian_blur. In place
 * on interleaved float RGB. Weights below 1e-7 of the sum change no float32 result and are left out.
 */

/** Half of a symmetric kernel: the centre, then the weights at distance 1, 2, ... */
function halfKernel(kernelPx: number, sigma: number): Float64Array {
  const radius = (kernelPx - 1) / 2;
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) => Math.exp(-0.5 * (distance / sigma) ** 2));
  const sum = weights.reduce((total, weight, distance) => total + (distance === 0 ? weight : 2 * weight), 0);
  const normalised = weights.map((weight) => weight / sum);
  let used = normalised.length;
  while (used > 1 && (normalised[used - 1] as number) < 1e-7) used -= 1;
  return normalised.subarray(0, used);
}

export class GaussianBlur {
  private readonly width: number;
  private readonly height: number;
  private readonly kernelPx: number;
  private readonly scratch: Float32Array;
  /** One padded row for the pass along x. */
  private readonly padded: Float32Array;

  /** `kernelPx` is odd and its half is smaller than both sides (reflection needs that many pixels). */
  constructor(width: number, height: number, kernelPx: number) {
    this.width = width;
    this.height = height;
    this.kernelPx = kernelPx;
    this.scratch = new Float32Array(width * height * 3);
    this.padded = new Float32Array((width + kernelPx - 1) * 3);
  }

  blur(image: Float32Array, sigma: number): void {
    const kernel = halfKernel(this.kernelPx, sigma);
    if (kernel.length === 1) return;
    this.alongX(image, kernel);
    this.alongY(image, kernel);
  }

  private alongX(image: Float32Array, kernel: Float64Array): void {
    const { width, height, padded, scratch } = this;
    const radius = kernel.length - 1;
    const rowLength = width * 3;
    const start = radius * 3;
    const centre = kernel[0] as number;
    for (let row = 0; row < height; row += 1) {
      const from = row * rowLength;
      for (let i = 0; i < rowLength; i += 1) padded[start + i] = image[from + i] as number;
      for (let distance = 1; distance <= radius; distance += 1) {
        for (let channel = 0; channel < 3; channel += 1) {
          padded[start - distance * 3 + channel] = image[from + distance * 3 + channel] as number;
          padded[start + (width - 1 + distance) * 3 + channel] = image[
            from + (width - 1 - distance) * 3 + channel
          ] as number;
        }
      }
      for (let i = 0; i < rowLength; i += 1) {
        const at = start + i;
        let sum = centre * (padded[at] as number);
        for (let tap = 1, step = 3; tap <= radius; tap += 1, step += 3) {
          sum += (kernel[tap] as number) * ((padded[at - step] as number) + (padded[at + step] as number));
        }
        scratch[from + i] = sum;
      }
    }
  }

  private alongY(image: Float32Array, kernel: Float64Array): void {
    const { width, height, scratch } = this;
    const radius = kernel.length - 1;
    const rowLength = width * 3;
    const last = height - 1;
    for (let row = 0; row < height; row += 1) {
      const to = row * rowLength;
      const centre = kernel[0] as number;
      for (let i = 0; i < rowLength; i += 1) image[to + i] = centre * (scratch[to + i] as number);
      for (let tap = 1; tap <= radius; tap += 1) {
        const weight = kernel[tap] as number;
        const above = Math.abs(row - tap) * rowLength;
        const below = (last - Math.abs(last - row - tap)) * rowLength;
        for (let i = 0; i < rowLength; i += 1) {
          image[to + i] =
            (image[to + i] as number) + weight * ((scratch[above + i] as number) + (scratch[below + i] as number));
        }
      }
    }
  }
}
