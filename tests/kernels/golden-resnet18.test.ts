/** The whole network on the GPU kernels against PyTorch's float64 values: resnet18, 64 px, batch 8. */
import { expect, test, vi } from 'vitest';
import type { WebGpuEngine } from '#main/engine/webgpu/create-engine.ts';
import type { Precision } from '#main/engine/webgpu/kernel-program.ts';
import {
  elementTolerances,
  expectFirst,
  expectNear,
  norm,
  readGoldenCase,
  type GoldenCase,
} from '#tests/support/golden-network.ts';
import { goldenEngine, goldenStep, gradientsOf, projectionsOf, requireAdapter } from './golden-network.ts';

// A software adapter compiles some hundred programs first.
vi.setConfig({ testTimeout: 900_000 });

const golden = readGoldenCase('resnet18-64');
const expected = golden.float64;
const projected = golden.batch * golden.projection;

/** tests/golden/README.md; mixed precision is bounded by its losses there. */
const tolerances: Readonly<Record<Precision, { loss: number; tenSteps: number }>> = {
  f32: { loss: 1e-4 * Math.max(1, Math.abs(expected.losses[0]!)), tenSteps: 5e-3 },
  f16: { loss: 5e-3, tenSteps: 3e-2 },
};

test('a float32 step equals PyTorch: features, outputs, loss, gradients, parameters and running statistics', async (context) => {
  await requireAdapter(context, 'f32');
  const engine = await goldenEngine(golden, 'f32');
  try {
    const features = await engine.embed(Array.from({ length: golden.batch }, (_, tile) => tile));
    expectNear('norm', norm(features), expected.initialFeatures.norm, 1e-4 * expected.initialFeatures.norm);
    expectFirst('features', features, expected.initialFeatures, features.length, 1e-4);

    const start = await engine.state();
    const loss = await goldenStep(engine, golden, golden.sgd.lr);
    expectNear('loss', loss, expected.losses[0]!, tolerances.f32.loss);
    const gradients = await gradientsOf(engine, 1);
    const state = await engine.state();
    // The views of the step are still there; its first half is run again for what the second half overwrites.
    await engine.load(start);
    const { z, p } = await projectionsOf(engine);
    const [z1, p1] = [z.subarray(0, projected), p.subarray(0, projected)];
    expectNear('z1 norm', norm(z1), expected.z1Norm, 1e-4 * expected.z1Norm);
    expectNear('p1 norm', norm(p1), expected.p1Norm, 1e-4 * expected.p1Norm);
    expectFirst('z1', z1, { norm: expected.z1Norm, first: expected.z1 }, projected, 1e-3);
    expectFirst('p1', p1, { norm: expected.p1Norm, first: expected.p1 }, projected, 1e-3);
    const tolerance = elementTolerances[golden.name]!;
    expect([...gradients.keys()].toSorted()).toEqual(Object.keys(expected.gradients).toSorted());
    for (const [name, summary] of Object.entries(expected.gradients)) {
      if (summary.norm < 1e-9) continue;
      const gradient = gradients.get(name)!;
      expectNear(`gradient norm of ${name}`, norm(gradient), summary.norm, 1e-2 * summary.norm);
      expectFirst(`gradient of ${name}`, gradient, summary, gradient.length, tolerance.gradient);
    }
    for (const [name, summary] of Object.entries({ ...expected.parametersAfter, ...expected.buffersAfter })) {
      const { data } = state.get(name)!;
      expectNear(`norm of ${name}`, norm(data), summary.norm, tolerance.afterNorm * summary.norm);
      expectFirst(name, data, summary, data.length, tolerance.after);
    }
    await engine.load(start);
    await expectTenSteps(golden, engine, tolerances.f32.tenSteps);
  } finally {
    await engine.dispose();
  }
});

test('mixed precision: the first loss and the losses of ten steps at a small rate follow PyTorch in float64', async (context) => {
  await requireAdapter(context, 'f16');
  const engine = await goldenEngine(golden, 'f16');
  try {
    const start = await engine.state();
    expectNear('loss', await goldenStep(engine, golden, golden.sgd.lr), expected.losses[0]!, tolerances.f16.loss);
    await engine.load(start);
    await expectTenSteps(golden, engine, tolerances.f16.tenSteps);
  } finally {
    await engine.dispose();
  }
});

async function expectTenSteps(golden: GoldenCase, engine: WebGpuEngine, tolerance: number): Promise<void> {
  const { lr, losses } = golden.float64.lossesSmallRate;
  for (const [step, loss] of losses.entries()) {
    expectNear(`loss of step ${String(step)}`, await goldenStep(engine, golden, lr), loss, tolerance);
  }
}
