/**
 * What happens to one augmented view, as a plain value that can be shown, stored and given to any implementation of the
 * operations: the threads of main/triplets or the device of an engine. Plus the constants of the augmentation that no run
 * changes. Its strengths are AugmentationSettings in pretrain.ts; the draw is in main/triplets/augmentation.
 */

export type JitterOperation = 'brightness' | 'contrast' | 'saturation' | 'hue';

export interface Jitter {
  readonly order: readonly JitterOperation[];
  /** Factors, 1 = unchanged; `hue` is a shift in turns, 0 = unchanged. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

/**
 * Haematoxylin, eosin and DAB of every pixel, in scikit-image's HED space: each times its factor plus its offset (Tellez et
 * al., IEEE TMI 2018).
 */
export interface StainShift {
  readonly factors: readonly [number, number, number];
  readonly offsets: readonly [number, number, number];
}

/** In this order: crop and resize, flips, turns, stain, jitter, grey, blur. */
export interface ViewParameters {
  /** Whole pixels of the tile. */
  readonly crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly horizontalFlip: boolean;
  readonly verticalFlip: boolean;
  /** Quarter turns counter-clockwise, after the flips. */
  readonly quarterTurns: number;
  /** Null: stains as they are. */
  readonly stain: StainShift | null;
  readonly jitter: Jitter | null;
  readonly grey: boolean;
  /** Null for no blur; in view pixels. */
  readonly blurSigma: number | null;
}

/** Channel means and standard deviations of ImageNet, in 0..1, red, green, blue. */
export const imageNetMean = [0.485, 0.456, 0.406] as const;
export const imageNetStandardDeviation = [0.229, 0.224, 0.225] as const;

/** Kernel of the blur for a view size: 13 at 128 px, 7 at 64 px; always odd. */
export function blurKernelPx(viewPx: number): number {
  return Math.floor(viewPx / 20) * 2 + 1;
}
