/**
 * Focus measure of a tile: variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) of its grey values 0..255. Blurred
 * tiles and empty glass are near 0. It depends on the pixel size, so finer tiles are averaged to 1 micrometre per pixel
 * first; tiles coarser than that are measured as they are. How well it tells: docs/tissue.md.
 */

const focusMpp = 1;

/** Pixels along each axis that are averaged into one before measuring a tile of `mpp`. */
export function focusBinning(mpp: number): number {
  return Math.max(1, Math.round(focusMpp / mpp));
}

/** Population variance of the 4-neighbour Laplacian over all inner pixels; 0 for images below 3 x 3 after binning. */
export function focusMeasure(rgb: Uint8Array, fullWidth: number, fullHeight: number, binning = 1): number {
  const width = Math.floor(fullWidth / binning);
  const height = Math.floor(fullHeight / binning);
  const grey = new Float32Array(width * height);
  for (let row = 0; row < height * binning; row += 1) {
    const into = Math.floor(row / binning) * width;
    for (let column = 0, byte = row * fullWidth * 3; column < width * binning; column += 1, byte += 3) {
      const at = into + (binning === 1 ? column : Math.floor(column / binning));
      grey[at] =
        (grey[at] as number) +
        0.299 * (rgb[byte] as number) +
        0.587 * (rgb[byte + 1] as number) +
        0.114 * (rgb[byte + 2] as number);
    }
  }
  if (binning > 1) for (let at = 0; at < grey.length; at += 1) grey[at] = (grey[at] as number) / binning ** 2;
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
