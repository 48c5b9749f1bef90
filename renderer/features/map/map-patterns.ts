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
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
    }
  }
  return canvas;
}

/** `masks`: one opaque pixel a tile of the class, by class index; null for a class without tiles. */
export function drawPatterns(
  { context }: Drawing,
  index: TileIndexing,
  masks: readonly (OffscreenCanvas | null)[],
  opacity: number,
): void {
  const { width, height } = context.canvas;
  if (width === 0 || height === 0 || index.columnCount === 0 || index.rowCount === 0) return;
  const scratch = new OffscreenCanvas(width, height).getContext('2d');
  if (scratch === null) return;
  const left = index.columnEdges.starts[0] ?? 0;
  const top = index.rowEdges.starts[0] ?? 0;
  const right = index.columnEdges.ends[index.columnCount - 1] ?? 0;
  const bottom = index.rowEdges.ends[index.rowCount - 1] ?? 0;
  const transform = context.getTransform();
  masks.forEach((mask, classIndex) => {
    const picture = mask === null ? null : patternPicture(classIndex);
    const pattern = picture === null ? null : scratch.createPattern(picture, 'repeat');
    if (mask === null || pattern === null) return;
    scratch.globalCompositeOperation = 'source-over';
    scratch.setTransform(1, 0, 0, 1, 0, 0);
    scratch.clearRect(0, 0, width, height);
    scratch.setTransform(transform);
    scratch.imageSmoothingEnabled = false;
    scratch.drawImage(mask, left, top, right - left, bottom - top);
    scratch.setTransform(1, 0, 0, 1, 0, 0);
    scratch.globalCompositeOperation = 'source-in';
    scratch.fillStyle = pattern;
    scratch.fillRect(0, 0, width, height);
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = Math.max(0.5, opacity);
    context.drawImage(scratch.canvas, 0, 0);
    context.restore();
  });
}
