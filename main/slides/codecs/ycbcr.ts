/**
 * YCbCr to RGB (ITU-R BT.601, full range, as JPEG and TIFF's default reference black and white mean it) and TIFF's
 * packing of subsampled YCbCr without JPEG (TIFF 6.0 section 21): data units of h * v luma samples, one Cb, one Cr.
 */

/** In place: three samples a pixel, `samples` apart. */
export function ycbcrToRgb(data: Uint8Array, samples: number): void {
  for (let at = 0; at + 2 < data.length; at += samples) {
    const luma = data[at] as number;
    const blue = (data[at + 1] as number) - 128;
    const red = (data[at + 2] as number) - 128;
    data[at] = clamp(luma + 1.402 * red);
    data[at + 1] = clamp(luma - 0.344136 * blue - 0.714136 * red);
    data[at + 2] = clamp(luma + 1.772 * blue);
  }
}

function clamp(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.floor(value + 0.5);
}

/** Bytes of a tile of width x height pixels in such data units. */
export function ycbcrUnitBytes(width: number, height: number, [across, down]: readonly [number, number]): number {
  return Math.ceil(width / across) * Math.ceil(height / down) * (across * down + 2);
}

/** Three samples a pixel, each chroma sample repeated over the pixels of its unit. */
export function unpackYcbcrUnits(
  units: Uint8Array,
  width: number,
  height: number,
  [across, down]: readonly [number, number],
): Uint8Array {
  const output = new Uint8Array(width * height * 3);
  const unitBytes = across * down + 2;
  const unitsAcross = Math.ceil(width / across);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const unit = (Math.floor(y / down) * unitsAcross + Math.floor(x / across)) * unitBytes;
      output[at++] = units[unit + (y % down) * across + (x % across)] as number;
      output[at++] = units[unit + unitBytes - 2] as number;
      output[at++] = units[unit + unitBytes - 1] as number;
    }
  }
  return output;
}
