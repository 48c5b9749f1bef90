/**
 * Batch norm, backward, with the mask of the ReLU behind it. With xhat = (x - mean) * inverse and g the gradient behind the
 * mask: dgamma = sum(g * xhat), dbeta = sum(g), dx = scale * (g - mean(g) - xhat * mean(g * xhat)), means per group.
 * Memory: partials read gradient and x (and the output when it is the mask) once; apply reads both and writes dx once.
 *
 * partials: f32 [groups][parts][2][channels] = sum g, sum g * xhat. sums: f32 [groups][2][channels] = their means.
 */
import { bytesPerElement, foldWorkgroups, type KernelProgram } from '../../kernel-program.ts';
import { accessOf, quadsOf, type BufferText } from '../quad-text.ts';
import { gradientApplyText, gradientFinishText, gradientPartialsText, type GradientMask } from './gradient-wgsl.ts';
import {
  elementsOf,
  gridOf,
  partialsKernel,
  type NormFinishShape,
  type NormShape,
  type PartialsKernel,
} from './kernel.ts';

/**
 * Buffers: gradient (read_write when `writeMasked`: g is written back), x, statistics, partials, [output for mask 'output'].
 * g is zero where `mask` is not positive: 'normalised' x * scale + shift, 'output' the stored output.
 */
export function batchNormGradientPartials(
  shape: NormShape & { readonly mask: GradientMask; readonly writeMasked: boolean },
): PartialsKernel {
  const grid = gridOf(shape, 4, 64);
  const buffers: BufferText[] = [
    ['gradient', 'array<Quad>', shape.writeMasked ? 'read_write' : 'read'],
    ['x', 'array<Quad>', 'read'],
    ['statistics', 'array<vec4<f32>>', 'read'],
    ['partials', 'array<vec4<f32>>', 'read_write'],
  ];
  if (shape.mask === 'output') buffers.push(['output', 'array<Quad>', 'read']);
  const elements = elementsOf(shape);
  const passes = 2 + (shape.mask === 'output' ? 1 : 0) + (shape.writeMasked ? 1 : 0);
  return partialsKernel(grid, shape.channels, {
    name: 'batch-norm-gradient-partials',
    wgsl: gradientPartialsText(grid, shape.precision, shape, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(grid.workgroups),
    floatOperations: elements * 7,
    byteLength: elements * bytesPerElement(shape.precision) * passes,
  });
}

/** Buffers: partials, sums, gammaGradient, betaGradient (both overwritten, summed over the groups). */
export function batchNormGradientFinish(shape: Omit<NormFinishShape, 'rowsPerPart'>): KernelProgram {
  const quads = quadsOf(shape.channels);
  const buffers: BufferText[] = [
    ['partials', 'array<vec4<f32>>', 'read'],
    ['sums', 'array<vec4<f32>>', 'read_write'],
    ['gammaGradient', 'array<vec4<f32>>', 'read_write'],
    ['betaGradient', 'array<vec4<f32>>', 'read_write'],
  ];
  const entries = shape.groups * shape.partsPerGroup * 2 * shape.channels;
  return {
    name: 'batch-norm-gradient-finish',
    wgsl: gradientFinishText({ ...shape, quads }, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(quads / 2),
    floatOperations: entries,
    byteLength: entries * 4,
  };
}

/** Buffers: gradient (read_write when `inPlace`), x, statistics, sums, [inputGradient when not `inPlace`]. */
export function batchNormGradientApply(
  shape: NormShape & { readonly mask: 'none' | 'normalised'; readonly inPlace: boolean },
): KernelProgram {
  const grid = gridOf(shape, 1, 16);
  const buffers: BufferText[] = [
    ['gradient', 'array<Quad>', shape.inPlace ? 'read_write' : 'read'],
    ['x', 'array<Quad>', 'read'],
    ['statistics', 'array<vec4<f32>>', 'read'],
    ['sums', 'array<vec4<f32>>', 'read'],
  ];
  if (!shape.inPlace) buffers.push(['inputGradient', 'array<Quad>', 'read_write']);
  const elements = elementsOf(shape);
  return {
    name: 'batch-norm-gradient-apply',
    wgsl: gradientApplyText(grid, shape.precision, shape, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(grid.workgroups),
    floatOperations: elements * 8,
    byteLength: elements * bytesPerElement(shape.precision) * 3,
  };
}
