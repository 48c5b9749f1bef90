/**
 * Where every parameter and batch-norm buffer lies: one arena for all weights (with twins for gradient, momentum and the
 * 16-bit copy at the same element offsets), one for running statistics. The backbone and projector come first, the predictor
 * after them, because it keeps its own learning rate. Also the way between PyTorch's layouts and the kernels': convolutions
 * OIHW <-> [kY][kX][in padded][out], linear [out][in] <-> [in][out].
 */
import { elementCount, parameterSpecifications, type ParameterSpecification } from '../../network-parameters.ts';
import type { NetworkDefinition } from '../../port.ts';
import { padChannels } from '../kernel-program.ts';

/** Elements; 256 bytes in 16-bit floats, the alignment every adapter accepts. */
const alignment = 128;

export interface ParameterPlace {
  readonly specification: ParameterSpecification;
  readonly firstElement: number;
  /** Padding of input channels included. */
  readonly elements: number;
}

export interface NormPlace {
  /** e.g. "backbone.bn1" */
  readonly name: string;
  readonly channels: number;
  /** In the running arena: mean [channels], then variance [channels]. */
  readonly firstElement: number;
}

export interface ParameterArena {
  readonly parameters: ReadonlyMap<string, ParameterPlace>;
  readonly norms: ReadonlyMap<string, NormPlace>;
  /** Elements before the predictor's first parameter. */
  readonly baseElements: number;
  readonly totalElements: number;
  readonly runningElements: number;
}

export function layOutParameters(network: NetworkDefinition): ParameterArena {
  const parameters = new Map<string, ParameterPlace>();
  const norms = new Map<string, NormPlace>();
  let next = 0;
  let baseElements = 0;
  let nextRunning = 0;
  for (const specification of parameterSpecifications(network)) {
    const { name, kind, shape } = specification;
    const elements = elementCount(storedShape(specification));
    parameters.set(name, { specification, firstElement: next, elements });
    next = align(next + elements);
    if (!name.startsWith('predictor.')) baseElements = next;
    if (kind === 'norm-weight') {
      const norm = name.slice(0, -'.weight'.length);
      const channels = shape[0] ?? 0;
      norms.set(norm, { name: norm, channels, firstElement: nextRunning });
      nextRunning = align(nextRunning + 2 * channels);
    }
  }
  return { parameters, norms, baseElements, totalElements: next, runningElements: nextRunning };
}

function align(elements: number): number {
  return Math.ceil(elements / alignment) * alignment;
}

/** [kY, kX, in padded, out], [in, out] or [channels]. */
function storedShape({ kind, shape }: ParameterSpecification): readonly number[] {
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  if (kind === 'convolution') return [height, width, padChannels(inputs), outputs];
  if (kind === 'linear-weight') return [inputs, outputs];
  return shape;
}

/** Writes a parameter in PyTorch's layout into the arena's; padding keeps what is there (zeros). */
export function storeParameter(place: ParameterPlace, values: Float32Array, arena: Float32Array): void {
  forEachElement(place, (from, to) => {
    arena[to] = values[from] ?? 0;
  });
}

/** The parameter in PyTorch's layout. */
export function readParameter(place: ParameterPlace, arena: Float32Array): Float32Array {
  const values = new Float32Array(elementCount(place.specification.shape));
  forEachElement(place, (from, to) => {
    values[from] = arena[to] ?? 0;
  });
  return values;
}

function forEachElement(
  { specification, firstElement }: ParameterPlace,
  visit: (pytorchIndex: number, arenaIndex: number) => void,
): void {
  const { kind, shape } = specification;
  if (kind !== 'convolution' && kind !== 'linear-weight') {
    const count = elementCount(shape);
    for (let i = 0; i < count; i += 1) visit(i, firstElement + i);
    return;
  }
  const [outputs = 1, inputs = 1, height = 1, width = 1] = shape;
  const stored = kind === 'convolution' ? padChannels(inputs) : inputs;
  const taps = height * width;
  for (let output = 0; output < outputs; output += 1) {
    for (let input = 0; input < inputs; input += 1) {
      for (let tap = 0; tap < taps; tap += 1) {
        visit((output * inputs + input) * taps + tap, firstElement + (tap * stored + input) * outputs + output);
      }
    }
  }
}
