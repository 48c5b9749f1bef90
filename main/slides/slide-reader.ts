/**
 * The port every slide format implements: five members, nothing about tiles, projects or colour.
 * Readers treat the file as hostile: every size is bounded before memory is taken, and every failure is a TrefoilError
 * that names the file, the vendor or compression, and what to do.
 */
import type { SlideInfo } from '#common/domain/slide.ts';

/** 8-bit RGB, row-major, three bytes a pixel, no padding. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle in pixels of `level`; may stick out of the image, what is outside comes back white. */
export interface LevelRegion {
  readonly level: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SlideReader extends AsyncDisposable {
  readonly info: SlideInfo;
  /** Pixels of one level, unscaled. Throws 'limit-exceeded' above `maximumRegionPixels`. */
  readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage>;
  /** thumbnail, label, macro ... as listed in `info.associatedImages`. */
  readAssociatedImage(name: string): Promise<RgbImage>;
  close(): Promise<void>;
}

/** 64 megapixels (192 MB of RGB): more than any stage asks for at once. */
export const maximumRegionPixels = 64 * 1024 * 1024;
