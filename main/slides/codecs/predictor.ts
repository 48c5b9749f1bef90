/**
 * Undoes what TIFF does to rows before compression: horizontal differences of 8, 16 or 32 bit samples (TIFF 6.0 section
 * 14) and the byte-wise floating point predictor (Adobe Photoshop TIFF Technical Note 3). Also the byte order: what
 * comes out are samples in this machine's order.
 */
import { endianness } from 'node:os';
import type { CodedTile } from './coded-tile.ts';

export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

/** Zeros of the same type; a Buffer counts as bytes. */
export function samplesLike(samples: Samples, length: number): Samples {
  if (samples instanceof Uint8Array) return new Uint8Array(length);
  return new (samples.constructor as new (length: number) => Samples)(length);
}

type Layout = Pick<CodedTile, 'bits' | 'sampleFormat' | 'littleEndian' | 'predictor'>;

/** `bytes` holds `rows` rows of `rowSamples` samples, `samples` of them a pixel. May change `bytes`. */
export function toSamples(
  bytes: Uint8Array,
  layout: Layout,
  rowSamples: number,
  rows: number,
  samples: number,
): Samples {
  if (layout.predictor === 3) return undoFloatingPoint(bytes, layout.bits / 8, rowSamples, rows, samples);
  const values = inNativeOrder(bytes, layout.bits, layout.littleEndian);
  if (layout.predictor === 2) {
    for (let row = 0; row < rows; row++) {
      const end = (row + 1) * rowSamples;
      for (let at = row * rowSamples + samples; at < end; at++) {
        values[at] = (values[at] as number) + (values[at - samples] as number);
      }
    }
  }
  return typed(values, layout.sampleFormat);
}

/** Unsigned integers, so that sums wrap around as the differences did. */
function inNativeOrder(bytes: Uint8Array, bits: number, littleEndian: boolean): Uint8Array | Uint16Array | Uint32Array {
  if (bits === 8) return bytes;
  // A typed array of wider numbers needs an aligned start.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const buffer = Buffer.from(aligned.buffer, aligned.byteOffset, aligned.byteLength);
  const swapped = littleEndian !== (endianness() === 'LE');
  if (swapped && bits === 16) buffer.swap16();
  else if (swapped) buffer.swap32();
  return bits === 16
    ? new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2)
    : new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function typed(values: Uint8Array | Uint16Array | Uint32Array, format: CodedTile['sampleFormat']): Samples {
  if (format === 'unsigned') return values;
  const { buffer, byteOffset, length } = values;
  if (values instanceof Uint32Array) {
    return format === 'float'
      ? new Float32Array(buffer, byteOffset, length)
      : new Int32Array(buffer, byteOffset, length);
  }
  if (format === 'float') return values;
  return values instanceof Uint16Array
    ? new Int16Array(buffer, byteOffset, length)
    : new Int8Array(buffer, byteOffset, length);
}

/** Each row holds first all most significant bytes, then the next, ..., the whole row as differences of bytes. */
function undoFloatingPoint(
  bytes: Uint8Array,
  bytesEach: number,
  rowSamples: number,
  rows: number,
  samples: number,
): Samples {
  const output = new Uint8Array(bytes.length);
  const rowBytes = rowSamples * bytesEach;
  const little = endianness() === 'LE';
  for (let row = 0; row < rows; row++) {
    const start = row * rowBytes;
    for (let at = start + samples; at < start + rowBytes; at++) {
      bytes[at] = (bytes[at] as number) + (bytes[at - samples] as number);
    }
    for (let sample = 0; sample < rowSamples; sample++) {
      for (let byte = 0; byte < bytesEach; byte++) {
        const to = little ? bytesEach - 1 - byte : byte;
        output[start + sample * bytesEach + to] = bytes[start + byte * rowSamples + sample] as number;
      }
    }
  }
  return bytesEach === 4 ? new Float32Array(output.buffer) : output;
}
