/**
 * Where a tile lies in the picture of itself with its surroundings: the core cuts the picture at the slide's edge, so the tile is
 * not always in its middle. Pure; in shares of the picture.
 */
interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedTile {
  /** Width by height of the picture. */
  readonly aspect: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** `context`: tile sizes on each side. */
export function placeInSurroundings(
  tile: Rect,
  slide: { readonly width: number; readonly height: number },
  context: number,
): PlacedTile {
  const left = Math.max(0, tile.x - context * tile.width);
  const top = Math.max(0, tile.y - context * tile.height);
  const width = Math.min(slide.width, tile.x + (1 + context) * tile.width) - left;
  const height = Math.min(slide.height, tile.y + (1 + context) * tile.height) - top;
  return {
    aspect: width / height,
    left: (tile.x - left) / width,
    top: (tile.y - top) / height,
    width: tile.width / width,
    height: tile.height / height,
  };
}
