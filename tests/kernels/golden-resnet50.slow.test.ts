/** The whole of resnet50 on the GPU kernels against PyTorch's float64 values: 128 px, batch 8, first step only (README.md there). */
import { expect, test } from 'vitest';
import { expectNear, norm, readGoldenCase } from '#tests/support/golden-network.ts';
import { goldenEngine, goldenStep, gradientsOf, requireAdapter } from './golden-network.ts';

const golden = readGoldenCase('resnet50-128');
const expected = golden.float64;

test('a float32 step of resnet50 equals PyTorch: loss and gradient norms', async (context) => {
  await requireAdapter(context, 'f32');
  const engine = await goldenEngine(golden, 'f32');
  try {
    const loss = await goldenStep(engine, golden, golden.sgd.lr);
    expectNear('loss', loss, expected.losses[0]!, 1e-4 * Math.max(1, Math.abs(expected.losses[0]!)));
    const gradients = await gradientsOf(engine, 1);
    expect(gradients.size).toBe(Object.keys(expected.gradients).length);
    for (const [name, summary] of Object.entries(expected.gradients)) {
      if (summary.norm < 1e-9) continue;
      expectNear(`gradient norm of ${name}`, norm(gradients.get(name)!), summary.norm, 1e-2 * summary.norm);
    }
  } finally {
    await engine.dispose();
  }
});

test('a mixed-precision step of resnet50 has the loss of PyTorch in float64', async (context) => {
  await requireAdapter(context, 'f16');
  const engine = await goldenEngine(golden, 'f16');
  try {
    expectNear('loss', await goldenStep(engine, golden, golden.sgd.lr), expected.losses[0]!, 5e-3);
  } finally {
    await engine.dispose();
  }
});
