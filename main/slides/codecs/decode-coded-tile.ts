/**
 * Decodes one tile of any codec and layout to 8-bit RGB. Knows no file and touches none but the decoders' own WebAssembly
 * binaries, so it runs the same on the main thread and in a worker. One file a codec; samples-to-rgb.ts does the colour.
 */
import { throwIfCancelled } from '#common/errors.ts';
import {
  maximumTileBytes,
  UndecodableTile,
  type CodedTile,
  type DecodeTile,
  type SampleMeaning,
} from './coded-tile.ts';
import { inflateBounded, zstdBounded } from './deflate.ts';
import { decodeJpeg } from './jpeg.ts';
import { Jpeg2000Decoder } from './jpeg2000.ts';
import { decodeLerc } from './lerc.ts';
import { decodeLzw } from './lzw.ts';
import { decodePackBits } from './packbits.ts';
import { samplesLike, toSamples, type Samples } from './predictor.ts';
import { samplesToRgb } from './samples-to-rgb.ts';
import { decodeWebp } from './webp.ts';
import { unpackYcbcrUnits, ycbcrUnitBytes } from './ycbcr.ts';

interface Decoded {
  readonly samples: Samples;
  readonly meaning: SampleMeaning;
  /** Depth after decoding; JPEG, WebP and windowed samples are 8. */
  readonly bits: CodedTile['bits'];
}

export interface TileDecoder {
  readonly decode: DecodeTile;
  /** Interleaved samples before any colour is made of them; null for a tile that is not stored. */
  readonly decodeSamples: (tile: CodedTile) => Promise<Samples | null>;
}

/** A decoder with a WebAssembly module of its own, loaded with the first JPEG 2000 tile. One for each thread is enough. */
export function createTileDecoder(): TileDecoder {
  const jpeg2000 = new Jpeg2000Decoder();
  return {
    decode: async (tile, signal) => {
      throwIfCancelled(signal);
      const pixels = tile.width * tile.height;
      const decoded = await decodePlanes(tile, jpeg2000);
      if (!decoded) return new Uint8Array(pixels * 3).fill(255);
      const { samples, meaning, bits } = decoded;
      // Eight bits that came from deeper samples have no window left to apply.
      const window = bits === 8 && tile.bits !== 8 ? null : tile.window;
      return samplesToRgb(samples, { ...tile, meaning, bits, window }, pixels);
    },
    decodeSamples: async (tile) => (await decodePlanes(tile, jpeg2000))?.samples ?? null,
  };
}

/** The decoder of this thread. */
const threadDecoder = createTileDecoder();
export const decodeCodedTile: DecodeTile = threadDecoder.decode;
export const decodeTileSamples: TileDecoder['decodeSamples'] = threadDecoder.decodeSamples;

async function decodePlanes(tile: CodedTile, jpeg2000: Jpeg2000Decoder): Promise<Decoded | null> {
  const { width, height, planes, samples } = tile;
  const pixels = width * height;
  if (!(pixels > 0) || pixels * samples * (tile.bits / 8) > maximumTileBytes || pixels * 3 > maximumTileBytes) {
    throw new UndecodableTile(`is ${width} x ${height} pixels of ${samples} samples, too large for one tile`);
  }
  if (planes.length !== 1 && planes.length !== samples) {
    throw new UndecodableTile(`has ${planes.length} planes for ${samples} samples`);
  }
  if (planes.every((plane) => plane === null)) return null;
  const perPlane = planes.length === 1 ? samples : 1;
  const decoded: (Decoded | null)[] = [];
  for (const plane of planes) decoded.push(plane ? await decodePlane(plane, tile, perPlane, jpeg2000) : null);
  return decoded.length === 1 ? (decoded[0] ?? null) : merged(decoded, tile);
}

