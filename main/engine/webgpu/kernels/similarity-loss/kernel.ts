/**
 * The losses of SimTriplet and SimSiam with stop-gradient, the spread of the projections, and what a step reports. Predictions
 * p and projections z are [views * batch][width], view after view as in engine/objective.ts. A triplet's loss is the sum over
 * its pairs (a, b) of -weight / 2 times the cosines (pa, zb) and (pb, za). dcos/dp = z / (|p| |z|) - cos * p / |p|^2; norms are at least 1e-8, as in PyTorch.
 * Memory: the loss reads p and z twice (the second time from cache) and writes the gradient once.
 */
import { pairsOf, viewsOf, type Objective } from '#common/domain/objective.ts';
import { bytesPerElement, foldWorkgroups, type KernelProgram, type Precision } from '../../kernel-program.ts';
import { accessOf, quadsOf, type BufferText } from '../quad-text.ts';
import { columnsText, lengthsText, lossText, meanText, stepResultText } from './wgsl.ts';

export interface LossShape {
  readonly objective: Objective;
  /** Triplets. */
  readonly batch: number;
  /** Padded to 8; padding holds zeros. */
  readonly width: number;
  readonly precision: Precision;
}

/**
 * Buffers: predictions, projections, scaler, gradient (with respect to the predictions of the batch's mean loss, times the
 * loss scale), rowLosses f32 [batch].
 */
export function similarityLoss(shape: LossShape): KernelProgram {
  const { batch, precision } = shape;
  const views = viewsOf(shape.objective).length === 3 ? 3 : 2;
  // Pairs are (0, 1) and (0, 2): the second always weighs 1.
  const weight = pairsOf(shape.objective)[0]?.weight ?? 1;
  const buffers: BufferText[] = [
    ['predictions', 'array<Quad>', 'read'],
    ['projections', 'array<Quad>', 'read'],
    ['scaler', 'array<f32>', 'read'],
    ['gradient', 'array<Quad>', 'read_write'],
    ['rowLosses', 'array<f32>', 'read_write'],
  ];
  const elements = views * batch * shape.width;
  return {
    name: 'similarity-loss',
    wgsl: lossText({ batch, quads: quadsOf(shape.width), precision }, views, weight, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(batch),
    floatOperations: elements * 12,
    byteLength: elements * 3 * bytesPerElement(precision),
  };
}

export interface SpreadKernels {
  /** In order, each with the names of its buffers. */
  readonly programs: readonly {
    readonly program: KernelProgram;
    readonly uses: readonly ('projections' | 'workspace' | 'result')[];
  }[];
  /** float32 elements of `workspace`. */
  readonly workspaceElements: number;
}

/**
 * Mean over dimensions of the population standard deviation over the batch of the L2-normalised rows of view 1. `result` is
 * one float32.
 */
export function normalisedSpread(shape: Omit<LossShape, 'objective'>): SpreadKernels {
  const { batch, width, precision } = shape;
  const quads = quadsOf(width);
  const text = { batch, quads, precision };
  const projections: BufferText = ['projections', 'array<Quad>', 'read'];
  const bytes = batch * width * bytesPerElement(precision);
  const program = (
    name: string,
    buffers: readonly BufferText[],
    wgsl: (shape: typeof text, buffers: readonly BufferText[]) => string,
    workgroups: number,
    byteLength: number,
  ): KernelProgram => ({
    name: `spread-${name}`,
    wgsl: wgsl(text, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: foldWorkgroups(workgroups),
    floatOperations: batch * width * 2,
    byteLength,
  });
  const writeWorkspace: BufferText = ['workspace', 'array<f32>', 'read_write'];
  const mean: readonly BufferText[] = [
    ['workspace', 'array<f32>', 'read'],
    ['result', 'array<f32>', 'read_write'],
  ];
  return {
    programs: [
      {
        program: program('lengths', [projections, writeWorkspace], lengthsText, batch, bytes),
        uses: ['projections', 'workspace'],
      },
      {
        program: program('columns', [projections, writeWorkspace], columnsText, quads, bytes * 2),
        uses: ['projections', 'workspace'],
      },
      { program: program('mean', mean, meanText, 1, quads * 4), uses: ['workspace', 'result'] },
    ],
    workspaceElements: batch + quads,
  };
}

export interface StepResultShape {
  /** Length of `rowLosses`; rows that are not in use hold 0. */
  readonly rows: number;
  /** Triplets of the step, what the sum is divided by. */
  readonly batch: number;
  readonly spread: boolean;
}

/**
 * Buffers: rowLosses, [spread f32], scaler, overflow, results f32 [8]: loss (batch mean), zStd (0 without spread), skipped 0/1,
 * loss scale used, skips in a row including this step. Runs before `scalerUpdate`, which resets the overflow.
 */
export function stepResult({ rows, batch, spread }: StepResultShape): KernelProgram {
  const buffers: BufferText[] = [['rowLosses', 'array<f32>', 'read']];
  if (spread) buffers.push(['spread', 'array<f32>', 'read']);
  buffers.push(
    ['scaler', 'array<f32>', 'read'],
    ['overflow', 'array<u32>', 'read'],
    ['results', 'array<f32>', 'read_write'],
  );
  return {
    name: 'step-result',
    wgsl: stepResultText(rows, batch, spread, buffers),
    buffers: accessOf(buffers),
    uniforms: null,
    workgroups: [1, 1, 1],
    floatOperations: rows,
    byteLength: rows * 4,
  };
}
