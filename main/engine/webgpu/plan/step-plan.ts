/**
 * Builds the list of kernels of a step over named tensors, then turns it into buffers and prepared dispatches. Tensors are
 * persistent (weights, statistics, optimiser; `part` names a range of one), or live from their first to their last use and
 * share slots (buffer-slots.ts). Nothing is allocated once a plan is realised; counting bytes needs no device.
 */
/// <reference types="@webgpu/types" />
import { bytesPerElement, type KernelProgram, type Precision } from '../kernel-program.ts';
import type { BufferSlice, KernelRunner, RecordedKernel } from '../kernel-runner.ts';
import { assignSlots } from './buffer-slots.ts';

export type TensorKind = 'weights' | 'optimiser' | 'activations' | 'workspace';

export interface Tensor {
  readonly name: string;
  readonly elements: number;
  readonly precision: Precision;
  readonly byteLength: number;
  readonly kind: TensorKind;
  /** Kept for the engine's life, with a buffer of its own. */
  readonly isPersistent: boolean;
  /** For a range of another tensor: that tensor, and where the range begins. */
  readonly whole: Tensor | null;
  readonly byteOffset: number;
}

/** What part of a step a kernel belongs to, for the benchmark's table. */
export type StepPhase = 'augment' | 'forward' | 'backward' | 'update';

export interface PlannedKernel {
  readonly program: KernelProgram;
  readonly tensors: readonly Tensor[];
  readonly phase: StepPhase;
}

export type BytesByKind = Readonly<Record<TensorKind, number>>;

export class StepPlan {
  readonly kernels: PlannedKernel[] = [];
  private readonly tensors: Tensor[] = [];
  private phase: StepPhase = 'forward';

  /** Everything run from now on belongs to this phase. */
  begin(phase: StepPhase): void {
    this.phase = phase;
  }

  tensor(name: string, elements: number, precision: Precision, kind: TensorKind, isPersistent = false): Tensor {
    // Bindings are at least 16 bytes and whole words.
    const byteLength = Math.max(16, Math.ceil((elements * bytesPerElement(precision)) / 16) * 16);
    const tensor: Tensor = {
      name,
      elements,
      precision,
      byteLength,
      kind,
      isPersistent,
      whole: null,
      byteOffset: 0,
    };
    this.tensors.push(tensor);
    return tensor;
  }

  run(program: KernelProgram, ...tensors: readonly Tensor[]): void {
    if (tensors.length !== program.buffers.length) {
      throw new RangeError(`${program.name} takes ${program.buffers.length} buffers, not ${tensors.length}`);
    }
    this.kernels.push({ program, tensors, phase: this.phase });
  }

  /** Bytes of each kind; what shares a slot counts once, as activations when an activation is among the tenants. */
  bytes(): BytesByKind {
    const { slotBytes, kinds } = this.layout();
    const bytes = { weights: 0, optimiser: 0, activations: 0, workspace: 0 };
    slotBytes.forEach((size, slot) => (bytes[kinds[slot] ?? 'workspace'] += size));
    for (const tensor of this.tensors) if (tensor.isPersistent) bytes[tensor.kind] += tensor.byteLength;
    return bytes;
  }

  /** The largest range any kernel binds: must not exceed the adapter's limit. */
  largestBindingBytes(): number {
    return this.kernels.reduce(
      (largest, { tensors }) => tensors.reduce((most, { byteLength }) => Math.max(most, byteLength), largest),
      0,
    );
  }

  /** Allocates every buffer (zeroed) and prepares every kernel. `shared`: persistent buffers of another plan, by name. */
  realise(runner: KernelRunner, shared: ReadonlyMap<string, GPUBuffer> = new Map()): RealisedPlan {
    const { slotOf, slotBytes } = this.layout();
    const owned: GPUBuffer[] = [];
    const create = (size: number, label: string): GPUBuffer => {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = runner.device.createBuffer({ label, size, usage });
      owned.push(buffer);
      return buffer;
    };
    const slots = slotBytes.map((size, slot) => create(size, `slot ${slot}`));
    const persistent = new Map(shared);
    for (const { name, byteLength, isPersistent } of this.tensors) {
      if (isPersistent && !persistent.has(name)) persistent.set(name, create(byteLength, name));
    }
    const slice = (tensor: Tensor): BufferSlice => {
      const whole = tensor.whole ?? tensor;
      const buffer = whole.isPersistent ? persistent.get(whole.name) : slots[slotOf.get(whole) ?? -1];
      if (buffer === undefined) throw new RangeError(`${tensor.name} is used by no kernel`);
      return { buffer, offset: tensor.byteOffset, size: tensor.byteLength };
    };
    const kernels = this.kernels.map(({ program, tensors }) => runner.prepare(program, tensors.map(slice)));
    return { kernels, slice, persistent, owned };
  }

  private layout(): {
    slotOf: ReadonlyMap<Tensor, number>;
    slotBytes: readonly number[];
    kinds: readonly TensorKind[];
  } {
    const uses = new Map<Tensor, { first: number; last: number }>();
    this.kernels.forEach(({ tensors }, position) => {
      for (const tensor of tensors) {
        const whole = tensor.whole ?? tensor;
        if (whole.isPersistent) continue;
        const use = uses.get(whole);
        if (use === undefined) uses.set(whole, { first: position, last: position });
        else use.last = position;
      }
    });
    const passing = [...uses];
    const plan = assignSlots(
      passing.map(([{ byteLength }, { first, last }]) => ({ byteLength, firstUse: first, lastUse: last })),
    );
    const kinds = plan.slotBytes.map((): TensorKind => 'workspace');
    const slotOf = new Map<Tensor, number>();
    passing.forEach(([tensor], position) => {
      const slot = plan.slotOf[position] ?? 0;
      slotOf.set(tensor, slot);
      if (tensor.kind === 'activations') kinds[slot] = 'activations';
    });
    return { slotOf, slotBytes: plan.slotBytes, kinds };
  }
}

/** A range of a tensor. Byte offsets must suit the adapter's alignment (256 at most). */
export function partOf(whole: Tensor, name: string, firstElement: number, elements: number): Tensor {
  const bytes = bytesPerElement(whole.precision);
  const byteOffset = firstElement * bytes;
  if (byteOffset % 256 !== 0) throw new RangeError(`${name} begins at byte ${byteOffset}, no multiple of 256`);
  const byteLength = Math.max(16, Math.ceil((elements * bytes) / 16) * 16);
  return { ...whole, name, elements, byteLength, byteOffset, whole };
}

export interface RealisedPlan {
  readonly kernels: readonly RecordedKernel[];
  /** The buffer range of a tensor: persistent, or used by some kernel. */
  slice(tensor: Tensor): BufferSlice;
  /** Persistent buffers by name, shared ones included. */
  readonly persistent: ReadonlyMap<string, GPUBuffer>;
  /** Buffers to destroy with the plan. */
  readonly owned: readonly GPUBuffer[];
}
