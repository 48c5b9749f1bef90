import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  bufferSpecifications,
  elementCount,
  initialBuffer,
  initialParameter,
  parameterSpecifications,
} from '#main/engine/network-parameters.ts';
import { networks } from '#main/engine/port.ts';
import { fill } from '#main/engine/reference-tensors.ts';
import { readGoldenCase, goldenNetworkDefinition } from '#tests/support/golden-network.ts';

test('the test tensors are those of the golden script', () => {
  const { fillCheck } = JSON.parse(readFileSync(new URL('../../../golden/versions.json', import.meta.url), 'utf8')) as {
    fillCheck: { name: string; first: number[] };
  };
  expect([...fill(fillCheck.name, 8)]).toEqual(fillCheck.first);
});

test.each(['resnet18-64', 'resnet50-128'])('%s has the names, order and shapes of PyTorch', (name) => {
  const golden = readGoldenCase(name);
  const gradients = golden.float64.gradients as Record<string, { norm: number; first: number[]; shape?: number[] }>;
  const specifications = parameterSpecifications(goldenNetworkDefinition(golden));
  expect(specifications.map((parameter) => [parameter.name, parameter.shape])).toEqual(
    Object.entries(gradients).map(([key, { shape }]) => [key, shape]),
  );
  expect(specifications.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(golden.parameterCount);
  const buffers = bufferSpecifications(goldenNetworkDefinition(golden)).map((buffer) => buffer.name);
  expect(buffers.filter((buffer) => !buffer.includes('num_batches'))).toEqual(Object.keys(golden.float64.buffersAfter));
});

test('the narrow network is a quarter as wide and ends in 128 features', () => {
  const shapes = new Map(parameterSpecifications(networks['resnet18-narrow']).map(({ name, shape }) => [name, shape]));
  expect(shapes.get('backbone.conv1.weight')).toEqual([16, 3, 7, 7]);
  expect(shapes.get('backbone.layer4.1.conv2.weight')).toEqual([128, 128, 3, 3]);
  expect(shapes.get('projector.0.weight')).toEqual([256, 128]);
});

test('start values have the spread of PyTorch and depend on seed and name only', () => {
  const specifications = parameterSpecifications(networks['resnet18-narrow']);
  const find = (name: string) => specifications.find((parameter) => parameter.name === name)!;
  const convolution = initialParameter(find('backbone.layer4.0.conv2.weight'), 5).data;
  const variance = convolution.reduce((sum, value) => sum + value * value, 0) / convolution.length;
  expect(variance).toBeCloseTo(2 / (128 * 9), 4);
  const linear = initialParameter(find('projector.0.weight'), 5).data;
  const bound = 1 / Math.sqrt(128);
  expect(Math.max(...linear)).toBeLessThanOrEqual(Math.fround(bound));
  expect(Math.max(...linear)).toBeGreaterThan(0.99 * bound);
  expect(Math.min(...linear)).toBeLessThan(-0.99 * bound);
  expect(initialParameter(find('backbone.bn1.weight'), 5).data.every((value) => value === 1)).toBe(true);
  expect(initialParameter(find('backbone.bn1.bias'), 5).data.every((value) => value === 0)).toBe(true);
  expect(initialParameter(find('projector.0.weight'), 5).data).toEqual(linear);
  expect(initialParameter(find('projector.0.weight'), 6).data).not.toEqual(linear);
  expect(initialParameter(find('projector.3.weight'), 5).data.subarray(0, 8)).not.toEqual(linear.subarray(0, 8));
});

test('running variance starts at 1, the other buffers at 0', () => {
  for (const buffer of bufferSpecifications(networks['resnet18-narrow'])) {
    const start = buffer.name.endsWith('running_var') ? 1 : 0;
    expect([...new Set(initialBuffer(buffer).data)]).toEqual([start]);
  }
});
