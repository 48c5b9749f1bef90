/**
 * The tissue mask as a picture to lay over the slide, and which part of the slide to ask it of. What is not tissue is shaded
 * and tissue left as it is: a tint would hide the very colours that decide.
 */
import type { Level0Rect } from '#common/domain/tile.ts';
import { previewLayers, type PreviewLayer } from '#common/tissue-preview.ts';
import { packColour } from '../../viewer/tile-drawing.ts';
import { reasonColours } from './tile-look.ts';
import type { TissueMask } from './useTissuePreview.ts';

/** What is laid over the slide, and the swatch of the legend: the colours of the tiles dropped for the same reason. */
export const layerColours = {
  glass: 'rgb(32 32 32 / 61%)',
  tissue: 'transparent',
  pen: reasonColours.pen,
  fold: reasonColours.fold,
  dark: reasonColours.dark,
  blur: reasonColours.blur,
} as const satisfies Record<PreviewLayer, string>;
const artefactAlpha = 0.69;
const glassPixel = 0x9c202020;

export interface MaskPicture {
  readonly bitmap: OffscreenCanvas;
  readonly area: Level0Rect;
}

/** null when there is no mask of this slide. */
export function maskPicture(mask: TissueMask | null, slide: string | null): MaskPicture | null {
  if (mask === null || mask.slide !== slide) return null;
  const { width, height, values, area } = mask;
  const bitmap = new OffscreenCanvas(width, height);
  const context = bitmap.getContext('2d');
  if (context === null) return null;
  const image = context.createImageData(width, height);
  new Uint32Array(image.data.buffer).set(maskColours(values));
  context.putImageData(image, 0, 0);
  return { bitmap, area };
}

export function maskColours(values: Uint8Array): Uint32Array {
  const table = previewLayers.map((layer) => {
    if (layer === 'tissue') return 0;
    return layer === 'glass' ? glassPixel : packColour(layerColours[layer], artefactAlpha);
  });
  return Uint32Array.from(values, (value) => table[value] ?? glassPixel);
}

/**
 * The part seen with a margin for the next move, in steps so that a small move asks nothing new; null for the whole slide,
 * when most of it is seen.
 */
export function areaToAsk(
  seen: Level0Rect,
  slide: { readonly width: number; readonly height: number },
): Level0Rect | null {
  if (seen.width * seen.height === 0) return null;
  const margin = 0.4;
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(seen.width, seen.height) / 8)));
  const down = (value: number): number => Math.max(0, Math.floor(value / step) * step);
  const up = (value: number, most: number): number => Math.min(most, Math.ceil(value / step) * step);
  const x = down(seen.x - seen.width * margin);
  const y = down(seen.y - seen.height * margin);
  const right = up(seen.x + seen.width * (1 + margin), slide.width);
  const bottom = up(seen.y + seen.height * (1 + margin), slide.height);
  if (right <= x || bottom <= y) return null;
  if ((right - x) * (bottom - y) > 0.6 * slide.width * slide.height) return null;
  return { x, y, width: right - x, height: bottom - y };
}
