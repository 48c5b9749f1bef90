/** What is known about a slide. Sizes are in pixels of the level they name; mpp is micrometres per pixel at level 0. */

export interface SlideLevel {
  readonly width: number;
  readonly height: number;
  /** Level-0 pixels per pixel of this level, >= 1 (mean of both axes). */
  readonly downsample: number;
  /** Stored tile size; the image size for untiled images. */
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/**
 * Where the pixel size comes from. `missing` is a state of its own: nothing is ever guessed silently.
 * `objective-power` is an estimate (10 / power) that must be shown as such.
 */
export type SlideMpp =
  | { readonly source: 'file'; readonly x: number; readonly y: number; readonly field: string }
  | { readonly source: 'by-hand'; readonly x: number; readonly y: number }
  | { readonly source: 'objective-power'; readonly x: number; readonly y: number }
  | { readonly source: 'missing' };

export interface AssociatedImage {
  /** thumbnail, label, macro, overview */
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

export interface SlideInfo {
  readonly width: number;
  readonly height: number;
  readonly levels: readonly SlideLevel[];
  readonly mpp: SlideMpp;
  /** e.g. aperio, generic-tiff, image */
  readonly vendor: string;
  readonly objectivePower: number | null;
  /** Compression of level 0 in words, e.g. "JPEG", "LZW". */
  readonly compression: string;
  readonly associatedImages: readonly AssociatedImage[];
}
