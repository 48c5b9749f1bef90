/**
 * PackBits, the run-length coding of TIFF 6.0 section 9, into an output of known size. Never writes past that size;
 * null when the stream ends early.
 */
export function decodePackBits(input: Uint8Array, outputBytes: number): Uint8Array | null {
  const output = new Uint8Array(outputBytes);
  let written = 0;
  let at = 0;
  while (written < outputBytes) {
    const control = input[at++];
    if (control === undefined) return null;
    if (control === 128) continue;
    if (control < 128) {
      const length = Math.min(control + 1, outputBytes - written);
      if (at + length > input.length) return null;
      output.set(input.subarray(at, at + length), written);
      at += control + 1;
      written += length;
    } else {
      const value = input[at++];
      if (value === undefined) return null;
      const end = Math.min(written + 257 - control, outputBytes);
      output.fill(value, written, end);
      written = end;
    }
  }
  return output;
}
