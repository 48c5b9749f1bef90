/** What is said between a reader and the process that holds the OpenSlide library. Plain data, one answer for each request. */

export interface OpenedSlide {
  readonly version: string;
  readonly vendor: string;
  readonly levels: readonly {
    readonly width: number;
    readonly height: number;
    readonly downsample: number;
  }[];
  /** Sizes and pixel sizes only: others can hold a patient's name. */
  readonly properties: Readonly<Record<string, string>>;
  readonly associated: readonly { readonly name: string; readonly width: number; readonly height: number }[];
  readonly profileBytes: number;
}

export type OpenSlideRequest =
  | { readonly kind: 'version'; readonly libraries: readonly string[] }
  | { readonly kind: 'open'; readonly libraries: readonly string[]; readonly path: string }
  /** x and y in pixels of level 0, as the library wants them. */
  | {
      readonly kind: 'read';
      readonly level: number;
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: 'associated'; readonly name: string }
  | { readonly kind: 'profile' };

export interface Answers {
  readonly version: string;
  readonly open: OpenedSlide;
  /** RGB, three bytes a pixel. */
  readonly read: Uint8Array;
  readonly associated: Uint8Array;
  readonly profile: Uint8Array | null;
}

/** `missing`: no library; `refused`: it does not know the file; `damaged`: it does, and cannot read it. */
export interface OpenSlideFailure {
  readonly reason: 'missing' | 'refused' | 'damaged';
  readonly text: string;
}

export type OpenSlideAnswer =
  | { readonly id: number; readonly value: Answers[keyof Answers] }
  | { readonly id: number; readonly failure: OpenSlideFailure };

/** Pixels of one request: 16 MB of RGB over the pipe. Larger regions are read in strips. */
export const maximumRequestPixels = 4 * 1024 * 1024 + 1024;
/** Associated images above this are refused. */
export const maximumAssociatedPixels = 64 * 1024 * 1024;
