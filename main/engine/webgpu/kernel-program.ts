/**
 * One compute program as a plain value: what forces a recompile (WGSL text) apart from what is data (uniforms, buffers).
 * Kernels are pure functions that return these; only kernel-runner.ts talks to the device.
 *
 * Layouts shared by all kernels. Activations: NHWC, [images, height, width, channels], channels a multiple of 8 (`padChannels`,
 * padding holds zeros), element type `precision`. The three views lie one after the other: image i belongs to batch-norm group
 * floor(i / imagesPerGroup). Weights: [kernelY][kernelX][inChannels padded][outChannels] row-major; float32 master and gradient,
 * and a copy in `precision` that the products read. Statistics, losses and accumulators: float32.
 */

/** Element type of activations and of the weights' copies. Sums are float32 in both. */
export type Precision = 'f32' | 'f16';

export type BufferAccess = 'read' | 'read_write';

export interface KernelProgram {
  /** e.g. "convolution-forward"; shown in the kernel table. */
  readonly name: string;
  /** The shape in words, for the kernel table. */
  readonly label?: string;
  /** Complete WGSL; also the key of the pipeline cache. Entry point `main`, all buffers in @group(0) in order of `buffers`. */
  readonly wgsl: string;
  /** Access of each storage buffer, binding 0, 1, ... */
  readonly buffers: readonly BufferAccess[];
  /** Contents of the uniform buffer bound after the storage buffers, or null. Multiple of 16 bytes. */
  readonly uniforms: ArrayBuffer | null;
  /** At most 65,535 in each dimension: kernels fold larger grids themselves. */
  readonly workgroups: readonly [number, number, number];
  /** For the kernel table: floating-point operations and bytes read plus written, counted once each. */
  readonly floatOperations: number;
  readonly byteLength: number;
}

/** Channels are stored in multiples of 8. */
export function padChannels(channels: number): number {
  return Math.ceil(channels / 8) * 8;
}

/** Bytes of one element. */
export function bytesPerElement(precision: Precision): number {
  return precision === 'f16' ? 2 : 4;
}

/** Largest number of workgroups in one dimension that WebGPU guarantees. */
export const maximumWorkgroups = 65_535;

/** A grid of `count` workgroups folded into two dimensions; the kernel computes x + y * gridWidth and returns past `count`. */
export function foldWorkgroups(count: number): readonly [number, number, number] {
  const width = Math.min(count, maximumWorkgroups);
  return [width, Math.ceil(count / width), 1];
}
