/**
 * The class map of one slide as a PNG: one grid cell is a square of `scale` image pixels, transparent where no tile was
 * kept. Aligned to the tile grid exactly; the georeference says which level-0 rectangle an image pixel covers.
 */
import sharp from 'sharp';

export interface MapGrid {
  readonly columns: number;
  readonly rows: number;
  /** Level-0 pixels from one cell's origin to the next. */
  readonly level0PerCell: number;
  /** Level-0 position of the first cell's left and top edge. */
  readonly level0Origin: number;
  /** Share of a cell's side that its tile covers from the left and top; below 1 where the stride leaves gaps. */
  readonly coverage: number;
}

export interface MapTile {
  readonly column: number;
  readonly row: number;
  /** "#rrggbb" of the class. */
  readonly colour: string;
  /** Opacity 0..1: 1 for the class map, the winning probability for the confidence map. */
  readonly opacity: number;
}

/** Written beside the image as JSON. */
export interface MapGeoreference {
  readonly width: number;
  readonly height: number;
  /** Level-0 position of the image's top left corner. */
  readonly level0X: number;
  readonly level0Y: number;
  readonly level0PerPixel: number;
}

export interface MapImage {
  readonly png: Buffer;
  readonly georeference: MapGeoreference;
}

/** About this many pixels on the longer side, so that a small grid is not a stamp. */
const wantedSidePx = 2000;

export async function drawMap(grid: MapGrid, tiles: Iterable<MapTile>): Promise<MapImage> {
  const columns = Math.max(1, grid.columns);
  const rows = Math.max(1, grid.rows);
  const scale = Math.max(1, Math.floor(wantedSidePx / Math.max(columns, rows)));
  const width = columns * scale;
  const pixels = new Uint8Array(width * rows * scale * 4);
  const side = Math.max(1, Math.round(scale * grid.coverage));
  for (const { column, row, colour, opacity } of tiles) {
    const rgb = Number.parseInt(colour.slice(1), 16);
    const pixel = [rgb >> 16, (rgb >> 8) & 255, rgb & 255, Math.round(255 * opacity)];
    for (let y = row * scale; y < row * scale + side; y += 1) {
      for (let x = column * scale; x < column * scale + side; x += 1) pixels.set(pixel, (y * width + x) * 4);
    }
  }
  // Painted at full size: an image library's resize would blend colours with the transparency around them.
  const png = await sharp(pixels, { raw: { width, height: rows * scale, channels: 4 } })
    .png()
    .toBuffer();
  return {
    png,
    georeference: {
      width: columns * scale,
      height: rows * scale,
      level0X: grid.level0Origin,
      level0Y: grid.level0Origin,
      level0PerPixel: grid.level0PerCell / scale,
    },
  };
}
