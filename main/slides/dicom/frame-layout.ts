/**
 * How the frames of an instance are coded (transfer syntaxes of PS3.5 annex A) and what their samples mean (photometric
 * interpretations of PS3.3 C.7.6.3.1.2), in the terms of the shared decoders.
 */
import type { CodedTile, SampleMeaning } from '../codecs/coded-tile.ts';
import { jpegColour } from '../codecs/jpeg-stream.ts';
import type { DicomInstance } from './dicom-instance.ts';

export type FrameLayout = Omit<CodedTile, 'planes' | 'width' | 'height'> & {
  readonly codec: 'none' | 'jpeg' | 'jpeg2000';
};

const codecs: Readonly<Record<string, { codec: FrameLayout['codec']; name: string }>> = {
  '1.2.840.10008.1.2': { codec: 'none', name: 'none' },
  '1.2.840.10008.1.2.1': { codec: 'none', name: 'none' },
  '1.2.840.10008.1.2.4.50': { codec: 'jpeg', name: 'JPEG' },
  '1.2.840.10008.1.2.4.90': { codec: 'jpeg2000', name: 'JPEG 2000' },
  '1.2.840.10008.1.2.4.91': { codec: 'jpeg2000', name: 'JPEG 2000' },
};

const unreadNames: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2.4.51': '12-bit JPEG',
  '1.2.840.10008.1.2.4.57': 'lossless JPEG',
  '1.2.840.10008.1.2.4.70': 'lossless JPEG',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS',
  '1.2.840.10008.1.2.4.201': 'high-throughput JPEG 2000',
  '1.2.840.10008.1.2.4.202': 'high-throughput JPEG 2000',
  '1.2.840.10008.1.2.4.203': 'high-throughput JPEG 2000',
  '1.2.840.10008.1.2.4.110': 'JPEG XL',
  '1.2.840.10008.1.2.4.111': 'JPEG XL',
  '1.2.840.10008.1.2.4.112': 'JPEG XL',
  '1.2.840.10008.1.2.5': 'run-length compression',
};

const meanings: Readonly<Record<string, SampleMeaning>> = {
  MONOCHROME1: 'grey-inverted',
  MONOCHROME2: 'grey',
  RGB: 'rgb',
  YBR_FULL: 'ycbcr',
  YBR_FULL_422: 'ycbcr',
  // The JPEG 2000 stream says itself that it was converted, and its decoder undoes it.
  YBR_ICT: 'rgb',
  YBR_RCT: 'rgb',
};

export function compressionOf({ transferSyntax }: DicomInstance): string {
  return codecs[transferSyntax]?.name ?? unreadNames[transferSyntax] ?? `transfer syntax ${transferSyntax}`;
}

/** What cannot be read is said in words. */
export function frameLayout(instance: DicomInstance): FrameLayout | { readonly unsupported: string } {
  const { photometric, samples, bits, bitsStored, signed } = instance;
  const known = codecs[instance.transferSyntax];
  if (!known) return { unsupported: compressionOf(instance) };
  const meaning = meanings[photometric];
  const colours = meaning === 'grey' || meaning === 'grey-inverted' ? 1 : 3;
  if (!meaning || samples !== colours)
    return { unsupported: `${photometric || 'unknown'} colours in ${samples} samples` };
  if (
    (bits !== 8 && bits !== 16) ||
    (known.codec === 'jpeg' && bits !== 8) ||
    bitsStored > bits ||
    bitsStored < 1 ||
    signed
  ) {
    return { unsupported: `${signed ? 'signed ' : ''}samples of ${bitsStored} in ${bits} bits` };
  }
  const halved = known.codec === 'none' && photometric === 'YBR_FULL_422';
  if (halved && (instance.planar || instance.tileWidth % 2 !== 0 || bits !== 8)) {
    return { unsupported: 'halved colour in an unusual layout' };
  }
  return {
    codec: known.codec,
    samples,
    bits,
    sampleFormat: 'unsigned',
    littleEndian: true,
    meaning,
    predictor: 1,
    alpha: 'none',
    jpegTables: null,
    palette: null,
    window: bits === 16 ? { black: 0, white: 2 ** bitsStored - 1 } : null,
    // Two luminances, then one pair of chroma: what TIFF calls a subsampling of 2 and 1.
    chromaSubsampling: halved ? [2, 1] : [1, 1],
  };
}

/** Bytes of a native frame. */
export function nativeFrameBytes({ tileWidth, tileHeight, samples, bits, photometric }: DicomInstance): number {
  const stored = photometric === 'YBR_FULL_422' ? 2 : samples;
  return tileWidth * tileHeight * stored * (bits / 8);
}

/**
 * Files that say RGB often hold ordinary JPEG, whose colours were converted: a JFIF marker, or an Adobe one, says so, and
 * every JPEG decoder believes it.
 */
export function jpegMeaning(frame: Uint8Array, stated: SampleMeaning): SampleMeaning {
  if (stated !== 'rgb') return stated;
  const buffer = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const isJfif = buffer.length > 10 && buffer[3] === 0xe0 && buffer.toString('latin1', 6, 10) === 'JFIF';
  const adobe = buffer.subarray(0, 4096).includes('Adobe', 0, 'latin1');
  return isJfif || adobe ? jpegColour(frame) : 'rgb';
}
