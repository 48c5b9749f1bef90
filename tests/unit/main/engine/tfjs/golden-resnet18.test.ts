/** The whole network against PyTorch's float64 values on resnet18, 64 px, batch 8. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { TensorDevice } from '#main/engine/tfjs/tensor-device.ts';
import {
  expectFirstStep,
  expectInitialFeatures,
  expectParameterCount,
  expectSmallRateLosses,
  readGoldenCase,
} from '#tests/support/golden-network.ts';

const golden = readGoldenCase('resnet18-64');
let device: TensorDevice;
let tensorsBefore: number;
let countTensors: () => number;

beforeEach(async () => {
  const { tf } = await selectBackend();
  countTensors = () => tf.memory().numTensors;
  tensorsBefore = countTensors();
  device = new TensorDevice(tf);
});

afterEach(() => {
  // Every step gives back what it took, without help from dispose().
  expect(countTensors()).toBe(tensorsBefore);
  device.dispose();
});

test('resnet18 with the golden heads has 11,474,176 parameters', () => {
  expect(golden.parameterCount).toBe(11_474_176);
  expectParameterCount(golden);
});

test('features of the untouched network equal PyTorch in evaluation mode', () => {
  expectInitialFeatures(golden, device);
});

test('one training step equals PyTorch: loss, outputs, gradients, parameters and running statistics', () => {
  expectFirstStep(golden, device);
});

test('the losses of ten steps at a small rate follow PyTorch', () => {
  expectSmallRateLosses(golden, device);
});
