/**
 * Weighted softmax cross-entropy of a network that learns classes, and its gradient with respect to the logits:
 * weight * (p - [is the class]) / batch, times the loss scale. A row's few classes are one thread's work.
 * Memory: reads the logits three times (from cache after the first) and writes the gradient once.
 */
import { bytesPerElement, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, itemWorkgroups, quadsOf, type BufferText } from '../quad-text.ts';
import { crossEntropyText } from './wgsl.ts';

export interface CrossEntropyShape {
  readonly batch: number;
  /** Padded to 8; logits from `classes` on are padding and get no gradient. */
  readonly width: number;
  readonly classes: number;
  readonly precision: Precision;
}

/** Buffers: logits, targets f32 [batch][2] (class, weight), scaler, gradient, rowLosses f32 [batch]. */
export function crossEntropy({ batch, width, classes, precision }: CrossEntropyShape): KernelProgram {
  const buffers: BufferText[] = [
    ['logits', 'array<Quad>', 'read'],
    ['targets', 'array<vec2<f32>>', 'read'],
    ['scaler', 'array<f32>', 'read'],
    ['gradient', 'array<Quad>', 'read_write'],
    ['rowLosses', 'array<f32>', 'read_write'],
  ];
  return {
    name: 'cross-entropy',
    wgsl: crossEntropyText({ batch, quads: quadsOf(width), classes, precision }, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: itemWorkgroups(batch),
    floatOperations: batch * classes * 10,
    byteLength: batch * width * 4 * bytesPerElement(precision),
  };
}
