/** The WebGPU engine on the golden networks: its start state, views and the kernels up to the loss. */
import type { TestContext } from 'vitest';
import { createWebGpuEngine, type WebGpuEngine } from '#main/engine/webgpu/create-engine.ts';
import type { Precision } from '#main/engine/webgpu/kernel-program.ts';
import { readParameter } from '#main/engine/webgpu/plan/parameter-arena.ts';
import { goldenParameters } from '#main/engine/reference-tensors.ts';
import type { NamedTensor, ViewSource } from '#main/engine/port.ts';
import { goldenNetworkDefinition, goldenViews, type GoldenCase } from '#tests/support/golden-network.ts';
import { openTestDevice } from './test-device.ts';

/** An adapter, with 16-bit floats where they are needed; else the test is skipped with the reason. */
export async function requireAdapter(context: TestContext, precision: Precision): Promise<void> {
  const opened = await openTestDevice();
  if (opened === null) context.skip('no Vulkan, Metal or Direct3D driver is installed');
  else if (precision === 'f16' && !opened.hasF16) context.skip(`${opened.description} has no 16-bit floats`);
}

export async function goldenEngine(golden: GoldenCase, precision: Precision): Promise<WebGpuEngine> {
  const network = goldenNetworkDefinition(golden);
  const views = goldenViews(golden);
  const source: ViewSource = {
    viewPx: golden.resolution,
    trainingViews: () => Promise.resolve(views),
    plainViews: () => Promise.resolve(views[0]),
    close: () => Promise.resolve(),
  };
  const { momentum, weightDecay } = golden.sgd;
  const engine = await createWebGpuEngine(
    { network, method: 'simtriplet', batch: golden.batch, views: source, seed: 0, momentum, weightDecay },
    { allowSoftware: true, precision },
  );
  const state = new Map<string, NamedTensor>(await engine.state());
  for (const [name, data] of goldenParameters(network)) state.set(name, { shape: state.get(name)!.shape, data });
  await engine.load(state);
  return engine;
}

export async function goldenStep(engine: WebGpuEngine, golden: GoldenCase, rate: number): Promise<number> {
  const triplets = Array.from({ length: golden.batch }, (_, tile) => ({ tile, neighbour: tile }));
  const rates = { learningRate: rate, predictorLearningRate: rate };
  const { loss } = await engine.trainStep({ triplets, epoch: 0, ...rates, monitor: false });
  return loss;
}

/** Runs the step's kernels up to the loss and reads projections and predictions before anything reuses their memory. */
export async function projectionsOf(engine: WebGpuEngine): Promise<{ z: Float32Array; p: Float32Array }> {
  const { opened, runner, kernels } = engine.device;
  const { plan, projections, predictions } = engine.training;
  if (predictions === null) throw new Error('the method has no predictions');
  const loss = plan.kernels.findIndex(({ program }) => program.name === 'similarity-loss');
  const encoder = opened.device.createCommandEncoder();
  runner.encode(encoder, kernels.slice(0, loss + 1));
  opened.device.queue.submit([encoder.finish()]);
  return { z: await engine.read(projections), p: await engine.read(predictions) };
}

/** Gradients of the latest step by name in PyTorch's layouts, without the loss scale. */
export async function gradientsOf(engine: WebGpuEngine, scale: number): Promise<Map<string, Float32Array>> {
  const arena = await engine.read(engine.training.gradients);
  return new Map(
    [...engine.training.network.arena.parameters].map(([name, place]) => [
      name,
      readParameter(place, arena).map((value) => value / scale),
    ]),
  );
}
