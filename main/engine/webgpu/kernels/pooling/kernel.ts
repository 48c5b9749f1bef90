/**
 * Max pooling 3x3, stride 2, padding 1 (behind the stem) and global average pooling, each with its gradient. With an input
 * transform the stem's batch norm and ReLU happen while the values are loaded, so that they are never stored.
 * Memory: max pool reads x once (neighbouring windows hit the cache) and writes a quarter; its gradient reads x and the
 * gradient and writes every input gradient once (gather form, no atomics). Padding never wins.
 */
import { bytesPerElement, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, itemWorkgroups, quadsOf, type BufferText } from '../quad-text.ts';
import {
  averagePoolGradientText,
  averagePoolText,
  maxPoolGradientText,
  maxPoolText,
  type MaxPoolText,
} from './wgsl.ts';

export interface MaxPoolShape {
  readonly images: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
  readonly precision: Precision;
  /** relu(x * scale + shift), rounded to `precision`, instead of x. */
  readonly inputTransform: { readonly imagesPerGroup: number } | null;
}

/** Half the size, rounded up. */
export function maxPoolOutput(shape: Pick<MaxPoolShape, 'inHeight' | 'inWidth'>): { height: number; width: number } {
  return { height: Math.ceil(shape.inHeight / 2), width: Math.ceil(shape.inWidth / 2) };
}

/** Buffers: x, y, [inputStatistics]. */
export function maxPool(shape: MaxPoolShape): KernelProgram {
  const buffers: BufferText[] = [
    ['x', 'array<Quad>', 'read'],
    ['y', 'array<Quad>', 'read_write'],
  ];
  return maxPoolProgram('max-pool', shape, buffers, maxPoolText, 1.25);
}

/**
 * Buffers: x, outputGradient, inputGradient, [inputStatistics]. The gradient goes to the first largest value in scan order, as
 * in PyTorch; with a transform it is the gradient of the rectified value.
 */
export function maxPoolGradient(shape: MaxPoolShape): KernelProgram {
  const buffers: BufferText[] = [
    ['x', 'array<Quad>', 'read'],
    ['outputGradient', 'array<Quad>', 'read'],
    ['inputGradient', 'array<Quad>', 'read_write'],
  ];
  return maxPoolProgram('max-pool-gradient', shape, buffers, maxPoolGradientText, 2.25);
}

function maxPoolProgram(
  name: string,
  shape: MaxPoolShape,
  buffers: BufferText[],
  wgsl: (shape: MaxPoolText, buffers: readonly BufferText[]) => string,
  passes: number,
): KernelProgram {
  if (shape.inputTransform !== null) buffers.push(['inputStatistics', 'array<vec4<f32>>', 'read']);
  const quads = quadsOf(shape.channels);
  const { height: outHeight, width: outWidth } = maxPoolOutput(shape);
  const imagesPerGroup = shape.inputTransform?.imagesPerGroup ?? null;
  const elements = shape.images * shape.inHeight * shape.inWidth * shape.channels;
  return {
    name,
    wgsl: wgsl({ ...shape, outHeight, outWidth, quads, imagesPerGroup }, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(shape.images * outHeight * outWidth * quads),
    floatOperations: (elements * 9) / 4,
    byteLength: elements * bytesPerElement(shape.precision) * passes,
  };
}

export interface AveragePoolShape {
  readonly images: number;
  readonly rowsPerImage: number;
  readonly channels: number;
  readonly precision: Precision;
}

/** Buffers: x, y [images][channels]. */
export function averagePool(shape: AveragePoolShape): KernelProgram {
  return averagePoolProgram('average-pool', shape, ['x', 'y'], averagePoolText);
}

/** Buffers: outputGradient [images][channels], inputGradient. */
export function averagePoolGradient(shape: AveragePoolShape): KernelProgram {
  return averagePoolProgram(
    'average-pool-gradient',
    shape,
    ['outputGradient', 'inputGradient'],
    averagePoolGradientText,
  );
}

function averagePoolProgram(
  name: string,
  shape: AveragePoolShape,
  [from, to]: readonly [string, string],
  wgsl: typeof averagePoolText,
): KernelProgram {
  const quads = quadsOf(shape.channels);
  const buffers: BufferText[] = [
    [from, 'array<Quad>', 'read'],
    [to, 'array<Quad>', 'read_write'],
  ];
  const outputs = shape.images * shape.channels;
  return {
    name,
    wgsl: wgsl({ ...shape, quads }, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(shape.images * quads),
    floatOperations: outputs * shape.rowsPerImage,
    byteLength: outputs * (shape.rowsPerImage + 1) * bytesPerElement(shape.precision),
  };
}
