/**
 * The matrix-unit family compiles for every product and every kind of matrix unit. No adapter in the tests has such units:
 * Dawn's null backend checks the programs; their operands and epilogue are the texts that convolution.test.ts runs.
 */
/// <reference types="@webgpu/types" />
import { beforeAll, describe, expect, test } from 'vitest';
import {
  convolutionForward,
  convolutionInputGradient,
  convolutionWeightGradient,
  type ConvolutionShape,
  type ProductFamily,
} from '#main/engine/webgpu/kernels/convolution/kernel.ts';

let device: GPUDevice | null = null;
beforeAll(async () => {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  // Dawn crashes when the object is collected while devices live.
  Object.assign(globalThis, { keptNullGpu: gpu });
  const adapter = await gpu.requestAdapter();
  const requiredFeatures = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'] as GPUFeatureName[];
  if (adapter === null || !requiredFeatures.every((feature) => adapter.features.has(feature))) return;
  device = await adapter.requestDevice({ requiredFeatures });
});

const family = (m: number, n: number, k: number): ProductFamily => ({
  kind: 'subgroup-matrix',
  m,
  n,
  k,
  subgroupSize: 32,
});
const families = [family(16, 16, 16), family(16, 8, 16), family(16, 8, 8), family(8, 8, 8)];

const convolution = (
  images: number,
  size: number,
  [inChannels, outChannels]: readonly [number, number],
  [kernel, stride, padding]: readonly [number, number, number],
): ConvolutionShape => ({ images, inHeight: size, inWidth: size, inChannels, outChannels, kernel, stride, padding });

const shapes = [
  convolution(384, 128, [8, 64], [7, 2, 3]),
  convolution(384, 32, [64, 64], [3, 1, 1]),
  convolution(384, 32, [64, 256], [1, 1, 0]),
  convolution(384, 32, [128, 128], [3, 2, 1]),
  convolution(384, 32, [256, 512], [1, 2, 0]),
  convolution(384, 4, [512, 512], [3, 1, 1]),
  convolution(384, 1, [2048, 2048], [1, 1, 0]),
];

/** Errors of the compiler and, where the null backend's 16 KiB of workgroup memory suffice, of the pipeline. */
async function problems(wgsl: string): Promise<string[]> {
  if (device === null) return [];
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ code: wgsl });
  const { messages } = await module.getCompilationInfo();
  const errors = messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, message }) => `${lineNum}: ${message}`);
  if (errors.length === 0 && workgroupBytes(wgsl) <= device.limits.maxComputeWorkgroupStorageSize) {
    device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  }
  const error = await device.popErrorScope();
  return error === null || errors.length > 0 ? errors : [error.message];
}

function workgroupBytes(wgsl: string): number {
  const arrays = [...wgsl.matchAll(/var<workgroup> \w+: array<(f16|f32), (\d+)>/g)];
  return arrays.reduce((total, [, type, count]) => total + Number(count) * (type === 'f16' ? 2 : 4), 0);
}

describe.each(families)('matrix units $m x $n x $k', (units) => {
  test.for(shapes)('$kernel x $kernel, stride $stride, $inChannels to $outChannels', async (shape, context) => {
    if (device === null) return context.skip('this Dawn has no null backend with matrix units');
    const options = { precision: 'f16', family: units } as const;
    const grouped = { imagesPerGroup: 128 };
    const forward = { ...options, inputTransform: grouped, bias: true, statistics: grouped };
    const programs = [
      convolutionForward(shape, { ...options, inputTransform: null, bias: false, statistics: null }).program,
      convolutionForward(shape, forward).program,
      convolutionInputGradient(shape, { ...options, accumulate: true }),
      convolutionWeightGradient(shape, { ...options, inputTransform: null }).partial,
      convolutionWeightGradient(shape, { ...options, inputTransform: grouped }).partial,
    ];
    for (const { name, wgsl } of programs) {
      expect(await problems(wgsl), name).toEqual([]);
      // What every adapter with matrix units has.
      expect(workgroupBytes(wgsl), name).toBeLessThanOrEqual(32 * 1024);
    }
  });
});

test('matrix units take float16 only', () => {
  const options = { precision: 'f32', family: family(16, 16, 16), accumulate: false } as const;
  expect(() => convolutionInputGradient(convolution(3, 4, [8, 8], [3, 1, 1]), options)).toThrow(RangeError);
});
