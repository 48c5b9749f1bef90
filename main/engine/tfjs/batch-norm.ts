/**
 * Batch norm over the last axis, with ReLU and the residual sum in the same pass. Each view of the batch is a group with
 * statistics of its own, and the running statistics take the groups in order, as three separate passes in PyTorch do.
 * Statistics and gradients' sums are float64.
 */
import { extent, valueOf, type LayerContext } from './layer-context.ts';
import {
  addMoments,
  applyAffine,
  applyAffineRelu,
  applyAffineResidualRelu,
  combineGradients,
  copyAndSum,
  gateAndSum,
} from './norm-kernels.ts';
import type { Tensor } from './tensor-device.ts';

const epsilon = 1e-5;
const runningShare = 0.1;

export interface NormOutput {
  readonly output: Tensor;
  /** Consumes the output's gradient. `sum` is the gradient behind ReLU, which is that of the residual, too. */
  readonly backward: (gradient: Tensor) => { readonly input: Tensor; readonly sum: Tensor };
}

/** Per group and channel: y -> scale * y + shift normalises. */
interface Affine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
}

/** `input` and `output` are kept until backward ran; `residual` is only read now, and only together with `relu`. */
export function batchNorm(
  context: LayerContext,
  name: string,
  input: Tensor,
  options: { readonly relu: boolean; readonly residual?: Tensor },
): NormOutput {
  const channels = extent(input, input.shape.length - 1);
  const groups = context.training ? context.groups : 1;
  const rows = input.size / channels / groups;
  const weight = valueOf(context.values, `${name}.weight`);
  const bias = valueOf(context.values, `${name}.bias`);
  const mean = new Float64Array(groups * channels);
  const inverse = new Float64Array(groups * channels);
  if (context.training) {
    measure(context, name, input, { groups, rows, channels, mean, inverse });
  } else {
    const runningMean = valueOf(context.values, `${name}.running_mean`);
    const runningVariance = valueOf(context.values, `${name}.running_var`);
    for (let channel = 0; channel < channels; channel += 1) {
      mean[channel] = runningMean[channel] as number;
      inverse[channel] = 1 / Math.sqrt((runningVariance[channel] as number) + epsilon);
    }
  }
  const affine: Affine = { scale: new Float32Array(groups * channels), shift: new Float32Array(groups * channels) };
  for (let index = 0; index < groups * channels; index += 1) {
    const scale = (weight[index % channels] as number) * (inverse[index] as number);
    affine.scale[index] = scale;
    affine.shift[index] = (bias[index % channels] as number) - scale * (mean[index] as number);
  }
  const output = apply(context, input, affine, { groups, rows, channels }, options);
  return {
    output,
    backward: (gradient) => {
      const { device } = context;
      const sums = { gradient: new Float64Array(groups * channels), product: new Float64Array(groups * channels) };
      const sum = device.fill([gradient, output, input], input.shape, ([incoming, activated, values], target) => {
        if (incoming === undefined || activated === undefined || values === undefined) return;
        for (let group = 0; group < groups; group += 1) {
          const total = sums.gradient.subarray(group * channels, (group + 1) * channels);
          const product = sums.product.subarray(group * channels, (group + 1) * channels);
          const start = group * rows * channels;
          if (options.relu) gateAndSum(incoming, activated, values, start, rows, channels, total, product, target);
          else copyAndSum(incoming, values, start, rows, channels, total, product, target);
        }
      });
      device.release(gradient, output);
      // dy = scale * (g - mean(g) - xhat * mean(g * xhat)) written as a * g + b * y + c.
      const weightGradient = new Float32Array(channels);
      const biasGradient = new Float32Array(channels);
      const slope = new Float32Array(groups * channels);
      const offset = new Float32Array(groups * channels);
      for (let channel = 0; channel < channels; channel += 1) {
        let weightSum = 0;
        let biasSum = 0;
        for (let index = channel; index < groups * channels; index += channels) {
          const total = sums.gradient[index] as number;
          const normalised =
            (inverse[index] as number) * ((sums.product[index] as number) - (mean[index] as number) * total);
          weightSum += normalised;
          biasSum += total;
          const scale = affine.scale[index] as number;
          slope[index] = (-scale * (inverse[index] as number) * normalised) / rows;
          offset[index] = (-scale * total) / rows - (slope[index] as number) * (mean[index] as number);
        }
        weightGradient[channel] = weightSum;
        biasGradient[channel] = biasSum;
      }
      context.gradients.set(`${name}.weight`, weightGradient);
      context.gradients.set(`${name}.bias`, biasGradient);
      const inputGradient = device.fill([sum, input], input.shape, ([values, inputs], target) => {
        if (values === undefined || inputs === undefined) return;
        for (let group = 0; group < groups; group += 1) {
          const a = affine.scale.subarray(group * channels, (group + 1) * channels);
          const b = slope.subarray(group * channels, (group + 1) * channels);
          const c = offset.subarray(group * channels, (group + 1) * channels);
          combineGradients(values, inputs, group * rows * channels, rows, channels, a, b, c, target);
        }
      });
      device.release(input);
      return { input: inputGradient, sum };
    },
  };
}

