/**
 * The baseline every result stands beside: nine numbers of an RGB tile that any program can compute. In order: mean of
 * red, green, blue; standard deviation of red, green, blue; mean HSV saturation; mean absolute grey difference between
 * horizontal and vertical neighbours; share of dark pixels (grey below 100). Colours and differences are 0..1.
 */
export const colourTextureDim = 9;

/** `rgb` is interleaved 8-bit, sizePx x sizePx; writes 9 numbers at `offset`. */
export function colourTexture(rgb: Uint8Array, sizePx: number, target: Float32Array, offset: number): void {
  const pixels = sizePx * sizePx;
  const sums = [0, 0, 0];
  const squares = [0, 0, 0];
  let saturation = 0;
  let differences = 0;
  let dark = 0;
  const above = new Float64Array(sizePx);
  for (let y = 0, at = 0; y < sizePx; y += 1) {
    let left = 0;
    for (let x = 0; x < sizePx; x += 1, at += 3) {
      const red = rgb[at] as number;
      const green = rgb[at + 1] as number;
      const blue = rgb[at + 2] as number;
      sums[0] = (sums[0] as number) + red;
      sums[1] = (sums[1] as number) + green;
      sums[2] = (sums[2] as number) + blue;
      squares[0] = (squares[0] as number) + red * red;
      squares[1] = (squares[1] as number) + green * green;
      squares[2] = (squares[2] as number) + blue * blue;
      const maximum = Math.max(red, green, blue);
      if (maximum > 0) saturation += (maximum - Math.min(red, green, blue)) / maximum;
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      if (x > 0) differences += Math.abs(grey - left);
      if (y > 0) differences += Math.abs(grey - (above[x] as number));
      if (grey < 100) dark += 1;
      left = grey;
      above[x] = grey;
    }
  }
  for (let channel = 0; channel < 3; channel += 1) {
    const mean = (sums[channel] as number) / pixels;
    target[offset + channel] = mean / 255;
    target[offset + 3 + channel] = Math.sqrt(Math.max(0, (squares[channel] as number) / pixels - mean * mean)) / 255;
  }
  target[offset + 6] = saturation / pixels;
  target[offset + 7] = sizePx < 2 ? 0 : differences / (2 * sizePx * (sizePx - 1)) / 255;
  target[offset + 8] = dark / pixels;
}
