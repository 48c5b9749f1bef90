/** Batch norm in plain float64, on [groups][rowsPerGroup][channels]: what the kernels are tested against. */

export interface ReferenceShape {
  readonly groups: number;
  readonly rowsPerGroup: number;
  readonly channels: number;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** [groups][4][channels] mean, inverse standard deviation, scale, shift; and the running values [2][channels] afterwards. */
export function referenceStatistics(
  { groups, rowsPerGroup, channels }: ReferenceShape,
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  running: ArrayLike<number>,
): { readonly statistics: Float64Array; readonly running: Float64Array } {
  const statistics = new Float64Array(groups * 4 * channels);
  const after = Float64Array.from(running);
  for (let group = 0; group < groups; group += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      let sum = 0;
      let squares = 0;
      const index = (row: number): number => (group * rowsPerGroup + row) * channels + channel;
      for (let row = 0; row < rowsPerGroup; row += 1) sum += at(x, index(row));
      const mean = sum / rowsPerGroup;
      for (let row = 0; row < rowsPerGroup; row += 1) squares += (at(x, index(row)) - mean) ** 2;
      const inverse = 1 / Math.sqrt(squares / rowsPerGroup + 1e-5);
      const scale = at(gamma, channel) * inverse;
      statistics.set([mean], group * 4 * channels + channel);
      statistics.set([inverse], (group * 4 + 1) * channels + channel);
      statistics.set([scale], (group * 4 + 2) * channels + channel);
      statistics.set([at(beta, channel) - mean * scale], (group * 4 + 3) * channels + channel);
      const variance = squares / Math.max(1, rowsPerGroup - 1);
      after[channel] = at(after, channel) + 0.1 * (mean - at(after, channel));
      after[channels + channel] = at(after, channels + channel) + 0.1 * (variance - at(after, channels + channel));
    }
  }
  return { statistics, running: after };
}

/** x * scale + shift for every element. */
export function referenceNormalised(
  { groups, rowsPerGroup, channels }: ReferenceShape,
  x: ArrayLike<number>,
  statistics: ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: groups * rowsPerGroup * channels }, (_, index) => {
    const channel = index % channels;
    const group = Math.floor(index / channels / rowsPerGroup);
    const scale = at(statistics, (group * 4 + 2) * channels + channel);
    return at(x, index) * scale + at(statistics, (group * 4 + 3) * channels + channel);
  });
}

/** `gradient` is already masked. sums: [groups][2][channels] means of g and g * xhat. */
export function referenceGradient(
  { groups, rowsPerGroup, channels }: ReferenceShape,
  gradient: ArrayLike<number>,
  x: ArrayLike<number>,
  statistics: ArrayLike<number>,
): {
  readonly input: Float64Array;
  readonly sums: Float64Array;
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
} {
  const input = new Float64Array(groups * rowsPerGroup * channels);
  const sums = new Float64Array(groups * 2 * channels);
  const gamma = new Float64Array(channels);
  const beta = new Float64Array(channels);
  for (let group = 0; group < groups; group += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const [mean, inverse, scale] = [0, 1, 2].map((entry) => at(statistics, (group * 4 + entry) * channels + channel));
      const index = (row: number): number => (group * rowsPerGroup + row) * channels + channel;
      const normal = (row: number): number => (at(x, index(row)) - (mean ?? 0)) * (inverse ?? 0);
      let sum = 0;
      let product = 0;
      for (let row = 0; row < rowsPerGroup; row += 1) {
        sum += at(gradient, index(row));
        product += at(gradient, index(row)) * normal(row);
      }
      sums[group * 2 * channels + channel] = sum / rowsPerGroup;
      sums[(group * 2 + 1) * channels + channel] = product / rowsPerGroup;
      beta[channel] = at(beta, channel) + sum;
      gamma[channel] = at(gamma, channel) + product;
      for (let row = 0; row < rowsPerGroup; row += 1) {
        input[index(row)] =
          (scale ?? 0) * (at(gradient, index(row)) - sum / rowsPerGroup - (normal(row) * product) / rowsPerGroup);
      }
    }
  }
  return { input, sums, gamma, beta };
}
