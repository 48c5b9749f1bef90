/** Convolution and its gradients against a direct float64 sum, on the wasm backend and on a backend without shared memory. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConvolutionLayer } from '#main/engine/network-parameters.ts';
import { convolution } from '#main/engine/tfjs/convolution.ts';
import { batchNorm } from '#main/engine/tfjs/batch-norm.ts';
import type { LayerContext } from '#main/engine/tfjs/layer-context.ts';
import { maxPool } from '#main/engine/tfjs/pooling.ts';
import { selectBackend } from '#main/engine/tfjs/select-backend.ts';
import { TensorDevice, type TensorFlow } from '#main/engine/tfjs/tensor-device.ts';
import { fill } from '#main/engine/reference-tensors.ts';

const images = 9;

function layer(kernel: number, stride: number, inputs: number, outputs: number): ConvolutionLayer {
  return { name: 'conv', norm: 'bn', inputs, outputs, kernel, stride, padding: (kernel - 1) / 2 };
}

/** Visits every product of the convolution: offsets in image, OIHW weight and output. */
function eachProduct(
  { kernel, stride, padding, inputs, outputs }: ConvolutionLayer,
  height: number,
  width: number,
  visit: (image: number, weight: number, output: number) => void,
): void {
  const outHeight = Math.ceil(height / stride);
  const outWidth = Math.ceil(width / stride);
  for (let n = 0; n < images; n += 1)
    for (let oy = 0; oy < outHeight; oy += 1)
      for (let ox = 0; ox < outWidth; ox += 1)
        for (let ky = 0; ky < kernel; ky += 1)
          for (let kx = 0; kx < kernel; kx += 1) {
            const y = oy * stride + ky - padding;
            const x = ox * stride + kx - padding;
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            for (let i = 0; i < inputs; i += 1)
              for (let o = 0; o < outputs; o += 1)
                visit(
                  ((n * height + y) * width + x) * inputs + i,
                  ((o * inputs + i) * kernel + ky) * kernel + kx,
                  ((n * outHeight + oy) * outWidth + ox) * outputs + o,
                );
          }
}

function expectClose(actual: ArrayLike<number>, expected: Float64Array): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  let worst = 0;
  expected.forEach((value, index) => (worst = Math.max(worst, Math.abs(value - actual[index]!))));
  expect(worst / scale).toBeLessThan(1e-5);
}

describe.each(['wasm', 'cpu'])('on the %s backend', (backend) => {
  let tf: TensorFlow;
  let device: TensorDevice;

  beforeAll(async () => {
    ({ tf } = await selectBackend());
    // The plain JavaScript backend stands for every backend whose memory cannot be written in place, such as tfjs-node.
    if (backend === 'cpu') createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend(backend);
    device = new TensorDevice(tf);
  });

  afterAll(async () => {
    device.dispose();
    await tf.setBackend('wasm');
  });

  function context(values: Record<string, Float32Array>, groups = 1): LayerContext {
    return { device, values: new Map(Object.entries(values)), gradients: new Map(), training: true, groups };
  }

  test.each([
    [3, 1, 3, 5, 7, 6],
    [3, 2, 4, 3, 8, 8],
    [3, 2, 3, 4, 7, 5],
    [3, 1, 2, 2, 1, 1],
    [3, 2, 2, 3, 2, 2],
    [1, 1, 5, 3, 4, 3],
    [1, 2, 3, 4, 6, 6],
    [1, 2, 3, 4, 5, 7],
  ])(
    'kernel %i, stride %i, %i to %i channels, %i x %i px: output and both gradients',
    (kernel, stride, inputs, outputs, height, width) => {
      const shape = layer(kernel, stride, inputs, outputs);
      const image = Float32Array.from(fill('conv/image', images * height * width * inputs));
      const weight = Float32Array.from(fill('conv/weight', outputs * inputs * kernel * kernel));
      const outShape = [images, Math.ceil(height / stride), Math.ceil(width / stride), outputs];
      const gradient = Float32Array.from(
        fill(
          'conv/gradient',
          outShape.reduce((a, b) => a * b, 1),
        ),
      );
      const expected = {
        output: new Float64Array(gradient.length),
        image: new Float64Array(image.length),
        weight: new Float64Array(weight.length),
      };
      eachProduct(shape, height, width, (i, w, o) => {
        expected.output[o]! += image[i]! * weight[w]!;
        expected.image[i]! += gradient[o]! * weight[w]!;
        expected.weight[w]! += gradient[o]! * image[i]!;
      });
      const pass = context({ 'conv.weight': weight });
      const result = convolution(pass, shape, device.upload(image, [images, height, width, inputs]));
      expect(result.output.shape).toEqual(outShape);
      expectClose(device.read(result.output), expected.output);
      expectClose(device.read(result.backward(device.upload(gradient, outShape))), expected.image);
      expectClose(pass.gradients.get('conv.weight')!, expected.weight);
    },
  );

  test('batch norm takes statistics per view and moves the running ones view by view', () => {
    const pass = context(
      {
        'bn.weight': Float32Array.of(2),
        'bn.bias': Float32Array.of(1),
        'bn.running_mean': Float32Array.of(0),
        'bn.running_var': Float32Array.of(1),
        'bn.num_batches_tracked': Float32Array.of(0),
      },
      2,
    );
    const input = device.upload(Float32Array.of(1, 3, 1000, 1004), [4, 1]);
    const values = device.read(batchNorm(pass, 'bn', input, { relu: false }).output);
    [-1, 3, -1, 3].forEach((value, index) => expect(values[index]).toBeCloseTo(value, 3));
    expect(pass.values.get('bn.running_mean')![0]).toBeCloseTo(0.9 * (0.1 * 2) + 0.1 * 1002, 3);
    expect(pass.values.get('bn.running_var')![0]).toBeCloseTo(0.9 * (0.9 + 0.1 * 2) + 0.1 * 8, 4);
    expect(pass.values.get('bn.num_batches_tracked')![0]).toBe(2);
  });

  test('max pooling sends the gradient to the first of equal values', () => {
    const image = device.upload(Float32Array.of(5, 5, 0, 1, 5, 0, 0, 2, 0), [1, 3, 3, 1]);
    const pooled = maxPool(context({}), image);
    expect([...device.read(pooled.output)]).toEqual([5, 5, 5, 5]);
    const gradient = device.upload(Float32Array.of(1, 10, 100, 1000), [1, 2, 2, 1]);
    expect([...device.read(pooled.backward(gradient))]).toEqual([1, 10, 0, 0, 1100, 0, 0, 0, 0]);
  });
});
