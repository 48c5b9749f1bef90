/**
 * Focus measure of a tile: variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) of its grey values 0..255. Blurred
 * tiles and empty glass are near 0. Not comparable between tiles of different mpp.
 */

/** Population variance of the 4-neighbour Laplacian over all inner pixels; 0 for images below 3 x 3. */
export function focusMeasure(rgb: Uint8Array, width: number, height: number): number {
  const grey = new Float32Array(width * height);
  for (let pixel = 0, byte = 0; pixel < grey.length; pixel += 1, byte += 3) {
    grey[pixel] = 0.299 * (rgb[byte] as number) + 0.587 * (rgb[byte + 1] as number) + 0.114 * (rgb[byte + 2] as number);
  }
  let sum = 0;
  let sumOfSquares = 0;
  for (let row = 1; row < height - 1; row += 1) {
    for (let at = row * width + 1, end = (row + 1) * width - 1; at < end; at += 1) {
      const laplacian =
        (grey[at - 1] as number) +
        (grey[at + 1] as number) +
        (grey[at - width] as number) +
        (grey[at + width] as number) -
        4 * (grey[at] as number);
      sum += laplacian;
      sumOfSquares += laplacian * laplacian;
    }
  }
  const count = (width - 2) * (height - 2);
  if (width < 3 || height < 3) return 0;
  return Math.max(0, sumOfSquares / count - (sum / count) ** 2);
}
