/**
 * OpenSeadragon's canvas drawer, with image tiles on whole pixels of the screen. The original draws each tile one pixel larger than
 * it is to hide the seams between them: that blurs the slide at full resolution and shifts its right and lower parts by up to
 * a pixel against what lies over it. Here neighbours share their rounded edge instead, so there is neither seam nor shift.
 */
import OpenSeadragon from 'openseadragon';

interface DrawnTile {
  position: { readonly x: number; readonly y: number };
  size: { readonly x: number; readonly y: number };
}

/** What the library keeps out of its types; both are there since version 5. */
interface DrawerInternals {
  minimumOverlapRequired(): boolean;
  _drawTile(tile: DrawnTile, ...rest: unknown[]): void;
}

/** Start and length with both ends rounded to whole device pixels. */
export function onWholePixels(start: number, length: number, density: number): readonly [number, number] {
  const first = Math.round(start * density) / density;
  return [first, Math.round((start + length) * density) / density - first];
}

export class ExactDrawer extends OpenSeadragon.CanvasDrawer {
  minimumOverlapRequired(): boolean {
    return false;
  }

  _drawTile(tile: DrawnTile, ...rest: unknown[]): void {
    const { position, size } = tile;
    const density = OpenSeadragon.pixelDensityRatio;
    const [x, width] = onWholePixels(position.x, size.x, density);
    const [y, height] = onWholePixels(position.y, size.y, density);
    tile.position = new OpenSeadragon.Point(x, y);
    tile.size = new OpenSeadragon.Point(width, height);
    try {
      (OpenSeadragon.CanvasDrawer.prototype as unknown as DrawerInternals)._drawTile.call(this, tile, ...rest);
    } finally {
      tile.position = position;
      tile.size = size;
    }
  }
}
