/**
 * Bytes of one training step, from shapes alone. Activations are what the backward pass needs (input and output of every
 * batch norm, the folded images, the pooling's winners); workspace is the largest moment of the backward pass beside them.
 * An estimate: the allocator's own overhead is covered by `headroom`.
 */
import {
  backboneLayers,
  elementCount,
  parameterSpecifications,
  predictorLayers,
  projectorLayers,
} from '../network-parameters.ts';
import { viewsOf, type Objective } from '#common/domain/objective.ts';
import type { MemoryPlan, NetworkDefinition } from '../port.ts';
import type { BackendName } from './select-backend.ts';

export interface MemoryPlanInput extends Objective {
  readonly network: NetworkDefinition;
  readonly batch: number;
  readonly viewPx: number;
  readonly backend: BackendName;
}

const bytesPerValue = 4;
const headroom = 1.1;
/** The wasm build may grow to 4 GiB, but passes addresses as signed 32-bit integers: beyond 2 GiB is not relied on. */
const wasmMemoryBytes = 2 ** 31;

interface ActivationCount {
  readonly kept: number;
  readonly largest: number;
}

/** Values of one image: kept until the backward pass, and the largest single tensor. */
function activationsPerImage(network: NetworkDefinition, viewPx: number): ActivationCount {
  const { stem, blocks } = backboneLayers(network);
  let side = Math.ceil(viewPx / 2);
  let kept = (side + 3) ** 2 * 12 + 2 * side ** 2 * stem.outputs;
  let largest = side ** 2 * stem.outputs;
  side = Math.ceil(side / 2);
  kept += 2 * side ** 2 * stem.outputs;
  for (const block of blocks) {
    let inside = side;
    for (const layer of block.convolutions) {
      largest = Math.max(largest, inside ** 2 * layer.inputs, layer.stride > 1 ? inside ** 2 * layer.outputs : 0);
      inside = Math.ceil(inside / layer.stride);
      kept += 2 * inside ** 2 * layer.outputs;
      largest = Math.max(largest, inside ** 2 * layer.outputs);
    }
    if (block.shortcut !== null) kept += inside ** 2 * (2 * block.shortcut.outputs + block.shortcut.inputs);
    side = inside;
  }
  for (const layer of [...projectorLayers(network), ...predictorLayers(network)]) kept += 2 * layer.outputs;
  return { kept, largest };
}

function bytesOf(input: MemoryPlanInput, batch: number): Omit<MemoryPlan, 'fits' | 'advice'> & { deviceBytes: number } {
  const images = batch * viewsOf(input).length;
  const { kept, largest } = activationsPerImage(input.network, input.viewPx);
  const specifications = parameterSpecifications(input.network);
  const parameters = specifications.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const largestParameter = Math.max(...specifications.map(({ shape }) => elementCount(shape)));
  const weightBytes = parameters * bytesPerValue;
  // Momentum and the gradients of the step.
  const optimiserBytes = 2 * weightBytes;
  const activationBytes = Math.ceil(images * kept * bytesPerValue * headroom);
  // Gradients in flight (incoming, behind ReLU, outgoing, residual) and a filter with its packed copy.
  const workspaceBytes = Math.ceil((4 * images * largest + 3 * largestParameter) * bytesPerValue * headroom);
  return {
    weightBytes,
    optimiserBytes,
    activationBytes,
    workspaceBytes,
    totalBytes: weightBytes + optimiserBytes + activationBytes + workspaceBytes,
    deviceBytes: activationBytes + workspaceBytes,
  };
}

/** `fits` is known for wasm only, whose memory has a fixed limit; weights and momentum lie outside it. */
export function planMemory(input: MemoryPlanInput): MemoryPlan {
  const { deviceBytes, ...bytes } = bytesOf(input, input.batch);
  if (input.backend !== 'wasm') return { ...bytes, fits: null, advice: null };
  if (deviceBytes <= wasmMemoryBytes) return { ...bytes, fits: true, advice: null };
  let batch = input.batch;
  while (batch > 2 && bytesOf(input, batch).deviceBytes > wasmMemoryBytes) batch = Math.floor(batch / 2);
  const needed = `A step with batch ${String(input.batch)} needs about ${String(Math.ceil(deviceBytes / 2 ** 20))} MiB; WebAssembly has 2,048 MiB.`;
  const advice =
    bytesOf(input, batch).deviceBytes <= wasmMemoryBytes
      ? `${needed} Batch ${String(batch)} fits.`
      : `${needed} Choose a smaller tile or the resnet18-narrow network.`;
  return { ...bytes, fits: false, advice };
}
