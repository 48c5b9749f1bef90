/**
 * Draws all tiles of a slide in one go. Far out, a picture with one pixel a tile is stretched over the grid, so 100,000 tiles cost
 * as much as one image; near, the tiles in view are drawn one by one with outlines and letters.
 */
import type { Drawing } from './slide-view.ts';
import type { TileIndexing } from './tile-index.ts';
import type { Rect } from './view-geometry.ts';

export interface TileLook {
  /** One packed colour a tile, as packColour makes them; 0 draws nothing. */
  readonly fills: Uint32Array;
  /** Outlines near by; left out: none. */
  readonly strokes?: Uint32Array | null;
  /** A letter a tile, drawn when there is room; '' for none. */
  readonly letterOf?: ((position: number) => string) | null;
  readonly opacity: number;
}

/** Below this side on the screen, tiles are a picture. */
const nearPx = 6;
const letterPx = 22;

/** "#rrggbb" and 0..1 as the bytes ImageData holds (little-endian RGBA). */
export function packColour(colour: string, alpha = 1): number {
  const value = Number.parseInt(colour.slice(1), 16);
  const red = (value >> 16) & 255;
  const green = (value >> 8) & 255;
  const blue = value & 255;
  return ((Math.round(alpha * 255) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function unpackColour(packed: number): string {
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255} / ${((packed >>> 24) / 255).toFixed(3)})`;
}

/** Level-0 rectangle of a tile's cell. */
export function tileCellRect(index: TileIndexing, column: number, row: number): Rect {
  const left = index.columnEdges.starts[column] ?? 0;
  const top = index.rowEdges.starts[row] ?? 0;
  return {
    x: left,
    y: top,
    width: (index.columnEdges.ends[column] ?? 0) - left,
    height: (index.rowEdges.ends[row] ?? 0) - top,
  };
}

/** The picture with one pixel a grid position. */
export function rasterise(index: TileIndexing, fills: Uint32Array): OffscreenCanvas | null {
  const { columnCount, rowCount, positions } = index;
  if (columnCount === 0 || rowCount === 0) return null;
  const canvas = new OffscreenCanvas(columnCount, rowCount);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  const image = context.createImageData(columnCount, rowCount);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < positions.length; i += 1) {
    const position = positions[i] as number;
    if (position >= 0) pixels[i] = fills[position] as number;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

export function drawTiles(
  { context, view, visible, pixel }: Drawing,
  index: TileIndexing,
  look: TileLook,
  picture: OffscreenCanvas | null,
): void {
  const { columnEdges, rowEdges, columnCount, rowCount } = index;
  if (columnCount === 0 || rowCount === 0) return;
  context.globalAlpha = look.opacity;
  const cellPx = ((columnEdges.ends[0] ?? 0) - (columnEdges.starts[0] ?? 0)) * view.scale;
  const left = columnEdges.starts[0] ?? 0;
  const top = rowEdges.starts[0] ?? 0;
  if (cellPx < nearPx) {
    if (picture === null) return;
    context.imageSmoothingEnabled = false;
    const width = (columnEdges.ends[columnCount - 1] ?? 0) - left;
    const height = (rowEdges.ends[rowCount - 1] ?? 0) - top;
    context.drawImage(picture, left, top, width, height);
    return;
  }
  const fromColumn = firstFrom(columnEdges.ends, visible.x);
  const fromRow = firstFrom(rowEdges.ends, visible.y);
  const right = visible.x + visible.width;
  const bottom = visible.y + visible.height;
  const place = screenPlacer(context);
  const transform = context.getTransform();
  if (place !== null) context.resetTransform();
  let lastFill = 0;
  for (let row = fromRow; row < rowCount && (rowEdges.starts[row] as number) < bottom; row += 1) {
    const y = rowEdges.starts[row] as number;
    const height = (rowEdges.ends[row] as number) - y;
    for (let column = fromColumn; column < columnCount && (columnEdges.starts[column] as number) < right; column += 1) {
      const position = index.positions[row * columnCount + column] as number;
      const fill = position < 0 ? 0 : (look.fills[position] as number);
      if (fill >>> 24 === 0) continue;
      if (fill !== lastFill) context.fillStyle = unpackColour(fill);
      lastFill = fill;
      const x = columnEdges.starts[column] as number;
      const width = (columnEdges.ends[column] as number) - x;
      if (place === null) context.fillRect(x, y, width, height);
      else context.fillRect(...place(x, y, width, height));
    }
  }
  context.setTransform(transform);
  for (let row = fromRow; look.strokes && row < rowCount && (rowEdges.starts[row] as number) < bottom; row += 1) {
    const y = rowEdges.starts[row] as number;
    const height = (rowEdges.ends[row] as number) - y;
    for (let column = fromColumn; column < columnCount && (columnEdges.starts[column] as number) < right; column += 1) {
      const position = index.positions[row * columnCount + column] as number;
      const stroke = position < 0 ? 0 : (look.strokes[position] as number);
      if (stroke >>> 24 === 0) continue;
      const x = columnEdges.starts[column] as number;
      const width = (columnEdges.ends[column] as number) - x;
      context.strokeStyle = unpackColour(stroke);
      context.lineWidth = pixel;
      context.strokeRect(x + pixel / 2, y + pixel / 2, width - pixel, height - pixel);
    }
  }
  if (cellPx >= letterPx && look.letterOf)
    drawLetters({ context, view, visible, pixel }, index, look.letterOf, fromColumn, fromRow);
}

type Placing = (x: number, y: number, width: number, height: number) => [number, number, number, number];

/**
 * Level-0 rectangles as whole pixels of the screen, so that neighbours share an edge: of two half-covered pixels the slide would
 * shine through as a hairline. null for a slide turned by anything but quarters, whose cells have no such pixels.
 */
export function screenPlacer(context: Pick<CanvasRenderingContext2D, 'getTransform'>): Placing | null {
  const { a, b, c, d, e, f } = context.getTransform();
  const least = 1e-9 * (Math.abs(a) + Math.abs(b));
  if (!(Math.abs(b) <= least && Math.abs(c) <= least) && !(Math.abs(a) <= least && Math.abs(d) <= least)) return null;
  return (x, y, width, height) => {
    const left = Math.round(a * x + c * y + e);
    const top = Math.round(b * x + d * y + f);
    const right = Math.round(a * (x + width) + c * (y + height) + e);
    const bottom = Math.round(b * (x + width) + d * (y + height) + f);
    return [Math.min(left, right), Math.min(top, bottom), Math.abs(right - left), Math.abs(bottom - top)];
  };
}

function drawLetters(
  { context, view, visible, pixel }: Drawing,
  index: TileIndexing,
  letterOf: (position: number) => string,
  fromColumn: number,
  fromRow: number,
): void {
  const { columnEdges, rowEdges, columnCount, rowCount } = index;
  const angle = (-view.rotation * Math.PI) / 180;
  context.globalAlpha = 1;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let row = fromRow; row < rowCount && (rowEdges.starts[row] as number) < visible.y + visible.height; row += 1) {
    for (let column = fromColumn; column < columnCount; column += 1) {
      const x = columnEdges.starts[column] as number;
      if (x >= visible.x + visible.width) break;
      const position = index.positions[row * columnCount + column] as number;
      const letter = position < 0 ? '' : letterOf(position);
      if (letter === '') continue;
      const rect = tileCellRect(index, column, row);
      context.save();
      // Upright and of one size on the screen, however the slide is turned.
      context.translate(rect.x + rect.width / 2, rect.y + rect.height / 2);
      context.rotate(angle);
      context.scale(pixel, pixel);
      context.font = '600 12px system-ui, sans-serif';
      context.lineWidth = 3;
      context.strokeStyle = 'rgb(0 0 0 / 80%)';
      context.fillStyle = '#ffffff';
      context.strokeText(letter, 0, 0);
      context.fillText(letter, 0, 0);
      context.restore();
    }
  }
}

/** First i with ends[i] > position; ends ascend. */
function firstFrom(ends: Int32Array, position: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] as number) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
