/** The residual network of torchvision, forward and backward, from folded images to features. */
import type { BackboneLayers, BlockLayers, ConvolutionLayer } from '../network-parameters.ts';
import { batchNorm, type NormOutput } from './batch-norm.ts';
import { convolution } from './convolution.ts';
import type { LayerContext, LayerOutput } from './layer-context.ts';
import { globalAveragePool, maxPool } from './pooling.ts';
import { stemConvolution } from './stem.ts';
import type { Tensor } from './tensor-device.ts';

/** Convolution, batch norm, and ReLU and residual where asked for. Backward also returns the residual's gradient. */
function normalisedConvolution(
  context: LayerContext,
  layer: ConvolutionLayer,
  input: Tensor,
  options: { readonly relu: boolean; readonly residual?: Tensor },
): { output: Tensor; backward: (gradient: Tensor) => { input: Tensor; sum: Tensor } } {
  const product = convolution(context, layer, input);
  const norm: NormOutput = batchNorm(context, layer.norm, product.output, options);
  if (!context.training) context.device.release(product.output);
  return {
    output: norm.output,
    backward: (gradient) => {
      const gradients = norm.backward(gradient);
      return { input: product.backward(gradients.input), sum: gradients.sum };
    },
  };
}

/** `input` stays the caller's until backward; in evaluation it is released here. */
function residualBlock(context: LayerContext, layers: BlockLayers, input: Tensor): LayerOutput {
  const { device } = context;
  const shortcut =
    layers.shortcut === null ? null : normalisedConvolution(context, layers.shortcut, input, { relu: false });
  const steps: ((gradient: Tensor) => { input: Tensor; sum: Tensor })[] = [];
  let value = input;
  layers.convolutions.forEach((layer, index) => {
    const last = index === layers.convolutions.length - 1;
    const options = last ? { relu: true, residual: shortcut?.output ?? input } : { relu: true };
    const step = normalisedConvolution(context, layer, value, options);
    if (!context.training && value !== input) device.release(value);
    steps.push(step.backward);
    value = step.output;
  });
  if (!context.training) device.release(input, ...(shortcut === null ? [] : [shortcut.output]));
  return {
    output: value,
    backward: (gradient) => {
      let incoming = gradient;
      let residual: Tensor | null = null;
      for (const step of steps.toReversed()) {
        const gradients = step(incoming);
        if (residual === null) residual = gradients.sum;
        else device.release(gradients.sum);
        incoming = gradients.input;
      }
      if (residual === null) throw new Error('A residual block has no convolution.');
      let sideways = residual;
      if (shortcut !== null) {
        const gradients = shortcut.backward(residual);
        device.release(gradients.sum);
        sideways = gradients.input;
      }
      const total = device.add(incoming, sideways);
      device.release(incoming, sideways);
      return total;
    },
  };
}

/** Folded images (see stem.ts) -> features [images, features]. In evaluation `folded` is released here. */
export function backbone(
  context: LayerContext,
  layers: BackboneLayers,
  folded: Tensor,
): { output: Tensor; backward: (gradient: Tensor) => void } {
  const { device } = context;
  const stem = stemConvolution(context, layers.stem, folded);
  const norm = batchNorm(context, layers.stem.norm, stem.output, { relu: true });
  if (!context.training) device.release(folded, stem.output);
  const pooled = maxPool(context, norm.output);
  if (!context.training) device.release(norm.output);
  const steps: ((gradient: Tensor) => Tensor)[] = [];
  let value = pooled.output;
  for (const block of layers.blocks) {
    const step = residualBlock(context, block, value);
    steps.push(step.backward);
    value = step.output;
  }
  const features = globalAveragePool(context, value);
  if (!context.training) device.release(value);
  return {
    output: features.output,
    backward: (gradient) => {
      const behindStem = pooled.backward(
        steps.reduceRight((incoming, step) => step(incoming), features.backward(gradient)),
      );
      const gradients = norm.backward(behindStem);
      device.release(gradients.sum);
      stem.backward(gradients.input);
    },
  };
}
