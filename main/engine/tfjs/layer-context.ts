/**
 * What every layer of one pass shares: the device, the parameters, where gradients go, and whether the pass trains.
 * A layer's forward function returns its output and, for training, a function that turns the output's gradient into the
 * input's. Layers release what only they need; outputs belong to the caller, and a step's rest is released by the step.
 */
import type { Tensor, TensorDevice } from './tensor-device.ts';

export interface LayerContext {
  readonly device: TensorDevice;
  /** Parameters and buffers in PyTorch's layout by PyTorch's name. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Gradients in the same layout, overwritten by each backward pass. */
  readonly gradients: Map<string, Float32Array>;
  readonly training: boolean;
  /** Number of views in the batch, each a contiguous part of it with batch-norm statistics of its own. */
  readonly groups: number;
}

export interface LayerOutput {
  readonly output: Tensor;
  /** Consumes the gradient of the output and returns that of the input. */
  readonly backward: (gradient: Tensor) => Tensor;
}

export function valueOf(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const value = values.get(name);
  if (value === undefined) throw new Error(`The network has no tensor ${name}.`);
  return value;
}

/** Extent of an axis that is known to exist. */
export function extent(tensor: Tensor, axis: number): number {
  const size = tensor.shape[axis];
  if (size === undefined)
    throw new Error(`A tensor of rank ${String(tensor.shape.length)} has no axis ${String(axis)}.`);
  return size;
}
