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

/** One place of a file that states a pixel size; a file can hold several, and they can disagree. */
export interface MppClaim {
  /** e.g. "aperio.MPP", "tiff.XResolution/ResolutionUnit", "ome.PhysicalSizeX". */
  readonly field: string;
  readonly x: number;
  readonly y: number;
}

/** What is done with a scanner's colour profile: pixels turned into sRGB by it, or taken as they are stored. */
export const colourChoices = ['scanner-profile', 'as-stored'] as const;
export type ColourChoice = (typeof colourChoices)[number];

/** What a slide's profile does. */
export const colourStates = ['applied', 'no-effect', 'ignored', 'none'] as const;

/**
 * Labels carry names and numbers of patients, and macro and overview pictures of the glass usually show the label too:
 * hidden until a person asks for one, never exported.
 */
export function showsPatientData(associatedImage: string): boolean {
  return !/^thumbnail$/i.test(associatedImage);
}

export interface ColourProfile {
  /** The profile's own description, e.g. "ScanScope v1"; "unnamed" when it has none. */
  readonly name: string;
  readonly byteLength: number;
}

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
  /** Every pixel size the file states, the one in use first. Left out by slides added before it was recorded. */
  readonly mppClaims?: readonly MppClaim[];
  /** The scanner's ICC profile; null when the file has none, left out by slides added before it was recorded. */
  readonly colourProfile?: ColourProfile | null;
  /** e.g. aperio, generic-tiff, ome-tiff, philips, hamamatsu, leica, ventana, dicom, openslide-mirax, image */
  readonly vendor: string;
  readonly objectivePower: number | null;
  /** Compression of level 0 in words, e.g. "JPEG", "LZW". */
  readonly compression: string;
  readonly associatedImages: readonly AssociatedImage[];
  /** What a person should know about how the file is shown: images left out, a window of values. */
  readonly notes?: readonly string[];
}
