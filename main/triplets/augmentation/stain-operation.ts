/**
 * Stains of every pixel moved in HED space (haematoxylin, eosin, DAB), in place on interleaved float RGB in 0..1: there and
 * back as scikit-image's rgb2hed and hed2rgb do it, with Ruifrok and Johnston's matrix (2001), stains below 0 cut off.
 */
import { rgbFromHed, hedFromRgb } from '#common/colour.ts';
import type { StainShift } from '#common/domain/view-parameters.ts';

/** scikit-image's floor of light, whose logarithm is one unit of stain. */
const floor = 1e-6;
const unit = Math.log(floor);

/** `length` is the number of values, three a pixel. */
export function shiftStains(image: Float32Array, length: number, { factors, offsets }: StainShift): void {
  const [toRed, toGreen, toBlue] = hedFromRgb;
  const [ofHaematoxylin, ofEosin, ofDab] = rgbFromHed;
  for (let i = 0; i < length; i += 3) {
    const red = Math.log(Math.max(image[i] as number, floor)) / unit;
    const green = Math.log(Math.max(image[i + 1] as number, floor)) / unit;
    const blue = Math.log(Math.max(image[i + 2] as number, floor)) / unit;
    const h = Math.max(red * toRed[0] + green * toGreen[0] + blue * toBlue[0], 0) * factors[0] + offsets[0];
    const e = Math.max(red * toRed[1] + green * toGreen[1] + blue * toBlue[1], 0) * factors[1] + offsets[1];
    const d = Math.max(red * toRed[2] + green * toGreen[2] + blue * toBlue[2], 0) * factors[2] + offsets[2];
    for (let channel = 0; channel < 3; channel += 1) {
      const c = channel as 0 | 1 | 2;
      const value = Math.exp(unit * (h * ofHaematoxylin[c] + e * ofEosin[c] + d * ofDab[c]));
      image[i + channel] = value > 1 ? 1 : value;
    }
  }
}
