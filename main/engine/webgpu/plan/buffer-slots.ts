/**
 * The static memory plan: which tensors of a step share a buffer. Tensors whose lifetimes do not overlap take turns in one slot;
 * a slot is as large as its largest tenant. Pure; nothing is allocated here. Buffers rather than one arena, because WebGPU
 * lets no dispatch read and write one buffer through two bindings.
 */

export interface TensorLifetime {
  readonly byteLength: number;
  /** Index of the first and last kernel that touches it. */
  readonly firstUse: number;
  readonly lastUse: number;
}

export interface SlotPlan {
  /** Slot of each tensor, in the order given. */
  readonly slotOf: readonly number[];
  /** Bytes of each slot. */
  readonly slotBytes: readonly number[];
}

/** Best fit over time: the smallest free slot that is large enough, else the largest free one made larger, else a new one. */
export function assignSlots(tensors: readonly TensorLifetime[]): SlotPlan {
  const order = [...tensors.keys()].sort((a, b) => {
    const [left, right] = [tensors[a], tensors[b]];
    return (
      (left?.firstUse ?? 0) - (right?.firstUse ?? 0) || (right?.byteLength ?? 0) - (left?.byteLength ?? 0) || a - b
    );
  });
  const slotBytes: number[] = [];
  const busyUntil: number[] = [];
  const slotOf = new Array<number>(tensors.length).fill(-1);
  for (const index of order) {
    const tensor = tensors[index];
    if (tensor === undefined) continue;
    const free = [...slotBytes.keys()].filter((slot) => (busyUntil[slot] ?? -1) < tensor.firstUse);
    const slot = chooseSlot(free, slotBytes, tensor.byteLength) ?? slotBytes.length;
    slotBytes[slot] = Math.max(slotBytes[slot] ?? 0, tensor.byteLength);
    busyUntil[slot] = tensor.lastUse;
    slotOf[index] = slot;
  }
  return { slotOf, slotBytes };
}

function chooseSlot(free: readonly number[], slotBytes: readonly number[], byteLength: number): number | null {
  let best: number | null = null;
  for (const slot of free) {
    const bytes = slotBytes[slot] ?? 0;
    const bestBytes = best === null ? 0 : (slotBytes[best] ?? 0);
    const fits = bytes >= byteLength;
    if (best === null) best = slot;
    else if (fits ? bestBytes < byteLength || bytes < bestBytes : bestBytes < byteLength && bytes > bestBytes)
      best = slot;
  }
  return best;
}
