/**
 * The pyramid of image tiles in which the page sees a slide, its class map and everything else laid over it. Halving levels
 * numbered as OpenSeadragon and Deep Zoom do: level `maximumLevel` is full resolution, each one below half of it, level 0
 * is one pixel. Not all of it is stored in the file: tiles are cut from whichever stored level is fine enough, or are the file's
 * own where both grids coincide.
 *
 * Exact alignment. OpenSeadragon places tile (x, y) over [x * side, min((x + 1) * side, width / 2^k)] at k halvings, with a
 * fractional width at the edge. So a tile here covers exactly that level-0 rectangle, and only its pixel count is rounded up;
 * nothing shifts, whatever the slide's size and zoom.
 */
import type { Level0Rect } from '#common/domain/tile.ts';

/** Side of a tile when nobody asks for another: maps, and slides without a useful tile grid of their own. */
export const pyramidTilePx = 256;
export const smallestTilePx = 128;
export const largestTilePx = 512;

/**
 * Side of the tiles in which the page asks for a slide: that of the file's own tiles where it is useful, so that a tile of the page
 * is a tile of the file and can be sent as it is stored.
 */
export function slideTilePx(levels: readonly { readonly tileWidth: number; readonly tileHeight: number }[]): number {
  const { tileWidth, tileHeight } = levels[0] ?? { tileWidth: 0, tileHeight: 0 };
  const isUseful = tileWidth === tileHeight && tileWidth >= smallestTilePx && tileWidth <= largestTilePx;
  return isUseful ? tileWidth : pyramidTilePx;
}

interface StoredGrid {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly {
    readonly width: number;
    readonly height: number;
    readonly tileWidth: number;
    readonly tileHeight: number;
  }[];
}

/**
 * The file's level whose tiles are the page's tiles of `level` when those are `tilePx` wide; null when there is none. A stored
 * level counts as reduced 4 times when its size is a quarter to less than one pixel: scanners cut the remainder off.
 */
export function storedLevelOf(slide: StoredGrid, level: number, tilePx: number): number | null {
  const scale = level0PerPixel(slide, level);
  const found = slide.levels.findIndex(
    ({ width, height, tileWidth, tileHeight }) =>
      tileWidth === tilePx &&
      tileHeight === tilePx &&
      Math.abs(slide.width / scale - width) < 1 &&
      Math.abs(slide.height / scale - height) < 1,
  );
  return found < 0 ? null : found;
}

export interface PyramidTile {
  /** In level-0 pixels, within the slide. */
  readonly rect: Level0Rect;
  /** Pixels of the tile's image: the tile's side, fewer at the right and bottom edge. */
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
  tilePx: number = pyramidTilePx,
): PyramidTile | null {
  if (![level, column, row].every((value) => Number.isInteger(value) && value >= 0)) return null;
  if (level > maximumLevel(slide)) return null;
  const scale = level0PerPixel(slide, level);
  const side = tilePx * scale;
  const x = column * side;
  const y = row * side;
  if (x >= slide.width || y >= slide.height) return null;
  const width = Math.min(side, slide.width - x);
  const height = Math.min(side, slide.height - y);
  return { rect: { x, y, width, height }, widthPx: Math.ceil(width / scale), heightPx: Math.ceil(height / scale) };
}