interface Extents {
  readonly groups: number;
  readonly rows: number;
  readonly channels: number;
}

/** Batch statistics per group (biased variance), and the running ones after each group (unbiased variance). */
function measure(
  context: LayerContext,
  name: string,
  input: Tensor,
  { groups, rows, channels, mean, inverse }: Extents & { mean: Float64Array; inverse: Float64Array },
): void {
  const runningMean = valueOf(context.values, `${name}.running_mean`);
  const runningVariance = valueOf(context.values, `${name}.running_var`);
  const tracked = valueOf(context.values, `${name}.num_batches_tracked`);
  context.device.inspect([input], ([values]) => {
    if (values === undefined) return;
    for (let group = 0; group < groups; group += 1) {
      const sum = new Float64Array(channels);
      const squares = new Float64Array(channels);
      const start = group * rows * channels;
      // Distances from the first row: subtracting two large near-equal sums would lose the variance.
      const origin = Float64Array.from(values.subarray(start, start + channels));
      addMoments(values, start, rows, channels, origin, sum, squares);
      for (let channel = 0; channel < channels; channel += 1) {
        const distance = (sum[channel] as number) / rows;
        const difference = (squares[channel] as number) / rows - distance * distance;
        // Math.max would keep NaN as well; rounding alone can make a constant channel's variance slightly negative.
        const variance = difference < 0 ? 0 : difference;
        const index = group * channels + channel;
        mean[index] = (origin[channel] as number) + distance;
        inverse[index] = 1 / Math.sqrt(variance + epsilon);
        const unbiased = (variance * rows) / Math.max(1, rows - 1);
        runningMean[channel] =
          (1 - runningShare) * (runningMean[channel] as number) + runningShare * (mean[index] as number);
        runningVariance[channel] = (1 - runningShare) * (runningVariance[channel] as number) + runningShare * unbiased;
      }
      tracked[0] = (tracked[0] ?? 0) + 1;
    }
  });
}

function apply(
  context: LayerContext,
  input: Tensor,
  affine: Affine,
  { groups, rows, channels }: Extents,
  options: { readonly relu: boolean; readonly residual?: Tensor },
): Tensor {
  const { relu } = options;
  const inputs = options.residual === undefined ? [input] : [input, options.residual];
  return context.device.fill(inputs, input.shape, ([values, residual], target) => {
    if (values === undefined) return;
    for (let group = 0; group < groups; group += 1) {
      const scale = affine.scale.subarray(group * channels, (group + 1) * channels);
      const shift = affine.shift.subarray(group * channels, (group + 1) * channels);
      const start = group * rows * channels;
      if (residual !== undefined)
        applyAffineResidualRelu(values, start, rows, channels, scale, shift, residual, target);
      else if (relu) applyAffineRelu(values, start, rows, channels, scale, shift, target);
      else applyAffine(values, start, rows, channels, scale, shift, target);
    }
  });
}
