/**
 * TIFF's LZW (most significant bit first, codes widen one early; TIFF 6.0 section 13) into an output of known size.
 * Never writes past that size; null when the stream is damaged or too short.
 */
const clearCode = 256;
const endCode = 257;

export function decodeLzw(input: Uint8Array, outputBytes: number): Uint8Array | null {
  const output = new Uint8Array(outputBytes);
  // An entry is a piece of the output already written: where it starts and how long it is.
  const starts = new Int32Array(4096);
  const lengths = new Int32Array(4096);
  let next = 258;
  let width = 9;
  let bits = 0;
  let bitCount = 0;
  let written = 0;
  let previousStart = -1;
  let previousLength = 0;
  for (let at = 0; at < input.length && written < outputBytes;) {
    while (bitCount < width && at < input.length) {
      bits = ((bits << 8) | (input[at++] as number)) & 0xffffff;
      bitCount += 8;
    }
    // The last byte may hold more than one code.
    while (bitCount >= width && written < outputBytes) {
      const code = (bits >>> (bitCount - width)) & ((1 << width) - 1);
      bitCount -= width;
      if (code === endCode) return written === outputBytes ? output : null;
      if (code === clearCode) {
        next = 258;
        width = 9;
        previousStart = -1;
        continue;
      }
      const start = written;
      let length: number;
      if (code < 256) {
        length = 1;
        output[written++] = code;
      } else if (code < next && previousStart >= 0) {
        length = lengths[code] as number;
        written = copyWithin(output, starts[code] as number, length, written);
      } else if (code === next && previousStart >= 0) {
        length = previousLength + 1;
        written = copyWithin(output, previousStart, length, written);
      } else {
        return null;
      }
      if (previousStart >= 0 && next < 4096) {
        // The new entry is the previous piece plus the byte that follows it in the output.
        starts[next] = previousStart;
        lengths[next] = previousLength + 1;
        next++;
        if (next >= (1 << width) - 1 && width < 12) width++;
      }
      previousStart = start;
      previousLength = length;
    }
  }
  return written === outputBytes ? output : null;
}

function copyWithin(output: Uint8Array, from: number, length: number, to: number): number {
  const end = Math.min(to + length, output.length);
  // Byte by byte: source and target may overlap by design.
  for (let at = to; at < end; at++) output[at] = output[from++] as number;
  return end;
}
