/** What a training step will do, without a device: bytes by kind, operations and traffic of every kernel. */
import type { Objective } from '#common/domain/objective.ts';
import type { NetworkDefinition } from '../port.ts';
import type { Precision } from '../webgpu/kernel-program.ts';
import type { ProductFamily } from '../webgpu/kernels/index.ts';
import type { BytesByKind, PlannedKernel } from '../webgpu/plan/step-plan.ts';
import { planTraining } from '../webgpu/plan/training-plan.ts';
import { kernelTable, type KernelRow, type TimedKernel } from './kernel-table.ts';

export interface StepToPlan extends Objective {
  readonly network: NetworkDefinition;
  readonly viewPx: number;
  readonly batch: number;
  readonly precision: Precision;
}

export interface PlannedStep {
  readonly bytes: BytesByKind;
  readonly kernels: readonly KernelRow[];
}

const plain: ProductFamily = { kind: 'fma' };

/** With augmentation of tiles as large as the views. Bytes do not depend on the kernel family but for sums in parts. */
export function planStep(step: StepToPlan): PlannedStep {
  const { plan } = planTraining({ ...step, microBatches: 1, family: plain, tilePx: step.viewPx });
  return { bytes: plan.bytes(), kernels: kernelTable(plan.kernels.map((kernel) => timed(kernel, null))) };
}

/** A planned kernel as a line of the table. */
export function timed({ program, phase }: PlannedKernel, milliseconds: number | null): TimedKernel {
  const { name, label = '', floatOperations, byteLength } = program;
  return { name, label, phase, floatOperations, byteLength, milliseconds };
}
