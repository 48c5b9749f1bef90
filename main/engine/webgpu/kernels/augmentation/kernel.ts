/**
 * Augmentation of a batch of views on the device, the same operations as main/triplets/augmentation (torchvision's) in the
 * same order. Five programs:
 *
 * - crop-resize: antialiased bilinear resampling of each view's crop, sum over taps of weight * pixel, then the colour
 *   operations before contrast, and the sum of the grey image per workgroup;
 * - grey-mean: mean of the grey image per view, summed in a fixed order;
 * - colour: contrast (blend with that mean), the operations after it, greyscale;
 * - blur-along-rows: reflected edges; views without blur are skipped;
 * - blur-along-columns: the same along columns, then flips, quarter turns and (value - mean) / std, written in `precision`.
 *
 * The float64 reference is the CPU implementation in main/triplets, which the tests compare with; there is no second one here.
 *
 * Memory traffic: with P = views * viewPx^2 pixels about 12P bytes written and 36P read and written by each of the next two,
 * and 8 channels of output. Intermediate images are float32, planar: [view][3][viewPx^2].
 */
import { bytesPerElement, foldWorkgroups, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { recordFields, recordLengthOf } from './view-records.ts';
import * as wgsl from './wgsl.ts';

export { packViewRecords } from './view-records.ts';

export interface AugmentationShape {
  /** Views a run. */
  readonly views: number;
  /** Most tiles a run; records name them by slot. */
  readonly tiles: number;
  readonly tilePx: number;
  readonly viewPx: number;
  readonly precision: Precision;
  /** Red, green, blue, in 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/**
 * `tiles`: bytes of [tiles][tilePx][tilePx][3] in words of four, first byte lowest. `records`: packViewRecords. `output`:
 * [views][viewPx][viewPx][8] in `precision`, channels 3..7 zero. The others are float32 scratch, free after the last program.
 * Fewer views than the shape's: leave the other records zero; their output is NaN and must not be read.
 */
export type AugmentationBuffer = 'tiles' | 'records' | 'image' | 'blurred' | 'partials' | 'means' | 'output';

export interface Augmentation {
  readonly programs: readonly { readonly program: KernelProgram; readonly uses: readonly AugmentationBuffer[] }[];
  /** Elements of each buffer: u32 words of `tiles`, `precision` of `output`, float32 of the others. */
  readonly elements: Readonly<Record<AugmentationBuffer, number>>;
  /** Floats of one view's record. */
  readonly recordLength: number;
}

const threads = wgsl.threads;

export function augmentation(shape: AugmentationShape): Augmentation {
  const { views, tiles, tilePx, viewPx, precision } = shape;
  const pixels = viewPx * viewPx;
  const partsPerView = Math.ceil(pixels / threads);
  const recordLength = recordLengthOf(viewPx);
  const text: wgsl.AugmentationText = { ...shape, pixels, partsPerView, recordLength };
  const imageBytes = views * pixels * 12;
  const tileBytes = tiles * tilePx * tilePx * 3;
  const outputBytes = views * pixels * 8 * bytesPerElement(precision);
  const make = (
    name: string,
    code: string,
    uses: readonly AugmentationBuffer[],
    written: readonly AugmentationBuffer[],
    counts: { readonly workgroups: number; readonly floatOperationsPerPixel: number; readonly byteLength: number },
  ): Augmentation['programs'][number] => ({
    program: {
      name: `augmentation-${name}`,
      wgsl: code,
      buffers: uses.map((buffer) => (written.includes(buffer) ? 'read_write' : 'read')),
      uniforms: null,
      workgroups: foldWorkgroups(counts.workgroups),
      floatOperations: counts.floatOperationsPerPixel * views * pixels,
      byteLength: counts.byteLength,
    },
    uses,
  });
  const workgroups = views * partsPerView;
  const taps = Math.max(1, Math.ceil(tilePx / viewPx)) * 2 + 1;
  const blurTaps = 2 * (recordLength - recordFields.blurWeights) - 1;
  return {
    programs: [
      make('crop-resize', wgsl.cropResize(text), ['tiles', 'records', 'image', 'partials'], ['image', 'partials'], {
        workgroups,
        floatOperationsPerPixel: 6 * taps * taps + 30,
        byteLength: tileBytes + imageBytes,
      }),
      make('grey-mean', wgsl.greyMean(text), ['partials', 'means'], ['means'], {
        workgroups: views,
        floatOperationsPerPixel: 0,
        byteLength: workgroups * 4,
      }),
      make('colour', wgsl.colour(text), ['records', 'means', 'image'], ['image'], {
        workgroups,
        floatOperationsPerPixel: 60,
        byteLength: 2 * imageBytes,
      }),
      make('blur-along-rows', wgsl.blurAlongRows(text), ['records', 'image', 'blurred'], ['blurred'], {
        workgroups,
        floatOperationsPerPixel: 6 * blurTaps,
        byteLength: 2 * imageBytes,
      }),
      make('blur-along-columns', wgsl.blurAlongColumns(text), ['records', 'image', 'blurred', 'output'], ['output'], {
        workgroups,
        floatOperationsPerPixel: 6 * blurTaps + 6,
        byteLength: imageBytes + outputBytes,
      }),
    ],
    elements: {
      tiles: Math.ceil(tileBytes / 4),
      records: views * recordLength,
      image: views * pixels * 3,
      blurred: views * pixels * 3,
      partials: workgroups,
      means: views,
      output: views * pixels * 8,
    },
    recordLength,
  };
}
