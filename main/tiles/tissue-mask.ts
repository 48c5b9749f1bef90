/**
 * Where tissue and pen are on a slide, from a small overview image. Tissue is saturated, glass is not: HSV saturation
 * against a threshold found by Otsu or set by hand, then holes filled and specks dropped by area. Pen is ink of colours
 * haematoxylin and eosin do not have. Folds and dirt are in artefacts.ts, what a person painted over all of it in hand-corrections.ts.
 */
import type { TissueSettings } from '#common/domain/tile.ts';
import type { RgbImage } from '#main/slides/slide-reader.ts';
import { findDark, findFolds } from './artefacts.ts';
import { flipSmallComponents } from './connected-components.ts';
import type { Mask } from './connected-components.ts';
import { otsuSplit } from './otsu.ts';

/**
 * Where the threshold comes from. `otsu-not-bimodal`: even Otsu's paler class is coloured like tissue, so there is no glass
 * to split off and the fixed threshold is used. `blank`: even its stronger class is as pale as glass, so nothing is tissue.
 */
export type ThresholdOrigin = 'fixed' | 'otsu' | 'otsu-not-bimodal' | 'blank';

export interface TissueMask {
  readonly tissue: Mask;
  readonly pen: Mask;
  readonly fold: Mask;
  readonly dark: Mask;
  /** Saturation 0..1; tissue is above it. */
  readonly threshold: number;
  readonly origin: ThresholdOrigin;
}

/** Saturation (0..255) that glass with camera noise and JPEG colour rounding does not reach on average. */
const palestTissue = 12;

/** Below this value (0..255) saturation is noise: scanner borders and black ink would look coloured. */
const darkest = 20;

/** `overviewMpp`: micrometres per pixel of the overview, for the areas. */
export function findTissue(overview: RgbImage, overviewMpp: number, settings: TissueSettings): TissueMask {
  const { width, height } = overview;
  const count = width * height;
  const saturation = new Uint8Array(count);
  const brightness = new Uint8Array(count);
  const pen: Mask = { width, height, data: new Uint8Array(count) };
  const histogram = new Float64Array(256);
  for (let pixel = 0, byte = 0; pixel < count; pixel += 1, byte += 3) {
    const red = overview.data[byte] as number;
    const green = overview.data[byte + 1] as number;
    const blue = overview.data[byte + 2] as number;
    const high = Math.max(red, green, blue);
    const low = Math.min(red, green, blue);
    brightness[pixel] = high;
    if (isPen(red, green, blue)) {
      pen.data[pixel] = 1;
      continue;
    }
    const value = high < darkest ? 0 : Math.round(((high - low) / high) * 255);
    saturation[pixel] = value;
    histogram[value] = (histogram[value] as number) + 1;
  }
  const { threshold, origin } = chooseThreshold(histogram, settings);
  const tissue: Mask = { width, height, data: new Uint8Array(count) };
  for (let pixel = 0; pixel < count; pixel += 1) {
    if ((saturation[pixel] as number) > threshold && pen.data[pixel] === 0) tissue.data[pixel] = 1;
  }
  const pixelUm2 = overviewMpp ** 2;
  const minimumSpeck = settings.minSpeckUm2 / pixelUm2;
  const minimumHole = settings.minHoleUm2 / pixelUm2;
  // Specks first: a speck in a hole would otherwise cut the hole into pieces small enough to fill.
  flipSmallComponents(tissue, { value: 1, minimumPixels: minimumSpeck, diagonal: true, keepAtEdge: false });
  flipSmallComponents(tissue, { value: 0, minimumPixels: minimumHole, diagonal: false, keepAtEdge: true });
  const planes = { width, height, saturation, value: brightness };
  const fold = findFolds(planes, tissue, overviewMpp, settings.foldContrast);
  const dark = findDark(planes, pen, overviewMpp, settings.darkLimit);
  return { tissue, pen, fold, dark, threshold: threshold / 255, origin };
}

function chooseThreshold(
  histogram: Float64Array,
  settings: TissueSettings,
): { readonly threshold: number; readonly origin: ThresholdOrigin } {
  const fixed = settings.saturationThreshold * 255;
  if (settings.method === 'fixed') return { threshold: fixed, origin: 'fixed' };
  let split = otsuSplit(histogram);
  if (!split) {
    const onlyValue = histogram.findIndex((n) => n > 0);
    return onlyValue > fixed ? { threshold: fixed, origin: 'otsu-not-bimodal' } : { threshold: 255, origin: 'blank' };
  }
  if (split.upperMean < palestTissue) return { threshold: 255, origin: 'blank' };
  // With glass, pale and strong tissue in one image Otsu may cut between the two tissues: then the paler part is cut again.
  while (split.lowerMean <= fixed && split.threshold > 1.5 * fixed) {
    const paler = otsuSplit(histogram.subarray(0, split.threshold + 1));
    if (!paler || paler.upperMean < palestTissue) break;
    split = paler;
  }
  if (split.lowerMean > fixed) return { threshold: fixed, origin: 'otsu-not-bimodal' };
  return { threshold: split.threshold, origin: 'otsu' };
}

/**
 * Pen rule, on hue (degrees), saturation and value (0..1). Haematoxylin lies at hues 230-300 and eosin at 300-360, both
 * seldom above saturation 0.6 at overview resolution, and neither is ever green, cyan or black.
 *   green and cyan ink  hue 75-195,  saturation > 0.25, value > 0.1
 *   blue ink            hue 195-230, saturation > 0.4,  value > 0.15;  hue 230-250, saturation > 0.7
 *   red ink             hue 345-15,  saturation > 0.75, value > 0.3
 *   black ink           value < 0.22 and saturation < 0.5 (also a scanner's black border, which is no tissue either)
 */
export function isPen(red: number, green: number, blue: number): boolean {
  const high = Math.max(red, green, blue);
  const chroma = high - Math.min(red, green, blue);
  const value = high / 255;
  if (value < 0.22) return chroma < 0.5 * high || (value < 0.08 && chroma < 12);
  const saturation = chroma / high;
  if (saturation <= 0.25) return false;
  let hue: number;
  if (high === red) hue = (60 * (green - blue)) / chroma;
  else if (high === green) hue = 120 + (60 * (blue - red)) / chroma;
  else hue = 240 + (60 * (red - green)) / chroma;
  if (hue < 0) hue += 360;
  if (hue >= 75 && hue < 195) return true;
  if (hue >= 195 && hue < 230) return saturation > 0.4;
  if (hue >= 230 && hue < 250) return saturation > 0.7;
  return (hue >= 345 || hue < 15) && saturation > 0.75 && value > 0.3;
}
