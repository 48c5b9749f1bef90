/**
 * Makes views: 8-bit RGB tile and parameters in, normalised float32 out. Holds the scratch memory of one thread, so make
 * one per thread and view size. The CPU reference that every other implementation is compared with.
 */
import { blurKernelPx, imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import type { Jitter, ViewParameters } from '#common/domain/view-parameters.ts';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation, toGrey } from './colour-operations.ts';
import { GaussianBlur } from './gaussian-blur.ts';
import { shiftStains } from './stain-operation.ts';
import { Resampler } from './resample.ts';

export class ViewRenderer {
  readonly viewPx: number;
  private readonly tilePx: number;
  private readonly resampler: Resampler;
  private readonly gaussianBlur: GaussianBlur;
  private readonly image: Float32Array;

  constructor(tilePx: number, viewPx: number) {
    this.tilePx = tilePx;
    this.viewPx = viewPx;
    this.resampler = new Resampler(viewPx);
    this.gaussianBlur = new GaussianBlur(viewPx, viewPx, blurKernelPx(viewPx));
    this.image = new Float32Array(viewPx * viewPx * 3);
  }

  /** `tile` is [tilePx, tilePx, 3]; writes [viewPx, viewPx, 3] at `offset` of `out`. */
  augmentView(tile: Uint8Array, parameters: ViewParameters, out: Float32Array, offset: number): void {
    const { image } = this;
    this.resampler.resample(tile, this.tilePx, parameters.crop, image);
    if (parameters.stain) shiftStains(image, image.length, parameters.stain);
    if (parameters.jitter) applyJitter(image, parameters.jitter);
    if (parameters.grey) toGrey(image, image.length);
    if (parameters.blurSigma !== null) this.gaussianBlur.blur(image, parameters.blurSigma);
    writeNormalised(image, this.viewPx, parameters, out, offset);
  }

  /** The whole tile, resized with antialiasing and normalised, nothing drawn. */
  plainView(tile: Uint8Array, out: Float32Array, offset: number): void {
    this.resampler.resample(tile, this.tilePx, { x: 0, y: 0, width: this.tilePx, height: this.tilePx }, this.image);
    writeNormalised(this.image, this.viewPx, unturned, out, offset);
  }
}

const unturned = { horizontalFlip: false, verticalFlip: false, quarterTurns: 0 };

function applyJitter(image: Float32Array, jitter: Jitter): void {
  for (const operation of jitter.order) {
    switch (operation) {
      case 'brightness':
        adjustBrightness(image, image.length, jitter.brightness);
        break;
      case 'contrast':
        adjustContrast(image, image.length, jitter.contrast);
        break;
      case 'saturation':
        adjustSaturation(image, image.length, jitter.saturation);
        break;
      case 'hue':
        adjustHue(image, image.length, jitter.hue);
        break;
    }
  }
}

/**
 * Flips, turns and normalises while copying. Flips come last because they commute exactly with every other operation here
 * (point operations, and a symmetric blur with reflected edges).
 */
export function writeNormalised(
  image: Float32Array,
  sizePx: number,
  turn: Pick<ViewParameters, 'horizontalFlip' | 'verticalFlip' | 'quarterTurns'>,
  out: Float32Array,
  offset: number,
): void {
  const last = sizePx - 1;
  // Source position of output (row 0, column 0) and the steps to it along a row and along a column, in pixels.
  let start = 0;
  let alongRow = 1;
  let alongColumn = sizePx;
  if (turn.quarterTurns === 1) [start, alongRow, alongColumn] = [last, sizePx, -1];
  else if (turn.quarterTurns === 2) [start, alongRow, alongColumn] = [sizePx * sizePx - 1, -1, -sizePx];
  else if (turn.quarterTurns === 3) [start, alongRow, alongColumn] = [sizePx * last, -sizePx, 1];
  const mirror = (position: number): number => {
    const row = Math.floor(position / sizePx);
    const column = position - row * sizePx;
    return (turn.verticalFlip ? last - row : row) * sizePx + (turn.horizontalFlip ? last - column : column);
  };
  const mirrorStep = (step: number): number =>
    Math.abs(step) === 1 ? (turn.horizontalFlip ? -step : step) : turn.verticalFlip ? -step : step;
  start = mirror(start);
  alongRow = mirrorStep(alongRow);
  alongColumn = mirrorStep(alongColumn);

  const [redMean, greenMean, blueMean] = imageNetMean;
  const redScale = 1 / imageNetStandardDeviation[0];
  const greenScale = 1 / imageNetStandardDeviation[1];
  const blueScale = 1 / imageNetStandardDeviation[2];
  for (let row = 0, to = offset; row < sizePx; row += 1) {
    let from = (start + row * alongColumn) * 3;
    for (let column = 0; column < sizePx; column += 1, to += 3, from += alongRow * 3) {
      out[to] = ((image[from] as number) - redMean) * redScale;
      out[to + 1] = ((image[from + 1] as number) - greenMean) * greenScale;
      out[to + 2] = ((image[from + 2] as number) - blueMean) * blueScale;
    }
  }
}
