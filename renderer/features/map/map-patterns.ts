/**
 * Patterns that tell classes apart without colour, drawn over the map in screen pixels so that they stay readable at every zoom.
 * Not for a few tiles at large, where letters say more.
 */
import type { Drawing } from '../../viewer/slide-view.ts';
import type { TileIndexing } from '../../viewer/index.ts';

const sidePx = 12;
/** Lines from (x, y) to (x, y) in a square of 12 pixels, by class; repeated after the last. */
const strokes: readonly (readonly (readonly [number, number, number, number])[])[] = [
  [[0, 12, 12, 0]],
  [[0, 0, 12, 12]],
  [[0, 6, 12, 6]],
  [[6, 0, 6, 12]],
  [
    [0, 12, 12, 0],
    [0, 0, 12, 12],
  ],
  [
    [0, 6, 12, 6],
    [6, 0, 6, 12],
  ],
  [
    [4, 6, 8, 6],
    [6, 4, 6, 8],
  ],
  [[5.5, 6, 6.5, 6]],
];

/** The pattern of a class as a picture that repeats. null where canvases are missing. */
export function patternPicture(index: number): OffscreenCanvas | null {
  if (typeof OffscreenCanvas === 'undefined') return null;
  const canvas = new OffscreenCanvas(sidePx, sidePx);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  // A light line under a dark one: seen on every colour.
  for (const [colour, width] of [
    ['rgb(255 255 255 / 85%)', 3.5],
    ['rgb(0 0 0 / 85%)', 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = 'round';
    for (const [fromX, fromY, toX, toY] of strokes[index % strokes.length] ?? []) {
      // Its neighbours too, so that lines go on across the edges of the picture.
      for (const right of [-sidePx, 0, sidePx]) {
        for (const down of [-sidePx, 0, sidePx]) {
          context.beginPath();
          context.moveTo(fromX + right, fromY + down);
          context.lineTo(toX + right, toY + down);
          context.stroke();
        }
      }
    }
  }
  return canvas;
}

export interface PatternPainter {
  /** `masks`: one opaque pixel a tile of the class, by class index; null for a class without tiles. */
  draw(drawing: Drawing, index: TileIndexing, masks: readonly (OffscreenCanvas | null)[], opacity: number): void;
}

/** Below this side of a tile on the screen a pattern would only be noise. */
const leastCellPx = 6;

/** Keeps its scratch canvas and pictures from frame to frame. */
export function createPatternPainter(): PatternPainter {
  const pictures = new Map<number, OffscreenCanvas | null>();
  let scratch: OffscreenCanvasRenderingContext2D | null = null;

  function pictureOf(classIndex: number): OffscreenCanvas | null {
    const known = pictures.get(classIndex);
    if (known !== undefined) return known;
    const made = patternPicture(classIndex);
    pictures.set(classIndex, made);
    return made;
  }
  function scratchOf(width: number, height: number): OffscreenCanvasRenderingContext2D | null {
    if (scratch === null) scratch = new OffscreenCanvas(width, height).getContext('2d');
    else if (scratch.canvas.width !== width || scratch.canvas.height !== height) {
      scratch.canvas.width = width;
      scratch.canvas.height = height;
    }
    return scratch;
  }

  function draw(
    { context, view }: Drawing,
    index: TileIndexing,
    masks: readonly (OffscreenCanvas | null)[],
    opacity: number,
  ): void {
    const { width, height } = context.canvas;
    if (width === 0 || height === 0 || index.columnCount === 0 || index.rowCount === 0) return;
    const left = index.columnEdges.starts[0] ?? 0;
    const top = index.rowEdges.starts[0] ?? 0;
    const right = index.columnEdges.ends[index.columnCount - 1] ?? 0;
    const bottom = index.rowEdges.ends[index.rowCount - 1] ?? 0;
    if (((right - left) / index.columnCount) * view.scale < leastCellPx) return;
    const painted = scratchOf(width, height);
    if (painted === null) return;
    const transform = context.getTransform();
    masks.forEach((mask, classIndex) => {
      const picture = mask === null ? null : pictureOf(classIndex);
      const pattern = picture === null ? null : painted.createPattern(picture, 'repeat');
      if (mask === null || pattern === null) return;
      painted.globalCompositeOperation = 'source-over';
      painted.setTransform(1, 0, 0, 1, 0, 0);
      painted.clearRect(0, 0, width, height);
      painted.setTransform(transform);
      painted.imageSmoothingEnabled = false;
      painted.drawImage(mask, left, top, right - left, bottom - top);
      painted.setTransform(1, 0, 0, 1, 0, 0);
      painted.globalCompositeOperation = 'source-in';
      painted.fillStyle = pattern;
      painted.fillRect(0, 0, width, height);
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.globalAlpha = Math.max(0.5, opacity);
      context.drawImage(painted.canvas, 0, 0);
      context.restore();
    });
  }
  return { draw };
}
