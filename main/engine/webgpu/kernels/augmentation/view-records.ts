/**
 * What was drawn for each view as the float32 record that the augmentation kernels read. Everything that needs more than
 * float32 or a decision (blur weights, the mapping of flips and turns) is worked out here, once a view.
 */
import { blurKernelPx, type JitterOperation, type ViewParameters } from '#common/domain/view-parameters.ts';
import type { ViewDescription } from '../../../port.ts';

/** Positions in a record; whole numbers below 2^24 are exact. */
export const recordFields = {
  slot: 0,
  /** x, y, width, height in pixels of the tile */
  crop: 1,
  /** Source pixel of output (0, 0), and the steps to it along an output row and along an output column. */
  turn: 5,
  /** Up to four operation codes, 0 = none, and their factors. */
  operations: 8,
  factors: 12,
  /** Position of contrast among the operations; 4 when there is none. */
  contrastAt: 16,
  grey: 17,
  /** 1: stains are moved by the three factors and three offsets that follow. */
  stain: 18,
  stainFactors: 19,
  stainOffsets: 22,
  /** Taps on either side; 0 = no blur. */
  blurRadius: 25,
  /** Weight of the centre, then at distance 1, 2, ... */
  blurWeights: 26,
} as const;

export const operationCodes: Readonly<Record<JitterOperation, number>> = {
  brightness: 1,
  contrast: 2,
  saturation: 3,
  hue: 4,
};

/** Floats a view. */
export function recordLengthOf(viewPx: number): number {
  return recordFields.blurWeights + (blurKernelPx(viewPx) + 1) / 2;
}

/** [views, recordLengthOf(viewPx)]. A plain view is the whole tile with nothing else. */
export function packViewRecords(
  views: readonly ViewDescription[],
  tilePx: number,
  viewPx: number,
): Float32Array<ArrayBuffer> {
  const length = recordLengthOf(viewPx);
  const records = new Float32Array(views.length * length);
  const plain: ViewParameters = {
    crop: { x: 0, y: 0, width: tilePx, height: tilePx },
    horizontalFlip: false,
    verticalFlip: false,
    quarterTurns: 0,
    stain: null,
    jitter: null,
    grey: false,
    blurSigma: null,
  };
  views.forEach(({ slot, parameters }, index) => {
    const record = records.subarray(index * length, (index + 1) * length);
    const { crop, stain, jitter, grey, blurSigma, ...turn } = parameters ?? plain;
    record[recordFields.slot] = slot;
    record.set([crop.x, crop.y, crop.width, crop.height], recordFields.crop);
    record.set(turnMapping(turn, viewPx), recordFields.turn);
    jitter?.order.forEach((operation, position) => {
      record[recordFields.operations + position] = operationCodes[operation];
      record[recordFields.factors + position] = jitter[operation];
    });
    record[recordFields.contrastAt] = jitter?.order.includes('contrast') ? jitter.order.indexOf('contrast') : 4;
    if (stain !== null) {
      record[recordFields.stain] = 1;
      record.set(stain.factors, recordFields.stainFactors);
      record.set(stain.offsets, recordFields.stainOffsets);
    }
    record[recordFields.grey] = grey ? 1 : 0;
    if (blurSigma !== null) {
      const weights = halfKernel(blurKernelPx(viewPx), blurSigma);
      record[recordFields.blurRadius] = weights.length - 1;
      record.set(weights, recordFields.blurWeights);
    }
  });
  return records;
}

/** Output (row, column) shows source pixel start + row * alongColumn + column * alongRow. Flips first, then turns. */
function turnMapping(
  {
    horizontalFlip,
    verticalFlip,
    quarterTurns,
  }: Omit<ViewParameters, 'crop' | 'stain' | 'jitter' | 'grey' | 'blurSigma'>,
  sizePx: number,
): readonly [start: number, alongRow: number, alongColumn: number] {
  const last = sizePx - 1;
  const sourceOf = (row: number, column: number): number => {
    let [y, x] = [row, column];
    if (quarterTurns === 1) [y, x] = [column, last - row];
    else if (quarterTurns === 2) [y, x] = [last - row, last - column];
    else if (quarterTurns === 3) [y, x] = [last - column, row];
    return (verticalFlip ? last - y : y) * sizePx + (horizontalFlip ? last - x : x);
  };
  const start = sourceOf(0, 0);
  return [start, sourceOf(0, 1) - start, sourceOf(1, 0) - start];
}

/** Half of a normalised Gaussian; weights below 1e-7 change no float32 result and are left out. */
function halfKernel(kernelPx: number, sigma: number): number[] {
  const radius = (kernelPx - 1) / 2;
  const weights = Array.from({ length: radius + 1 }, (_, distance) => Math.exp(-0.5 * (distance / sigma) ** 2));
  const sum = weights.reduce((total, weight, distance) => total + (distance === 0 ? weight : 2 * weight), 0);
  const normalised = weights.map((weight) => weight / sum);
  return normalised.filter((weight, distance) => distance === 0 || weight >= 1e-7);
}
