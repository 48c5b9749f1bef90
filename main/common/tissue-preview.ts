/** The small tissue mask of a live preview: four bits a pixel, two pixels a byte, first pixel in the lower bits, row by row. */

/** Layers a pixel can show; its value is the position here. An artefact is shown over tissue and over glass. */
export const previewLayers = ['glass', 'tissue', 'pen', 'fold', 'dark', 'blur'] as const;
export type PreviewLayer = (typeof previewLayers)[number];

/** `values`: positions in `previewLayers`, one a pixel. */
export function packPreview(values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 2));
  values.forEach((value, i) => {
    bytes[i >>> 1] = (bytes[i >>> 1] as number) | ((value & 15) << ((i & 1) * 4));
  });
  return bytes;
}

export function unpackPreview(bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length !== Math.ceil(count / 2)) throw new RangeError('a preview of another size');
  return Uint8Array.from({ length: count }, (_, i) => ((bytes[i >>> 1] as number) >>> ((i & 1) * 4)) & 15);
}
