/**
 * The losses of VICReg and Barlow Twins on triplets with their gradients with respect to the projections; formulas in
 * tfjs/decorrelation-loss.ts, constants in engine/decorrelation.ts. Projections are [views * batch][width], view after view.
 * Sums over pairs of features come from products of rows, so nothing of size width^2 is made: four small kernels.
 *   moments   mean and spread of every column of every view
 *   products  [view][batch][batch] products of centred (Barlow Twins: standardised) rows
 *   gradient  a column quad of a view at a time, with the columns' share of the loss
 *   total     one workgroup adds the loss up
 */
import { pairsOf, viewsOf, type Objective } from '#common/domain/objective.ts';
import { bytesPerElement, foldWorkgroups, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, quadsOf, type BufferText } from '../quad-text.ts';
import { barlowGradientText } from './barlow-wgsl.ts';
import { momentsText, productsText, totalText, tileSide, type DecorrelationText } from './shared-wgsl.ts';
import { vicregGradientText } from './vicreg-wgsl.ts';

export interface DecorrelationShape {
  readonly objective: Objective;
  /** Triplets, at least 2. */
  readonly batch: number;
  /** A multiple of 8: padding would count as features without spread. */
  readonly width: number;
  readonly precision: Precision;
}

export type DecorrelationBuffer =
  'projections' | 'scaler' | 'moments' | 'products' | 'columnLosses' | 'gradient' | 'rowLosses';

export interface DecorrelationKernels {
  /** In order, each with the names of its buffers. */
  readonly programs: readonly { readonly program: KernelProgram; readonly uses: readonly DecorrelationBuffer[] }[];
  /** float32 elements of the buffers that only these kernels use. */
  readonly elements: Readonly<Record<'moments' | 'products' | 'columnLosses', number>>;
}

/** `gradient` is that of the batch's loss times the loss scale; `rowLosses` f32 [batch] add up to loss * batch. */
export function decorrelationLoss(shape: DecorrelationShape): DecorrelationKernels {
  const { objective, batch, width, precision } = shape;
  const isVicreg = objective.method === 'vicreg';
  const views = viewsOf(objective).length;
  const quads = quadsOf(width);
  const text: DecorrelationText = { isVicreg, views, batch, quads, precision, pairs: pairsOf(objective) };
  const bytes = views * batch * width * bytesPerElement(precision);
  const types: Readonly<Record<DecorrelationBuffer, string>> = {
    projections: 'array<Quad>',
    scaler: 'array<f32>',
    moments: 'array<vec4<f32>>',
    products: 'array<f32>',
    columnLosses: 'array<f32>',
    gradient: 'array<Quad>',
    rowLosses: 'array<f32>',
  };
  const kernel = (
    name: string,
    reads: readonly DecorrelationBuffer[],
    writes: readonly DecorrelationBuffer[],
    wgsl: (text: DecorrelationText, buffers: readonly BufferText[]) => string,
    workgroups: number,
    cost: { readonly floatOperations: number; readonly byteLength: number },
  ): DecorrelationKernels['programs'][number] => {
    const buffers: BufferText[] = [
      ...reads.map((buffer): BufferText => [buffer, types[buffer], 'read']),
      ...writes.map((buffer): BufferText => [buffer, types[buffer], 'read_write']),
    ];
    const program: KernelProgram = {
      name: `decorrelation-${name}`,
      wgsl: wgsl(text, buffers),
      buffers: accessOf(buffers),
      uniforms: null,
      workgroups: foldWorkgroups(workgroups),
      ...cost,
    };
    return { program, uses: [...reads, ...writes] };
  };
  const rowPairs = views * batch * batch;
  const tiles = Math.ceil(batch / tileSide) ** 2;
  return {
    programs: [
      kernel('moments', ['projections'], ['moments'], momentsText, views * quads, {
        floatOperations: views * batch * width * 4,
        byteLength: bytes * 2,
      }),
      kernel('products', ['projections', 'moments'], ['products'], productsText, views * tiles, {
        floatOperations: rowPairs * width * 2,
        byteLength: bytes + rowPairs * 4,
      }),
      kernel(
        'gradient',
        ['projections', 'scaler', 'moments', 'products'],
        ['gradient', 'columnLosses'],
        isVicreg ? vicregGradientText : barlowGradientText,
        views * quads,
        { floatOperations: rowPairs * width * 2, byteLength: bytes * 2 + rowPairs * 4 },
      ),
      kernel('total', ['products', 'columnLosses'], ['rowLosses'], totalText, 1, {
        floatOperations: rowPairs * 2,
        byteLength: rowPairs * 4,
      }),
    ],
    elements: { moments: views * quads * 8, products: rowPairs, columnLosses: views * quads },
  };
}
