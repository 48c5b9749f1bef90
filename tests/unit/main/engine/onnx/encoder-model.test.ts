/** Our encoder in ONNX form, run by onnxruntime: PyTorch's features of torchvision's ResNets, and the portable engine's. */
import { describe, expect, it } from 'vitest';
import { encoderModel } from '#main/engine/onnx/encoder-model.ts';
import { openOnnxEncoder } from '#main/engine/onnx/onnx-encoder.ts';
import { networks, type NamedTensor } from '#main/engine/port.ts';
import { goldenParameters } from '#main/engine/reference-tensors.ts';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { SiameseNetwork } from '#main/engine/tfjs/siamese-network.ts';
import { TensorDevice } from '#main/engine/tfjs/tensor-device.ts';
import { fill } from '#main/engine/reference-tensors.ts';
import {
  expectFirst,
  expectNear,
  goldenNetworkDefinition,
  goldenViews,
  norm,
  readGoldenCase,
} from '#tests/support/golden-network.ts';

const device = new TensorDevice((await selectBackend()).tf);
const common = { producerVersion: '0', metadata: { use: 'research use only' } };

describe.each(['resnet18-64', 'resnet50-128'])('%s', (name) => {
  const golden = readGoldenCase(name);
  const network = goldenNetworkDefinition(golden);

  it("has PyTorch's features", async () => {
    const optimiser = { momentum: 0.9, weightDecay: 0 };
    const start = new SiameseNetwork(device, { network, method: 'simtriplet', seed: 0, ...optimiser }).state();
    const state = new Map<string, NamedTensor>(start);
    for (const [key, data] of goldenParameters(network)) state.set(key, { shape: state.get(key)!.shape, data });
    const encoder = await openOnnxEncoder(
      encoderModel({ network, state, viewPx: golden.resolution, ...common }),
      'encoder.onnx',
    );
    try {
      expect([encoder.viewPx, encoder.features]).toEqual([golden.resolution, network.features]);
      const features = await encoder.run(goldenViews(golden)[0], golden.batch, golden.resolution);
      const expected = golden.float64.initialFeatures;
      expectNear('norm', norm(features), expected.norm, 1e-4 * expected.norm);
      expectFirst('features', features, expected, features.length, 1e-4);
    } finally {
      await encoder.close();
    }
  });
});

it("equals the engine's features after training, running statistics included", async () => {
  const network = networks['resnet18-narrow'];
  const engine = new SiameseNetwork(device, {
    network,
    method: 'simtriplet',
    seed: 5,
    momentum: 0.9,
    weightDecay: 1e-4,
  });
  const views = [0, 1, 2].map((view) => Float32Array.from(fill(`onnx/view${view}`, 4 * 64 * 64 * 3)));
  for (let step = 0; step < 3; step += 1) {
    engine.forwardBackward(views, 64);
    engine.update({ learningRate: 0.05, predictorLearningRate: 0.05 });
  }
  const expected = engine.features(views[0]!, 64);
  const bytes = encoderModel({ network, state: engine.state(), viewPx: 64, ...common });
  const encoder = await openOnnxEncoder(bytes, 'encoder.onnx');
  try {
    const found = await encoder.run(views[0]!, 4, 64);
    const largest = expected.reduce((most, value, at) => Math.max(most, Math.abs(value - found[at]!)), 0);
    expect(norm(expected)).toBeGreaterThan(1);
    expect(largest).toBeLessThan(1e-4);
  } finally {
    await encoder.close();
  }
});

it('refuses what is no model, naming the file and what an encoder is', async () => {
  await expect(openOnnxEncoder(new TextEncoder().encode('not a model'), 'thing.onnx')).rejects.toMatchObject({
    code: 'file-invalid',
    message: expect.stringContaining('thing.onnx') as string,
    hint: expect.stringContaining('torch.onnx.export') as string,
  });
});
