/**
 * Builds the list of kernels of a step over named tensors, then turns it into buffers and prepared dispatches. Tensors are
 * either persistent (weights, statistics, optimiser) or live from their first to their last use and share slots
 * (buffer-slots.ts). Nothing is allocated once a plan is realised.
 */
/// <reference types="@webgpu/types" />
import { assignSlots } from './buffer-slots.ts';
import { bytesPerElement, type KernelProgram, type Precision } from './kernel-program.ts';
import type { BufferSlice, KernelRunner, RecordedKernel } from './kernel-runner.ts';

export type TensorKind = 'weights' | 'optimiser' | 'activations' | 'workspace';

export interface Tensor {
  readonly index: number;
  readonly name: string;
  readonly elements: number;
  readonly precision: Precision;
  readonly byteLength: number;
  readonly kind: TensorKind;
  /** Kept for the engine's life, with a buffer of its own. */
  readonly isPersistent: boolean;
}

export interface PlannedKernel {
  readonly program: KernelProgram;
  readonly tensors: readonly Tensor[];
}

export type BytesByKind = Readonly<Record<TensorKind, number>>;

export class StepPlan {
  readonly tensors: Tensor[] = [];
  readonly kernels: PlannedKernel[] = [];

  tensor(name: string, elements: number, precision: Precision, kind: TensorKind, isPersistent = false): Tensor {
    // Bindings are at least 16 bytes and whole words.
    const byteLength = Math.max(16, Math.ceil((elements * bytesPerElement(precision)) / 16) * 16);
    const tensor: Tensor = { index: this.tensors.length, name, elements, precision, byteLength, kind, isPersistent };
    this.tensors.push(tensor);
    return tensor;
  }

  run(program: KernelProgram, ...tensors: readonly Tensor[]): void {
    if (tensors.length !== program.buffers.length) {
      throw new RangeError(`${program.name} takes ${program.buffers.length} buffers, not ${tensors.length}`);
    }
    this.kernels.push({ program, tensors });
  }

  /** Bytes of each kind; what shares slots counts once, as activations when an activation is among the tenants. */
  bytes(): BytesByKind {
    const { slotBytes, kinds } = this.layout();
    const bytes = { weights: 0, optimiser: 0, activations: 0, workspace: 0 };
    slotBytes.forEach((size, slot) => (bytes[kinds[slot] ?? 'workspace'] += size));
    for (const tensor of this.tensors) if (tensor.isPersistent) bytes[tensor.kind] += tensor.byteLength;
    return bytes;
  }

  /** Allocates every buffer (zeroed) and prepares every kernel. */
  realise(runner: KernelRunner, shared: ReadonlyMap<string, GPUBuffer> = new Map()): RealisedPlan {
    const { slotOf, slotBytes } = this.layout();
    const create = (size: number, label: string): GPUBuffer =>
      runner.device.createBuffer({
        label,
        size,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
    const owned: GPUBuffer[] = [];
    const keep = (buffer: GPUBuffer): GPUBuffer => {
      owned.push(buffer);
      return buffer;
    };
    const slots = slotBytes.map((size, slot) => keep(create(size, `slot ${slot}`)));
    const buffers = this.tensors.map((tensor) => {
      if (!tensor.isPersistent) return slots[slotOf.get(tensor.index) ?? -1];
      return shared.get(tensor.name) ?? keep(create(tensor.byteLength, tensor.name));
    });
    const slice = (tensor: Tensor): BufferSlice => {
      const buffer = buffers[tensor.index];
      if (buffer === undefined) throw new RangeError(`${tensor.name} is used by no kernel`);
      return { buffer, offset: 0, size: tensor.byteLength };
    };
    const kernels = this.kernels.map(({ program, tensors }) => runner.prepare(program, tensors.map(slice)));
    return { kernels, slice, owned };
  }

  private layout(): {
    slotOf: ReadonlyMap<number, number>;
    slotBytes: readonly number[];
    kinds: readonly TensorKind[];
  } {
    const first = new Map<number, number>();
    const last = new Map<number, number>();
    this.kernels.forEach(({ tensors }, position) => {
      for (const { index } of tensors) {
        if (!first.has(index)) first.set(index, position);
        last.set(index, position);
      }
    });
    const passing = this.tensors.filter((tensor) => !tensor.isPersistent && first.has(tensor.index));
    const plan = assignSlots(
      passing.map(({ index, byteLength }) => ({
        byteLength,
        firstUse: first.get(index) ?? 0,
        lastUse: last.get(index) ?? 0,
      })),
    );
    const kinds = plan.slotBytes.map((_, slot): TensorKind =>
      passing.some((tensor, position) => plan.slotOf[position] === slot && tensor.kind === 'activations')
        ? 'activations'
        : 'workspace',
    );
    const slotOf = new Map(passing.map((tensor, position) => [tensor.index, plan.slotOf[position] ?? 0]));
    return { slotOf, slotBytes: plan.slotBytes, kinds };
  }
}

export interface RealisedPlan {
  readonly kernels: readonly RecordedKernel[];
  /** The buffer of a tensor that some kernel uses. */
  slice(tensor: Tensor): BufferSlice;
  /** Buffers to destroy with the engine. */
  readonly owned: readonly GPUBuffer[];
}
