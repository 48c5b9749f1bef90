/** Compares a network with the PyTorch values of tests/golden/network-*.json. Tolerances: tests/golden/README.md. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { parameterSpecifications } from '#main/engine/network-parameters.ts';
import type { NamedTensor, NetworkDefinition } from '#main/engine/port.ts';
import { SiameseNetwork } from '#main/engine/tfjs/siamese-network.ts';
import type { TensorDevice } from '#main/engine/tfjs/tensor-device.ts';
import { goldenImages, goldenParameters } from '#main/engine/reference-tensors.ts';

export interface Summary {
  readonly norm: number;
  readonly first: readonly number[];
}

export interface GoldenRun {
  readonly losses: readonly number[];
  readonly initialFeatures: Summary;
  readonly z1: readonly number[];
  readonly p1: readonly number[];
  readonly z1Norm: number;
  readonly p1Norm: number;
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly parametersAfter: Readonly<Record<string, Summary>>;
  readonly buffersAfter: Readonly<Record<string, Summary>>;
  readonly lossesSmallRate: { readonly lr: number; readonly losses: readonly number[] };
}

export interface GoldenCase {
  readonly name: string;
  readonly layers: readonly [number, number, number, number];
  readonly bottleneck: boolean;
  readonly projection: number;
  readonly predictionHidden: number;
  readonly batch: number;
  readonly resolution: number;
  readonly sgd: { readonly lr: number; readonly momentum: number; readonly weightDecay: number };
  readonly parameterCount: number;
  readonly float64: GoldenRun;
}

/**
 * How far single values may be off, relative to their tensor's typical size. README.md bounds norms only; these are about
 * 1.5 times what PyTorch's own float32 differs from its float64 in the same file (resnet50 at batch 8 is that sensitive).
 */
export interface ElementTolerance {
  readonly gradient: number;
  readonly after: number;
  readonly afterNorm: number;
}

export const elementTolerances: Readonly<Record<string, ElementTolerance>> = {
  'resnet18-64': { gradient: 2e-2, after: 2e-3, afterNorm: 1e-3 },
  'resnet50-128': { gradient: 0.2, after: 3.5e-2, afterNorm: 2e-3 },
};

export function readGoldenCase(name: string): GoldenCase {
  return JSON.parse(readFileSync(new URL(`../golden/network-${name}.json`, import.meta.url), 'utf8')) as GoldenCase;
}

export function goldenNetworkDefinition(golden: GoldenCase): NetworkDefinition {
  return {
    name: golden.name,
    blocks: golden.layers,
    bottleneck: golden.bottleneck,
    width: 64,
    features: golden.bottleneck ? 2048 : 512,
    projection: golden.projection,
    predictionHidden: golden.predictionHidden,
  };
}

/** The golden network at its start. */
export function goldenNetwork(device: TensorDevice, golden: GoldenCase): SiameseNetwork {
  const definition = goldenNetworkDefinition(golden);
  const { momentum, weightDecay } = golden.sgd;
  const network = new SiameseNetwork(device, {
    network: definition,
    method: 'simtriplet',
    seed: 0,
    momentum,
    weightDecay,
  });
  const state = new Map<string, NamedTensor>(network.state());
  for (const [name, data] of goldenParameters(definition)) state.set(name, { shape: state.get(name)!.shape, data });
  network.load(state);
  return network;
}

export function goldenViews(golden: GoldenCase): [Float32Array, Float32Array, Float32Array] {
  const view = (index: number): Float32Array =>
    goldenImages(`${golden.name}/x${String(index)}`, golden.batch, golden.resolution);
  return [view(1), view(2), view(3)];
}

export function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]! ** 2;
  return Math.sqrt(sum);
}

export function expectNear(name: string, actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected), `${name}: ${String(actual)} against ${String(expected)}`).toBeLessThanOrEqual(
    tolerance,
  );
}

/** Each of the first values within `tolerance` of the tensor's typical size. */
export function expectFirst(
  name: string,
  actual: ArrayLike<number>,
  expected: Summary,
  count: number,
  tolerance: number,
): void {
  const typical = expected.norm / Math.sqrt(count);
  expected.first.forEach((value, index) => {
    expectNear(`${name}[${String(index)}]`, actual[index]!, value, tolerance * Math.max(Math.abs(value), typical));
  });
}

export function expectParameterCount(golden: GoldenCase): void {
  const counts = parameterSpecifications(goldenNetworkDefinition(golden)).map(({ shape }) =>
    shape.reduce((a, b) => a * b, 1),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(golden.parameterCount);
}

export function expectInitialFeatures(golden: GoldenCase, device: TensorDevice): void {
  const features = goldenNetwork(device, golden).features(goldenViews(golden)[0], golden.resolution);
  const expected = golden.float64.initialFeatures;
  expectNear('norm', norm(features), expected.norm, 1e-4 * expected.norm);
  expectFirst('features', features, expected, features.length, 1e-4);
}

/** One step: loss, projections, predictions, every gradient, then every parameter and buffer after SGD. */
export function expectFirstStep(golden: GoldenCase, device: TensorDevice): void {
  const expected = golden.float64;
  const tolerance = elementTolerances[golden.name]!;
  const network = goldenNetwork(device, golden);
  const result = network.forwardBackward(goldenViews(golden), golden.resolution);
  expectNear('loss', result.loss, expected.losses[0]!, 1e-4 * Math.max(1, Math.abs(expected.losses[0]!)));
  const size = golden.batch * golden.projection;
  const z1 = result.projections.subarray(0, size);
  const p1 = result.predictions.subarray(0, size);
  expectNear('z1 norm', norm(z1), expected.z1Norm, 1e-4 * expected.z1Norm);
  expectNear('p1 norm', norm(p1), expected.p1Norm, 1e-4 * expected.p1Norm);
  expectFirst('z1', z1, { norm: expected.z1Norm, first: expected.z1 }, size, 1e-3);
  expectFirst('p1', p1, { norm: expected.p1Norm, first: expected.p1 }, size, 1e-3);

  expect([...network.gradients.keys()].toSorted()).toEqual(Object.keys(expected.gradients).toSorted());
  for (const [name, summary] of Object.entries(expected.gradients)) {
    if (summary.norm < 1e-9) continue;
    const gradient = network.gradients.get(name)!;
    expectNear(`gradient norm of ${name}`, norm(gradient), summary.norm, 1e-2 * summary.norm);
    expectFirst(`gradient of ${name}`, gradient, summary, gradient.length, tolerance.gradient);
  }

  network.update({ learningRate: golden.sgd.lr, predictorLearningRate: golden.sgd.lr });
  const state = network.state();
  for (const [name, summary] of Object.entries({ ...expected.parametersAfter, ...expected.buffersAfter })) {
    const { data } = state.get(name)!;
    expectNear(`norm of ${name}`, norm(data), summary.norm, tolerance.afterNorm * summary.norm);
    expectFirst(name, data, summary, data.length, tolerance.after);
  }
}

export function expectSmallRateLosses(golden: GoldenCase, device: TensorDevice): void {
  const { lr, losses } = golden.float64.lossesSmallRate;
  const network = goldenNetwork(device, golden);
  const views = goldenViews(golden);
  losses.forEach((expected, step) => {
    const { loss } = network.forwardBackward(views, golden.resolution);
    network.update({ learningRate: lr, predictorLearningRate: lr });
    expectNear(`loss of step ${String(step)}`, loss, expected, 5e-3);
  });
}
