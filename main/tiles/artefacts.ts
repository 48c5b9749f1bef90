/**
 * Folds and dark dirt on an overview of a slide, as masks beside the tissue mask. Pen is in pen.ts, focus in focus.ts.
 *
 * Folds (two or three layers of tissue): saturation minus intensity is high there, which is the idea of Palokangas et al.
 * (SPIE 2007) and Bautista and Yagi (2010); the limit follows the slide's own tissue, since stains differ in strength.
 * Dark: dirt, the edge of a coverslip, a tattooed margin; dark without the colour of a stain.
 */
import { flipSmallComponents, type Mask } from './connected-components.ts';

/** Folds smaller than this are clumps of nuclei, dark specks smaller than this are nuclei or single grains. */
const minimumFoldUm2 = 6_000;
const minimumDarkUm2 = 500;
/** Saturation above which something dark is taken for stained tissue. */
const stainedSaturation = 0.42;
/** Tissue pixels needed before a slide's own colours say anything. */
const minimumTissuePixels = 64;

export interface ColourPlanes {
  readonly width: number;
  readonly height: number;
  /** HSV saturation and value, 0..255 each. */
  readonly saturation: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * `contrast`: how far (0..1) saturation minus intensity must stand out above the upper quarter of the tissue's; 0 switches it
 * off. A value is averaged over 3 x 3 pixels first, so that single nuclei do not count.
 */
export function findFolds(planes: ColourPlanes, tissue: Mask, umPerPx: number, contrast: number): Mask {
  const { width, height } = planes;
  const folds: Mask = { width, height, data: new Uint8Array(width * height) };
  if (contrast <= 0) return folds;
  const difference = smoothedDifference(planes);
  const histogram = new Float64Array(511);
  let count = 0;
  for (let pixel = 0; pixel < difference.length; pixel += 1) {
    if (tissue.data[pixel] === 0) continue;
    const bin = (difference[pixel] as number) + 255;
    histogram[bin] = (histogram[bin] as number) + 1;
    count += 1;
  }
  if (count < minimumTissuePixels) return folds;
  const limit = quantileOf(histogram, count, 0.75) - 255 + contrast * 255;
  for (let pixel = 0; pixel < difference.length; pixel += 1) {
    if (tissue.data[pixel] === 1 && (difference[pixel] as number) > limit) folds.data[pixel] = 1;
  }
  const pixelUm2 = umPerPx ** 2;
  flipSmallComponents(folds, {
    value: 1,
    minimumPixels: minimumFoldUm2 / pixelUm2,
    diagonal: true,
    keepAtEdge: false,
  });
  return folds;
}

/** `limit`: value (0..1) below which a pixel without a stain's colour is dark; 0 switches it off. Pen is left out. */
export function findDark(planes: ColourPlanes, pen: Mask, umPerPx: number, limit: number): Mask {
  const { width, height, saturation, value } = planes;
  const dark: Mask = { width, height, data: new Uint8Array(width * height) };
  if (limit <= 0) return dark;
  for (let pixel = 0; pixel < value.length; pixel += 1) {
    const isDark = (value[pixel] as number) < limit * 255 && (saturation[pixel] as number) < stainedSaturation * 255;
    if (isDark && pen.data[pixel] === 0) dark.data[pixel] = 1;
  }
  flipSmallComponents(dark, {
    value: 1,
    minimumPixels: minimumDarkUm2 / umPerPx ** 2,
    diagonal: true,
    keepAtEdge: false,
  });
  return dark;
}

/** Saturation minus value, -255..255, mean of the 3 x 3 pixels around. */
function smoothedDifference({ width, height, saturation, value }: ColourPlanes): Int16Array {
  const rows = new Int16Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = row * width;
    for (let column = 0; column < width; column += 1) {
      const left = start + Math.max(0, column - 1);
      const at = start + column;
      const right = start + Math.min(width - 1, column + 1);
      rows[at] =
        (saturation[left] as number) +
        (saturation[at] as number) +
        (saturation[right] as number) -
        (value[left] as number) -
        (value[at] as number) -
        (value[right] as number);
    }
  }
  const mean = new Int16Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const above = Math.max(0, row - 1) * width;
    const below = Math.min(height - 1, row + 1) * width;
    for (let column = 0; column < width; column += 1) {
      const at = row * width + column;
      const sum = (rows[above + column] as number) + (rows[at] as number) + (rows[below + column] as number);
      mean[at] = Math.round(sum / 9);
    }
  }
  return mean;
}

/** Position in the histogram below which `share` of `count` values lie. */
function quantileOf(histogram: Float64Array, count: number, share: number): number {
  let below = 0;
  for (let bin = 0; bin < histogram.length; bin += 1) {
    below += histogram[bin] as number;
    if (below >= share * count) return bin;
  }
  return histogram.length - 1;
}
