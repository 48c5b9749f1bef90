/**
 * Strengths of the augmentation: SimSiam's published recipe at tile size, as plain values that a run's settings keep.
 * Vertical flips and quarter turns are Trefoil's addition (tissue has no up) and on by default.
 */

export interface AugmentationSettings {
  /** Share of the tile's area that a crop covers, smallest and largest. */
  readonly cropScale: readonly [number, number];
  /** Width by height of a crop before it is resized to a square. */
  readonly cropAspect: readonly [number, number];
  readonly horizontalFlipProbability: number;
  readonly verticalFlipProbability: number;
  /** Whether a view is turned by 0, 90, 180 or 270 degrees, each equally likely. */
  readonly quarterTurns: boolean;
  readonly jitterProbability: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Largest hue shift in turns (0.1 = 36 degrees). */
  readonly hue: number;
  readonly greyProbability: number;
  readonly blurProbability: number;
  /** Sigma of the blur in view pixels, smallest and largest. */
  readonly blurSigma: readonly [number, number];
}

export const defaultAugmentation: AugmentationSettings = {
  cropScale: [0.2, 1],
  cropAspect: [3 / 4, 4 / 3],
  horizontalFlipProbability: 0.5,
  verticalFlipProbability: 0.5,
  quarterTurns: true,
  jitterProbability: 0.8,
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.4,
  hue: 0.1,
  greyProbability: 0.2,
  blurProbability: 0.5,
  blurSigma: [0.1, 2],
};

/** Channel means and standard deviations of ImageNet, in 0..1, red, green, blue. */
export const imageNetMean = [0.485, 0.456, 0.406] as const;
export const imageNetStandardDeviation = [0.229, 0.224, 0.225] as const;

/** Kernel of the blur for a view size: 13 at 128 px, 7 at 64 px; always odd. */
export function blurKernelPx(viewPx: number): number {
  return Math.floor(viewPx / 20) * 2 + 1;
}