/** Samples of one plane, `samples` of them a pixel, in this machine's byte order. */
async function decodePlane(
  stored: Uint8Array,
  tile: CodedTile,
  samples: number,
  jpeg2000: Jpeg2000Decoder,
): Promise<Decoded> {
  const { width, height, bits, meaning } = tile;
  switch (tile.codec) {
    case 'jpeg': {
      const { bytes, meaning: converted } = await decodeJpeg(stored, tile, samples);
      return { samples: bytes, meaning: converted, bits: 8 };
    }
    case 'jpeg2000': {
      const image = await jpeg2000.decode(stored, tile, samples);
      const layout = { bits: image.bits, sampleFormat: tile.sampleFormat, littleEndian: true, predictor: 1 } as const;
      const values = toSamples(image.bytes, layout, width * samples, height, samples);
      return { samples: values, meaning: image.meaning, bits: image.bits };
    }
    case 'webp':
      return { samples: await decodeWebp(stored, width, height, samples), meaning: 'rgb', bits: 8 };
    case 'lerc':
    case 'lerc-deflate':
    case 'lerc-zstd': {
      const blob = await unwrapLerc(stored, tile, samples);
      return { samples: await decodeLerc(blob, tile, samples), meaning, bits };
    }
    default:
      return { samples: await rawSamples(stored, tile, samples), meaning, bits };
  }
}

async function unwrapLerc(stored: Uint8Array, tile: CodedTile, samples: number): Promise<Uint8Array> {
  // A blob can exceed its pixels by headers and masks only.
  const maximumBytes = 2 * tile.width * tile.height * samples * (tile.bits / 8) + 65_536;
  if (tile.codec === 'lerc-deflate') return inflateBounded(stored, maximumBytes);
  return tile.codec === 'lerc-zstd' ? zstdBounded(stored, maximumBytes) : stored;
}

async function rawSamples(stored: Uint8Array, tile: CodedTile, samples: number): Promise<Samples> {
  const { width, height, bits, chromaSubsampling } = tile;
  const packed = tile.meaning === 'ycbcr' && chromaSubsampling.some((step) => step !== 1);
  if (packed && (samples !== 3 || bits !== 8 || tile.predictor !== 1)) {
    throw new UndecodableTile('has subsampled colour in a layout that cannot be read');
  }
  const wanted = packed ? ycbcrUnitBytes(width, height, chromaSubsampling) : width * height * samples * (bits / 8);
  const bytes = await rawBytes(stored, tile.codec, wanted);
  if (!bytes || bytes.length < wanted) throw new UndecodableTile('does not decode to its declared size');
  const exact = bytes.subarray(0, wanted);
  if (packed) return unpackYcbcrUnits(exact, width, height, chromaSubsampling);
  return toSamples(exact, tile, width * samples, height, samples);
}

async function rawBytes(stored: Uint8Array, codec: CodedTile['codec'], wanted: number): Promise<Uint8Array | null> {
  switch (codec) {
    case 'none':
      // A copy: undoing a predictor must not change the caller's bytes. A Buffer's own slice() would be no copy.
      return new Uint8Array(stored.subarray(0, wanted));
    case 'lzw':
      return decodeLzw(stored, wanted);
    case 'packbits':
      return decodePackBits(stored, wanted);
    case 'deflate':
      return inflateBounded(stored, wanted);
    case 'zstd':
      return zstdBounded(stored, wanted);
    default:
      return null;
  }
}

/** Planes side by side as interleaved samples; a plane that is not stored is white. */
function merged(planes: readonly (Decoded | null)[], tile: CodedTile): Decoded {
  const first = planes.find((plane) => plane !== null) as Decoded;
  const pixels = tile.width * tile.height;
  const output = samplesLike(first.samples, pixels * planes.length);
  const white = tile.window?.white ?? (tile.sampleFormat === 'float' ? 1 : 2 ** first.bits - 1);
  planes.forEach((plane, sample) => {
    for (let at = 0; at < pixels; at++) {
      output[at * planes.length + sample] = plane ? (plane.samples[at] as number) : white;
    }
  });
  return { samples: output, meaning: first.meaning, bits: first.bits };
}
