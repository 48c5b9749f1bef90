/** A plan's bytes as the port reports them, whether they can fit, and what would. WebGPU tells limits, not free memory. */
import type { MemoryPlan } from '../port.ts';
import type { AdapterSummary } from './open-device.ts';
import type { BytesByKind } from './plan/step-plan.ts';

export interface PlannedMemory {
  readonly bytes: BytesByKind;
  readonly largestBindingBytes: number;
}

/** `fits` is false when one tensor is larger than the adapter binds; null otherwise: the allocation itself will tell. */
export function describeMemory(
  { bytes, largestBindingBytes }: PlannedMemory,
  adapter: Pick<AdapterSummary, 'maximumBindingBytes' | 'description'>,
  batch: number,
): MemoryPlan {
  const plan = {
    weightBytes: bytes.weights,
    optimiserBytes: bytes.optimiser,
    activationBytes: bytes.activations,
    workspaceBytes: bytes.workspace,
    totalBytes: bytes.weights + bytes.optimiser + bytes.activations + bytes.workspace,
  };
  if (largestBindingBytes <= adapter.maximumBindingBytes) return { ...plan, fits: null, advice: null };
  // Activations grow with the batch; a weight tensor does not, but no weight of these networks comes near any limit.
  let fitting = batch;
  while (fitting > 2 && (largestBindingBytes * fitting) / batch > adapter.maximumBindingBytes) fitting >>= 1;
  const mebibytes = (value: number): string => Math.ceil(value / 2 ** 20).toLocaleString('en');
  const advice =
    `A step with batch ${batch} needs one block of ${mebibytes(largestBindingBytes)} MiB; ${adapter.description} ` +
    `gives at most ${mebibytes(adapter.maximumBindingBytes)} MiB. Batch ${fitting} fits.`;
  return { ...plan, fits: false, advice };
}
