/**
 * Pure resampling of 8-bit RGB. Reducing averages over the exact area an output pixel covers, with fractional weights at
 * its edges; enlarging is bilinear between pixel centres. Both axes are independent. Files and levels are elsewhere.
 */

/** Which source pixels make up each output pixel along one axis, and with what weight (weights of one output sum to 1). */
export interface AxisWeights {
  /** First source pixel of each output pixel; may be negative or beyond the image. */
  readonly starts: Int32Array;
  /** Where the weights of output i begin in `weights`; one more entry than outputs. */
  readonly weightsAt: Int32Array;
  readonly weights: Float64Array;
}

/** Source interval [origin, origin + length) in source pixels, cut into `count` output pixels. */
export function axisWeights(origin: number, length: number, count: number): AxisWeights {
  const scale = length / count;
  const starts = new Int32Array(count);
  const weightsAt = new Int32Array(count + 1);
  const weights = new Float64Array(count * Math.max(2, Math.ceil(scale) + 1));
  let filled = 0;
  for (let index = 0; index < count; index++) {
    if (scale >= 1) {
      const from = snap(origin + index * scale);
      const to = snap(origin + (index + 1) * scale);
      const first = Math.floor(from);
      starts[index] = first;
      for (let pixel = first; pixel < to; pixel++) {
        weights[filled++] = (Math.min(pixel + 1, to) - Math.max(pixel, from)) / (to - from);
      }
    } else {
      const centre = snap(origin + (index + 0.5) * scale - 0.5);
      const first = Math.floor(centre);
      starts[index] = first;
      weights[filled++] = 1 - (centre - first);
      weights[filled++] = centre - first;
    }
    weightsAt[index + 1] = filled;
  }
  return { starts, weightsAt, weights: weights.subarray(0, filled) };
}

/** Edges within a billionth of a whole pixel are that pixel's: 0.1 * 3 must not touch a neighbour. */
function snap(position: number): number {
  const whole = Math.round(position);
  return Math.abs(position - whole) < 1e-9 ? whole : position;
}

/** First source pixel and one past the last of outputs [from, to). */
export function sourceSpan(axis: AxisWeights, from: number, to: number): { first: number; end: number } {
  let first = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (let index = from; index < to; index++) {
    const start = axis.starts[index] as number;
    first = Math.min(first, start);
    end = Math.max(end, start + (axis.weightsAt[index + 1] as number) - (axis.weightsAt[index] as number));
  }
  return { first, end };
}

export interface ResampleBlock {
  readonly columnFrom: number;
  readonly columnTo: number;
  readonly rowFrom: number;
  readonly rowTo: number;
}

/**
 * Outputs of one block into `into` (RGB, `intoWidth` pixels a row, whole output image). `source` holds the pixels of the
 * block's source span, its corner at (sourceX, sourceY). Rounds half up.
 */
export function resampleBlock(
  source: { readonly width: number; readonly data: Uint8Array },
  sourceX: number,
  sourceY: number,
  columns: AxisWeights,
  rows: AxisWeights,
  block: ResampleBlock,
  into: Uint8Array,
  intoWidth: number,
): void {
  const blockWidth = block.columnTo - block.columnFrom;
  const sums = new Float64Array(source.width * 3);
  for (let row = block.rowFrom; row < block.rowTo; row++) {
    // Vertical first: one row of weighted sums, then the columns of that row.
    sums.fill(0);
    const firstWeight = rows.weightsAt[row] as number;
    const lastWeight = rows.weightsAt[row + 1] as number;
    let from = ((rows.starts[row] as number) - sourceY) * source.width * 3;
    for (let at = firstWeight; at < lastWeight; at++) {
      const weight = rows.weights[at] as number;
      if (weight !== 0) {
        for (let index = 0; index < sums.length; index++) {
          sums[index] = (sums[index] as number) + weight * (source.data[from + index] as number);
        }
      }
      from += sums.length;
    }
    let target = (row * intoWidth + block.columnFrom) * 3;
    for (let column = 0; column < blockWidth; column++) {
      const index = block.columnFrom + column;
      const end = columns.weightsAt[index + 1] as number;
      let pixel = ((columns.starts[index] as number) - sourceX) * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let at = columns.weightsAt[index] as number; at < end; at++, pixel += 3) {
        const weight = columns.weights[at] as number;
        red += weight * (sums[pixel] as number);
        green += weight * (sums[pixel + 1] as number);
        blue += weight * (sums[pixel + 2] as number);
      }
      into[target++] = Math.floor(red + 0.5);
      into[target++] = Math.floor(green + 0.5);
      into[target++] = Math.floor(blue + 0.5);
    }
  }
}
