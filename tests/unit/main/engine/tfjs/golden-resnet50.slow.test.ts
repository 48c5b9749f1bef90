/** The whole network against PyTorch's float64 values on the paper's ResNet-50, 128 px, batch 8. First step only: README.md. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { TensorDevice } from '#main/engine/tfjs/tensor-device.ts';
import {
  expectFirstStep,
  expectInitialFeatures,
  expectParameterCount,
  readGoldenCase,
} from '#tests/support/golden-network.ts';

const golden = readGoldenCase('resnet50-128');
let device: TensorDevice;

beforeEach(async () => {
  device = new TensorDevice((await selectBackend()).tf);
});

afterEach(() => {
  device.dispose();
});

test('resnet50 has 38,210,112 parameters', () => {
  expect(golden.parameterCount).toBe(38_210_112);
  expectParameterCount(golden);
});

test('features of the untouched network equal PyTorch in evaluation mode', () => {
  expectInitialFeatures(golden, device);
});

test('one training step equals PyTorch: loss, outputs, gradients, parameters and running statistics', () => {
  expectFirstStep(golden, device);
});
