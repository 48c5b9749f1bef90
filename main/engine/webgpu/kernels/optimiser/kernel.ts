/**
 * The update of a step: overflow test of each gradient, SGD with momentum and weight decay on float32 masters, dynamic loss
 * scale. A step whose gradients overflowed changes nothing but the scale. Elements count one tensor; a dispatch each.
 *
 * scaler: f32 [8] = loss scale, good steps in a row, skips in a row, skips in all. overflow: u32, 1 when any gradient is
 * infinite or NaN. settings: f32 [8] = learning rate, predictor's learning rate, momentum, weight decay.
 * Memory: the test reads the gradient once; SGD reads gradient, master and momentum, writes the last two and the copy.
 */
import { foldWorkgroups, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, itemWorkgroups, type BufferText } from '../quad-text.ts';
import { accumulateText, overflowText, scalerText, sgdText, type LaneText } from './wgsl.ts';

function lanesOf(elements: number): LaneText {
  const vector = elements % 4 === 0;
  return { vector, items: vector ? elements / 4 : elements };
}

/** Buffers: gradient f32, overflow u32 (set to 1, never cleared here). Tests the bits: compilers may assume there are no NaN. */
export function overflowTest({ elements }: { readonly elements: number }): KernelProgram {
  const lanes = lanesOf(elements);
  const buffers: BufferText[] = [
    ['gradient', lanes.vector ? 'array<vec4<u32>>' : 'array<u32>', 'read'],
    ['overflow', 'array<atomic<u32>>', 'read_write'],
  ];
  return {
    name: 'overflow-test',
    wgsl: overflowText(lanes, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(lanes.items),
    floatOperations: elements,
    byteLength: elements * 4,
  };
}

/**
 * Buffers: part f32, sum f32 (rw). sum = part * share for the first part of a step, sum + part * share for the others; an
 * infinite or NaN part shows in the sum.
 */
export function accumulateGradients(options: {
  readonly elements: number;
  readonly share: number;
  readonly isFirst: boolean;
}): KernelProgram {
  const { elements, share, isFirst } = options;
  const lanes = lanesOf(elements);
  const values = lanes.vector ? 'array<vec4<f32>>' : 'array<f32>';
  const buffers: BufferText[] = [
    ['part', values, 'read'],
    ['sum', values, 'read_write'],
  ];
  return {
    name: 'accumulate-gradients',
    wgsl: accumulateText(lanes, share, isFirst, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(lanes.items),
    floatOperations: elements * 2,
    byteLength: elements * (isFirst ? 8 : 12),
  };
}

export interface SgdShape {
  readonly elements: number;
  readonly precision: Precision;
  /** Whose learning rate. */
  readonly group: 'base' | 'predictor';
}

/**
 * Buffers: gradient, master (rw), momentum (rw), settings, scaler, overflow, [copy in f16 for precision f16].
 * g = gradient / scale + decay * w; v = momentum * v + g; w -= rate * v. After an overflow only the copy is written.
 */
export function sgdUpdate({ elements, precision, group }: SgdShape): KernelProgram {
  const lanes = lanesOf(elements);
  const values = lanes.vector ? 'array<vec4<f32>>' : 'array<f32>';
  const buffers: BufferText[] = [
    ['gradient', values, 'read'],
    ['master', values, 'read_write'],
    ['momentum', values, 'read_write'],
    ['settings', 'array<f32>', 'read'],
    ['scaler', 'array<f32>', 'read'],
    ['overflow', 'array<u32>', 'read'],
  ];
  if (precision === 'f16') buffers.push(['copy', lanes.vector ? 'array<Quad>' : 'array<f16>', 'read_write']);
  return {
    name: 'sgd-update',
    wgsl: sgdText(lanes, group === 'base' ? 0 : 1, precision, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(lanes.items),
    floatOperations: elements * 7,
    byteLength: elements * (precision === 'f16' ? 22 : 20),
  };
}

/** Where a growing scale stops. */
const largestScale = 65_536;

/**
 * Buffers: scaler, overflow (reset to 0). Doubles after `growthInterval` good steps up to `maximumScale`, halves on overflow
 * down to 1. A maximum of 1 keeps the scale of a float32 run at 1.
 */
export function scalerUpdate(options: {
  readonly growthInterval: number;
  readonly maximumScale?: number;
}): KernelProgram {
  const buffers: BufferText[] = [
    ['scaler', 'array<f32>', 'read_write'],
    ['overflow', 'array<u32>', 'read_write'],
  ];
  return {
    name: 'scaler-update',
    wgsl: scalerText(options.growthInterval, options.maximumScale ?? largestScale, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(1),
    floatOperations: 4,
    byteLength: 64,
  };
}
