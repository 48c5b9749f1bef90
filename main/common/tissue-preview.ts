/** The small tissue mask of a live preview: two bits a pixel, four pixels a byte, first pixel in the lowest bits, row by row. */

/** Values of a pixel. */
export const previewGlass = 0;
export const previewTissue = 1;
export const previewPen = 2;

/** `values`: one of the three above a pixel. */
export function packPreview(values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 4));
  values.forEach((value, i) => {
    bytes[i >>> 2] = (bytes[i >>> 2] as number) | ((value & 3) << ((i & 3) * 2));
  });
  return bytes;
}

export function unpackPreview(bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length !== Math.ceil(count / 4)) throw new RangeError('a preview of another size');
  return Uint8Array.from({ length: count }, (_, i) => ((bytes[i >>> 2] as number) >>> ((i & 3) * 2)) & 3);
}
