/** The masks of a slide's part as the small picture of layers that a page gets. Pure. */
import type { Level0Rect } from '#common/domain/tile.ts';
import { packPreview, previewLayers, type PreviewLayer } from '#common/tissue-preview.ts';
import type { TissueMask } from '../tiles/tissue-mask.ts';

/** Pixels of the picture sent to the page. */
const shownPixels = 160_000;

export interface BlurredTiles {
  /** Tiles whose focus is known. */
  readonly measured: number;
  /** Those that are out of focus, in level-0 pixels. */
  readonly rects: readonly Level0Rect[];
}

export interface LayersPicture {
  /** Level-0 rectangle the picture covers: the wanted one, cut to the slide and to whole mask pixels. */
  readonly area: Level0Rect;
  readonly width: number;
  readonly height: number;
  /** Base64 of common/tissue-preview.ts. */
  readonly mask: string;
}

export function paintPreview(
  masks: TissueMask,
  slide: { readonly width: number; readonly height: number },
  wanted: Level0Rect,
  blurred: BlurredTiles | null,
): LayersPicture {
  const { width: maskWidth, height: maskHeight } = masks.tissue;
  const [scaleX, scaleY] = [maskWidth / slide.width, maskHeight / slide.height];
  const clamp = (value: number, high: number): number => Math.min(Math.max(value, 0), high);
  const left = clamp(Math.floor(wanted.x * scaleX), maskWidth - 1);
  const top = clamp(Math.floor(wanted.y * scaleY), maskHeight - 1);
  const right = clamp(Math.ceil((wanted.x + wanted.width) * scaleX), maskWidth);
  const bottom = clamp(Math.ceil((wanted.y + wanted.height) * scaleY), maskHeight);
  const [fullWidth, fullHeight] = [Math.max(1, right - left), Math.max(1, bottom - top)];
  const shrink = Math.max(1, Math.sqrt((fullWidth * fullHeight) / shownPixels));
  const width = Math.max(1, Math.floor(fullWidth / shrink));
  const height = Math.max(1, Math.floor(fullHeight / shrink));
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + Math.floor(((y + 0.5) * fullHeight) / height)) * maskWidth;
    for (let x = 0; x < width; x += 1) {
      const pixel = from + left + Math.floor(((x + 0.5) * fullWidth) / width);
      values[y * width + x] = layerNumber(layerAt(masks, pixel));
    }
  }
  const area = { x: left / scaleX, y: top / scaleY, width: fullWidth / scaleX, height: fullHeight / scaleY };
  const [perX, perY] = [width / area.width, height / area.height];
  for (const rect of blurred?.rects ?? []) {
    for (
      let y = Math.max(0, Math.round((rect.y - area.y) * perY));
      y < (rect.y + rect.height - area.y) * perY;
      y += 1
    ) {
      if (y >= height) break;
      const from = Math.max(0, Math.round((rect.x - area.x) * perX));
      const to = Math.min(width, Math.round((rect.x + rect.width - area.x) * perX));
      if (to > from) values.fill(layerNumber('blur'), y * width + from, y * width + to);
    }
  }
  return { area, width, height, mask: Buffer.from(packPreview(values)).toString('base64') };
}

function layerAt({ tissue, pen, fold, dark }: TissueMask, pixel: number): PreviewLayer {
  if (pen.data[pixel] === 1) return 'pen';
  if (dark.data[pixel] === 1) return 'dark';
  if (fold.data[pixel] === 1) return 'fold';
  return tissue.data[pixel] === 1 ? 'tissue' : 'glass';
}

function layerNumber(layer: PreviewLayer): number {
  return previewLayers.indexOf(layer);
}
