/**
 * Colour spaces of 8-bit sRGB pixels as scikit-image defines them (rgb2hsv, rgb2hed, rgb2lab): one pixel in, three
 * numbers out. Not a whole-image path; hot loops inline what they need and are tested against this.
 */

export type Triple = [number, number, number];

/** Hue, saturation, value, each 0..1; red, green, blue 0..255. Grey has hue 0 and saturation 0. */
export function hsvOf(red: number, green: number, blue: number): Triple {
  const maximum = Math.max(red, green, blue);
  const chroma = maximum - Math.min(red, green, blue);
  if (chroma === 0) return [0, 0, maximum / 255];
  let sextant: number;
  if (red === maximum) sextant = (green - blue) / chroma;
  else if (green === maximum) sextant = 2 + (blue - red) / chroma;
  else sextant = 4 + (red - green) / chroma;
  const hue = sextant / 6;
  return [hue < 0 ? hue + 1 : hue, chroma / maximum, maximum / 255];
}

// Inverse of Ruifrok and Johnston's stain matrix (haematoxylin, eosin, DAB), rows = R, G, B.
export const hedFromRgb = [
  [1.87798274, -1.00767869, -0.55611582],
  [-0.06590806, 1.13473037, -0.1355218],
  [-0.60190736, -0.48041419, 1.57358807],
] as const;

/** Ruifrok and Johnston's stains, rows = haematoxylin, eosin, DAB, columns = R, G, B; the inverse of `hedFromRgb`. */
export const rgbFromHed = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
] as const;

/** Haematoxylin, eosin, DAB optical densities as scikit-image scales them, negatives cut to 0. */
export function hedOf(red: number, green: number, blue: number): Triple {
  const logarithmOfFloor = Math.log(1e-6);
  const density = (value: number): number => Math.log(Math.max(value / 255, 1e-6)) / logarithmOfFloor;
  const [r, g, b] = [density(red), density(green), density(blue)];
  const stain = (column: 0 | 1 | 2): number =>
    Math.max(r * hedFromRgb[0][column] + g * hedFromRgb[1][column] + b * hedFromRgb[2][column], 0);
  return [stain(0), stain(1), stain(2)];
}

/** CIE L*a*b* (D65, 2 degree observer): L 0..100, a and b about -128..127. */
export function labOf(red: number, green: number, blue: number): Triple {
  const linear = (value: number): number => {
    const unit = value / 255;
    return unit > 0.04045 ? ((unit + 0.055) / 1.055) ** 2.4 : unit / 12.92;
  };
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const compress = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = compress((0.412453 * r + 0.35758 * g + 0.180423 * b) / 0.95047);
  const y = compress(0.212671 * r + 0.71516 * g + 0.072169 * b);
  const z = compress((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
