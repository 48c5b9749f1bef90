/**
 * The pyramid of image tiles in which the page sees a slide, its class map and everything else laid over it. Halving levels
 * numbered as OpenSeadragon and Deep Zoom do: level `maximumLevel` is full resolution, each one below half of it, level 0
 * is one pixel. It is not the pyramid stored in the file: tiles are cut from whichever stored level is fine enough.
 *
 * Exact alignment. OpenSeadragon places tile (x, y) over [x * 256, min((x + 1) * 256, width / 2^k)] at k halvings, with a
 * fractional width at the edge. So a tile here covers exactly that level-0 rectangle, and only its pixel count is rounded up;
 * nothing shifts, whatever the slide's size and zoom.
 */
import type { Level0Rect } from '#common/domain/tile.ts';

export const pyramidTilePx = 256;

export interface PyramidTile {
  /** In level-0 pixels, within the slide. */
  readonly rect: Level0Rect;
  /** Pixels of the tile's image: 256, fewer at the right and bottom edge. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The level at full resolution. */
export function maximumLevel(slide: { readonly width: number; readonly height: number }): number {
  return Math.ceil(Math.log2(Math.max(slide.width, slide.height, 1)));
}

/** Level-0 pixels per pixel of a level: a power of two. */
export function level0PerPixel(slide: { readonly width: number; readonly height: number }, level: number): number {
  return 2 ** (maximumLevel(slide) - level);
}

/** null where the pyramid has no such tile. */
export function pyramidTile(
  slide: { readonly width: number; readonly height: number },
  level: number,
  column: number,
  row: number,
): PyramidTile | null {
  if (![level, column, row].every((value) => Number.isInteger(value) && value >= 0)) return null;
  if (level > maximumLevel(slide)) return null;
  const scale = level0PerPixel(slide, level);
  const side = pyramidTilePx * scale;
  const x = column * side;
  const y = row * side;
  if (x >= slide.width || y >= slide.height) return null;
  const width = Math.min(side, slide.width - x);
  const height = Math.min(side, slide.height - y);
  return { rect: { x, y, width, height }, widthPx: Math.ceil(width / scale), heightPx: Math.ceil(height / scale) };
}
