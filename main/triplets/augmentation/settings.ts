/** Constants of the augmentation that no run changes. Its strengths are AugmentationSettings in #common/domain/pretrain.ts. */

/** Channel means and standard deviations of ImageNet, in 0..1, red, green, blue. */
export const imageNetMean = [0.485, 0.456, 0.406] as const;
export const imageNetStandardDeviation = [0.229, 0.224, 0.225] as const;

/** Kernel of the blur for a view size: 13 at 128 px, 7 at 64 px; always odd. */
export function blurKernelPx(viewPx: number): number {
  return Math.floor(viewPx / 20) * 2 + 1;
}
