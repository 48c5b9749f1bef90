/**
 * One tile, strip or frame as a file stores it, with all that is needed to decode it: plain data, so that it can cross to
 * a worker thread. Which file it is from, the reader knows; the decoder only says what is wrong with the bytes.
 */

/** Decoded bytes of one tile, all samples: above this a file is refused rather than read. */
export const maximumTileBytes = 64 * 1024 * 1024;

export type Codec =
  | 'none'
  | 'lzw'
  | 'deflate'
  | 'packbits'
  | 'zstd'
  | 'lerc'
  | 'lerc-deflate'
  | 'lerc-zstd'
  | 'jpeg'
  | 'jpeg2000'
  | 'webp';

/**
 * How samples become colour. For `jpeg` it says what the components are and overrides the stream's own markers, which
 * scanners leave out; for `jpeg2000` likewise, except that subsampled components are always YCbCr.
 */
export type SampleMeaning = 'grey' | 'grey-inverted' | 'rgb' | 'ycbcr' | 'palette' | 'cmyk';

export interface CodedTile {
  readonly codec: Codec;
  /** As stored. Several buffers when each sample has a plane of its own; null for a plane that is not stored (white). */
  readonly planes: readonly (Uint8Array | null)[];
  /** Pixels that come out. */
  readonly width: number;
  readonly height: number;
  /** Samples a pixel, over all planes. */
  readonly samples: number;
  readonly bits: 8 | 16 | 32;
  readonly sampleFormat: 'unsigned' | 'signed' | 'float';
  readonly littleEndian: boolean;
  readonly meaning: SampleMeaning;
  /** 2 horizontal differences, 3 floating point; 1 none. */
  readonly predictor: 1 | 2 | 3;
  /** Alpha in the sample after the colours, laid on white. */
  readonly alpha: 'none' | 'premultiplied' | 'straight';
  /** Quantisation and Huffman tables shared by all tiles of a JPEG page. */
  readonly jpegTables: Uint8Array | null;
  /** 3 x 256 16-bit entries, for `palette`. */
  readonly palette: Uint16Array | null;
  /** Sample values shown as black and as white; null for the whole range of the type (0 to 1 for float). */
  readonly window: { readonly black: number; readonly white: number } | null;
  /** Pixels a pair of chroma samples covers, horizontally and vertically, for `ycbcr` stored without JPEG; else [1, 1]. */
  readonly chromaSubsampling: readonly [number, number];
}

/** The bytes are not what the file says they are; the reader puts its name and the tile's position around it. */
export class UndecodableTile extends Error {}

/** width * height * 3 bytes, 8-bit RGB. Rejects with UndecodableTile, or with `cancelled` once nobody waits. */
export type DecodeTile = (tile: CodedTile, signal?: AbortSignal) => Promise<Uint8Array>;
