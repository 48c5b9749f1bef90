/**
 * Colour jitter and greyscale in place on interleaved float RGB in 0..1, equal to torchvision's adjust_brightness,
 * adjust_contrast, adjust_saturation, adjust_hue and rgb_to_grayscale on float tensors (each result cut to 0..1).
 * `length` is the number of values, three a pixel.
 */

const redWeight = 0.2989;
const greenWeight = 0.587;
const blueWeight = 0.114;

export function adjustBrightness(image: Float32Array, length: number, factor: number): void {
  for (let i = 0; i < length; i += 1) {
    const value = factor * (image[i] as number);
    image[i] = value > 1 ? 1 : value;
  }
}

/** Blends with the mean of the grey image. */
export function adjustContrast(image: Float32Array, length: number, factor: number): void {
  let sum = 0;
  for (let i = 0; i < length; i += 3) {
    sum +=
      redWeight * (image[i] as number) + greenWeight * (image[i + 1] as number) + blueWeight * (image[i + 2] as number);
  }
  const shift = ((1 - factor) * sum) / (length / 3);
  for (let i = 0; i < length; i += 1) {
    const value = factor * (image[i] as number) + shift;
    image[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}

/** Blends each pixel with its grey value. */
export function adjustSaturation(image: Float32Array, length: number, factor: number): void {
  for (let i = 0; i < length; i += 3) {
    const red = image[i] as number;
    const green = image[i + 1] as number;
    const blue = image[i + 2] as number;
    const shift = (1 - factor) * (redWeight * red + greenWeight * green + blueWeight * blue);
    const r = factor * red + shift;
    const g = factor * green + shift;
    const b = factor * blue + shift;
    image[i] = r < 0 ? 0 : r > 1 ? 1 : r;
    image[i + 1] = g < 0 ? 0 : g > 1 ? 1 : g;
    image[i + 2] = b < 0 ? 0 : b > 1 ? 1 : b;
  }
}

/**
 * Turns the hue by `shift` turns (-0.5..0.5). Largest and smallest channel stay as they are and only change places, so
 * the way through HSV needs one division a pixel.
 */
export function adjustHue(image: Float32Array, length: number, shift: number): void {
  const turn = shift * 6;
  for (let i = 0; i < length; i += 3) {
    const red = image[i] as number;
    const green = image[i + 1] as number;
    const blue = image[i + 2] as number;
    const high = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const low = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
    const chroma = high - low;
    if (chroma === 0) continue;
    let sextant =
      turn +
      (red === high
        ? (green - blue) / chroma
        : green === high
          ? 2 + (blue - red) / chroma
          : 4 + (red - green) / chroma);
    if (sextant < 0) sextant += 6;
    // Not `else`: a rounded -1e-17 + 6 is 6.
    if (sextant >= 6) sextant -= 6;
    const whole = sextant | 0;
    const part = (sextant - whole) * chroma;
    const falling = high - part;
    const rising = low + part;
    if (whole === 0) {
      image[i] = high;
      image[i + 1] = rising;
      image[i + 2] = low;
    } else if (whole === 1) {
      image[i] = falling;
      image[i + 1] = high;
      image[i + 2] = low;
    } else if (whole === 2) {
      image[i] = low;
      image[i + 1] = high;
      image[i + 2] = rising;
    } else if (whole === 3) {
      image[i] = low;
      image[i + 1] = falling;
      image[i + 2] = high;
    } else if (whole === 4) {
      image[i] = rising;
      image[i + 1] = low;
      image[i + 2] = high;
    } else {
      image[i] = high;
      image[i + 1] = low;
      image[i + 2] = falling;
    }
  }
}

export function toGrey(image: Float32Array, length: number): void {
  for (let i = 0; i < length; i += 3) {
    const grey =
      redWeight * (image[i] as number) + greenWeight * (image[i + 1] as number) + blueWeight * (image[i + 2] as number);
    image[i] = grey;
    image[i + 1] = grey;
    image[i + 2] = grey;
  }
}
