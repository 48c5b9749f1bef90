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

/** A tile exactly as the file stores it: a complete baseline JPEG that a browser shows with the right colours. */
export interface StoredJpegTile {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface SlideReader extends AsyncDisposable {
  readonly info: SlideInfo;
  /** Pixels of one level, unscaled. Throws 'limit-exceeded' above `maximumRegionPixels`. */
  readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage>;
  /** thumbnail, label, macro ... as listed in `info.associatedImages`. */
  readAssociatedImage(name: string): Promise<RgbImage>;
  /** The ICC profile's bytes, for formats that carry one; null when this slide has none. */
  readColourProfile?(): Promise<Uint8Array | null>;
  /**
   * Tile `column`, `row` of the level's own grid without decoding it; null when it is not stored as such a JPEG (another
   * compression, no colour transform, a tile at the edge that is padded). Only formats with JPEG tiles have it.
   */
  readStoredJpegTile?(level: number, column: number, row: number, signal?: AbortSignal): Promise<StoredJpegTile | null>;
  close(): Promise<void>;
}

/** 64 megapixels (192 MB of RGB): more than any stage asks for at once. */
export const maximumRegionPixels = 64 * 1024 * 1024;
