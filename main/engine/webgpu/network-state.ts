/**
 * The network's values between the device and the port's state: PyTorch's names and layouts, momentum under its prefix, and
 * the loss scaler. The same state as the TensorFlow.js engine's, which has no scaler and ignores it.
 */
/// <reference types="@webgpu/types" />
import { TrefoilError } from '#common/errors.ts';
import { initialState, lossScalerName, momentumPrefix } from '../network-parameters.ts';
import type { EngineState, NamedTensor, NetworkDefinition } from '../port.ts';
import { readParameter, storeParameter, type ParameterArena } from './plan/parameter-arena.ts';

/** Batches that the batch norms have seen: of backbone and projector, and of the prediction MLP. */
export interface BatchesTracked {
  readonly base: number;
  readonly predictor: number;
}

/** Plain copies of what the device holds. */
export interface DeviceValues {
  readonly weights: Float32Array;
  readonly momentum: Float32Array;
  readonly running: Float32Array;
  readonly scaler: Float32Array;
  /** Batches each norm has seen; counted here, no kernel needs it. */
  readonly batchesTracked: BatchesTracked;
}

/** In the order of initialState, the loss scaler last. */
export function toState(network: NetworkDefinition, arena: ParameterArena, values: DeviceValues): EngineState {
  const state = new Map<string, NamedTensor>();
  for (const [name, place] of arena.parameters) {
    const { shape } = place.specification;
    state.set(name, { shape, data: readParameter(place, values.weights) });
    state.set(`${momentumPrefix}${name}`, { shape, data: readParameter(place, values.momentum) });
  }
  for (const { name, channels, firstElement } of arena.norms.values()) {
    const mean = values.running.slice(firstElement, firstElement + channels);
    const variance = values.running.slice(firstElement + channels, firstElement + 2 * channels);
    state.set(`${name}.running_mean`, { shape: [channels], data: mean });
    state.set(`${name}.running_var`, { shape: [channels], data: variance });
    const tracked = Float32Array.of(values.batchesTracked[partOf(name)]);
    state.set(`${name}.num_batches_tracked`, { shape: [], data: tracked });
  }
  state.set(lossScalerName, { shape: [values.scaler.length], data: values.scaler });
  const ordered = [...initialState(network, 0).keys(), lossScalerName];
  return new Map(ordered.flatMap((name) => entryOf(state, name)));
}

/** A method without prediction MLP counts nothing there. */
function partOf(name: string): keyof BatchesTracked {
  return name.startsWith('predictor.') ? 'predictor' : 'base';
}

function entryOf(state: ReadonlyMap<string, NamedTensor>, name: string): [string, NamedTensor][] {
  const tensor = state.get(name);
  return tensor === undefined ? [] : [[name, tensor]];
}

/** Nothing is taken over unless every name and shape fits (`checkpoint-invalid`). `scaler` is used when the state has none. */
export function fromState(
  network: NetworkDefinition,
  arena: ParameterArena,
  state: EngineState,
  scaler: Float32Array,
): DeviceValues {
  checkState(network, state);
  const weights = new Float32Array(arena.totalElements);
  const momentum = new Float32Array(arena.totalElements);
  const running = new Float32Array(arena.runningElements);
  const batchesTracked = { base: 0, predictor: 0 };
  for (const [name, place] of arena.parameters) {
    storeParameter(place, dataOf(state, name), weights);
    storeParameter(place, dataOf(state, `${momentumPrefix}${name}`), momentum);
  }
  for (const { name, channels, firstElement } of arena.norms.values()) {
    running.set(dataOf(state, `${name}.running_mean`), firstElement);
    running.set(dataOf(state, `${name}.running_var`), firstElement + channels);
    batchesTracked[partOf(name)] = dataOf(state, `${name}.num_batches_tracked`)[0] ?? 0;
  }
  const stored = state.get(lossScalerName)?.data;
  return { weights, momentum, running, scaler: stored ?? scaler, batchesTracked };
}

function checkState(network: NetworkDefinition, state: EngineState): void {
  const expected = initialState(network, 0);
  for (const [name, { shape, data }] of expected) {
    const tensor = state.get(name);
    if (tensor === undefined) throw misfit(`The checkpoint lacks ${name}.`);
    if (tensor.shape.join() !== shape.join() || tensor.data.length !== data.length) {
      throw misfit(`The checkpoint's ${name} has shape [${tensor.shape.join(', ')}], not [${shape.join(', ')}].`);
    }
  }
  for (const name of state.keys()) {
    if (!expected.has(name) && name !== lossScalerName) {
      throw misfit(`The checkpoint holds ${name}, which this network does not have.`);
    }
  }
}

function dataOf(state: EngineState, name: string): Float32Array {
  return state.get(name)?.data ?? new Float32Array(0);
}

function misfit(message: string): TrefoilError {
  return new TrefoilError(
    'checkpoint-invalid',
    message,
    'Resume with the network the run was started with, or start a new run.',
  );
}
