/**
 * The element-wise passes of batch norm over row-major [rows, channels] arrays, one group at a time from element `start`.
 * They stand alone, with plain arguments, because this is where a step on the wasm backend spends its time outside the
 * products. No branch depends on a value, since activations are as good as random to a branch predictor.
 */

/** sum and squares of (value - origin) per channel. */
export function addMoments(
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  origin: Float64Array,
  sum: Float64Array,
  squares: Float64Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const value = (values[at] as number) - (origin[channel] as number);
      sum[channel] = (sum[channel] as number) + value;
      squares[channel] = (squares[channel] as number) + value * value;
    }
  }
}

/** target = scale * values + shift. */
export function applyAffine(
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  scale: Float32Array,
  shift: Float32Array,
  target: Float32Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      target[at] = (scale[channel] as number) * (values[at] as number) + (shift[channel] as number);
    }
  }
}

/**
 * target = max(0, scale * values + shift), written as (v + |v|) / 2: exact, free of branches (which would be mispredicted half of
 * the time), and NaN passes through, so that a diverged run shows.
 */
export function applyAffineRelu(
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  scale: Float32Array,
  shift: Float32Array,
  target: Float32Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const value = (scale[channel] as number) * (values[at] as number) + (shift[channel] as number);
      target[at] = 0.5 * (value + Math.abs(value));
    }
  }
}

/** target = max(0, scale * values + shift + residual); NaN passes through. */
export function applyAffineResidualRelu(
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  scale: Float32Array,
  shift: Float32Array,
  residual: Float32Array,
  target: Float32Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const value =
        (scale[channel] as number) * (values[at] as number) + (shift[channel] as number) + (residual[at] as number);
      target[at] = 0.5 * (value + Math.abs(value));
    }
  }
}

/**
 * target = incoming where ReLU let the value through (`activated` is positive, never negative); sums of target and of
 * target * values per channel. The choice is made on the bits: half of the branches would be mispredicted.
 */
export function gateAndSum(
  incoming: Float32Array,
  activated: Float32Array,
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  total: Float64Array,
  product: Float64Array,
  target: Float32Array,
): void {
  const incomingBits = new Int32Array(incoming.buffer, incoming.byteOffset, incoming.length);
  const activatedBits = new Int32Array(activated.buffer, activated.byteOffset, activated.length);
  const targetBits = new Int32Array(target.buffer, target.byteOffset, target.length);
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      targetBits[at] = (incomingBits[at] as number) & (-(activatedBits[at] as number) >> 31);
      const value = target[at] as number;
      total[channel] = (total[channel] as number) + value;
      product[channel] = (product[channel] as number) + value * (values[at] as number);
    }
  }
}

/** The same without ReLU: target = incoming. */
export function copyAndSum(
  incoming: Float32Array,
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  total: Float64Array,
  product: Float64Array,
  target: Float32Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      const value = incoming[at] as number;
      target[at] = value;
      total[channel] = (total[channel] as number) + value;
      product[channel] = (product[channel] as number) + value * (values[at] as number);
    }
  }
}

/** target = a * gradient + b * values + c, the gradient of a normalised input. */
export function combineGradients(
  gradient: Float32Array,
  values: Float32Array,
  start: number,
  rows: number,
  channels: number,
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  target: Float32Array,
): void {
  let at = start;
  for (let row = 0; row < rows; row += 1) {
    for (let channel = 0; channel < channels; channel += 1, at += 1) {
      target[at] =
        (a[channel] as number) * (gradient[at] as number) +
        (b[channel] as number) * (values[at] as number) +
        (c[channel] as number);
    }
  }
}
