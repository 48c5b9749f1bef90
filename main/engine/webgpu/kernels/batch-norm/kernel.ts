/**
 * Batch norm, forward, in groups of consecutive rows (each view is a group): partial moments, statistics, one pass that
 * normalises with optional ReLU and residual. y = x * scale + shift with scale = gamma / sqrt(variance + 1e-5), biased
 * variance. Memory: partials read x once; apply reads x (and the residual) and writes y once. Backward: gradient-kernel.ts.
 *
 * statistics: f32 [groups][4][channels] = mean, inverse standard deviation, scale, shift.
 * partials: f32 [groups][parts][2][channels] = sum, squared deviations from the part's own mean.
 */
import { bytesPerElement, foldWorkgroups, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, itemWorkgroups, quadsOf, type BufferText } from '../quad-text.ts';
import { rowGrid, type RowGrid } from './row-grid.ts';
import { applyText, finishText, fromRunningText, partialsText, type ApplyText } from './wgsl.ts';

export interface NormShape {
  readonly images: number;
  readonly rowsPerImage: number;
  /** Padded to 8. */
  readonly channels: number;
  /** Divides `images`. */
  readonly groups: number;
  readonly precision: Precision;
}

export interface PartialsKernel {
  readonly program: KernelProgram;
  readonly partsPerGroup: number;
  readonly rowsPerPart: number;
  /** Length of `partials` in float32 elements. */
  readonly partialsElements: number;
}

export function rowsPerGroupOf({ images, rowsPerImage, groups }: NormShape): number {
  const rows = (images * rowsPerImage) / groups;
  if (!Number.isInteger(images / groups)) throw new RangeError(`${images} images do not make ${groups} equal groups`);
  return rows;
}

export function gridOf(shape: NormShape, least: number, most: number): RowGrid {
  return rowGrid({ ...shape, rowsPerGroup: rowsPerGroupOf(shape) }, { least, most });
}

export function elementsOf({ images, rowsPerImage, channels }: NormShape): number {
  return images * rowsPerImage * channels;
}

export function partialsKernel(grid: RowGrid, channels: number, program: KernelProgram): PartialsKernel {
  const { groups, partsPerGroup, rowsPerPart } = grid;
  return { program, partsPerGroup, rowsPerPart, partialsElements: groups * partsPerGroup * 2 * channels };
}

/** Buffers: x, partials. */
export function batchNormPartials(shape: NormShape): PartialsKernel {
  const grid = gridOf(shape, 4, 64);
  const buffers: BufferText[] = [
    ['x', 'array<Quad>', 'read'],
    ['partials', 'array<vec4<f32>>', 'read_write'],
  ];
  const elements = elementsOf(shape);
  return partialsKernel(grid, shape.channels, {
    name: 'batch-norm-partials',
    wgsl: partialsText(grid, shape.precision, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(grid.workgroups),
    floatOperations: elements * 4,
    byteLength: elements * bytesPerElement(shape.precision),
  });
}

export interface NormFinishShape {
  readonly groups: number;
  readonly partsPerGroup: number;
  readonly rowsPerPart: number;
  readonly rowsPerGroup: number;
  readonly channels: number;
}

/**
 * Buffers: partials, gamma, beta, statistics, running f32 [2][channels] (mean, variance; updated by 0.1 with the unbiased
 * variance, groups in order, as PyTorch called once a view).
 */
export function batchNormFinish(shape: NormFinishShape): KernelProgram {
  const quads = quadsOf(shape.channels);
  const buffers: BufferText[] = [
    ['partials', 'array<vec4<f32>>', 'read'],
    ['gamma', 'array<vec4<f32>>', 'read'],
    ['beta', 'array<vec4<f32>>', 'read'],
    ['statistics', 'array<vec4<f32>>', 'read_write'],
    ['running', 'array<vec4<f32>>', 'read_write'],
  ];
  const entries = shape.groups * shape.partsPerGroup * 2 * shape.channels;
  return {
    name: 'batch-norm-finish',
    wgsl: finishText({ ...shape, quads }, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(quads / 2),
    floatOperations: entries * 4,
    byteLength: entries * 4,
  };
}

/** Evaluation mode. Buffers: running, gamma, beta, statistics (one group). */
export function batchNormFromRunning({ channels }: { readonly channels: number }): KernelProgram {
  const quads = quadsOf(channels);
  const buffers: BufferText[] = [
    ['running', 'array<vec4<f32>>', 'read'],
    ['gamma', 'array<vec4<f32>>', 'read'],
    ['beta', 'array<vec4<f32>>', 'read'],
    ['statistics', 'array<vec4<f32>>', 'read_write'],
  ];
  return {
    name: 'batch-norm-from-running',
    wgsl: fromRunningText(quads, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(quads),
    floatOperations: channels * 5,
    byteLength: channels * 32,
  };
}

/** Buffers: x, statistics, y, [residual], [residualStatistics]. y = relu?(x * scale + shift + residual term). */
export function batchNormApply(shape: NormShape & ApplyText): KernelProgram {
  const grid = gridOf(shape, 1, 16);
  const buffers: BufferText[] = [
    ['x', 'array<Quad>', 'read'],
    ['statistics', 'array<vec4<f32>>', 'read'],
    ['y', 'array<Quad>', 'read_write'],
  ];
  if (shape.residual !== 'none') buffers.push(['residual', 'array<Quad>', 'read']);
  if (shape.residual === 'normalised') buffers.push(['residualStatistics', 'array<vec4<f32>>', 'read']);
  const elements = elementsOf(shape);
  return {
    name: `batch-norm-apply${shape.residual === 'none' ? '' : '-residual'}`,
    wgsl: applyText(grid, shape.precision, shape, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(grid.workgroups),
    floatOperations: elements * (shape.residual === 'none' ? 3 : 5),
    byteLength: elements * bytesPerElement(shape.precision) * (shape.residual === 'none' ? 2 : 3),
  };
}
