/**
 * Which kind of kernel multiplies: the adapter's matrix units when it lists a fitting size, its subgroups have one width, and
 * a small convolution comes out right on them; plain multiply-adds otherwise. Drivers of matrix units are young, so they are
 * tried, not trusted.
 */
/// <reference types="@webgpu/types" />
import { readBack, toFloat32 } from './device-memory.ts';
import { bytesPerElement, type Precision } from './kernel-program.ts';
import { KernelRunner } from './kernel-runner.ts';
import { convolutionForward, convolutionOutput, type ConvolutionShape, type ProductFamily } from './kernels/index.ts';

/** As the adapter lists them (chromium-experimental-subgroup-matrix). */
interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export interface ChosenFamily {
  readonly family: ProductFamily;
  /** In words, for the doctor. */
  readonly reason: string;
}

const plain: ProductFamily = { kind: 'fma' };
/** Largest first: fewer instructions for the same product. */
const sizes = ['16x16x16', '16x8x16', '16x8x8', '8x8x8'];

/** What the adapter offers for 16-bit factors and 32-bit sums, best first, before anything was tried. */
export function offeredFamilies(info: GPUAdapterInfo): ProductFamily[] {
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: readonly SubgroupMatrixConfig[] };
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = info;
  if (subgroupMinSize !== subgroupMaxSize || subgroupMaxSize === 0) return [];
  const fitting = [...subgroupMatrixConfigs].filter(
    ({ componentType, resultComponentType }) => componentType === 'f16' && resultComponentType === 'f32',
  );
  return sizes.flatMap((size) =>
    fitting
      .filter(({ M, N, K }) => `${M}x${N}x${K}` === size)
      .map(({ M, N, K }) => ({ kind: 'subgroup-matrix', m: M, n: N, k: K, subgroupSize: subgroupMaxSize }) as const),
  );
}

export async function chooseFamily(
  device: GPUDevice,
  info: GPUAdapterInfo,
  precision: Precision,
): Promise<ChosenFamily> {
  if (precision === 'f32') return { family: plain, reason: 'float32 multiply-adds' };
  if (!device.features.has('chromium-experimental-subgroup-matrix' as GPUFeatureName)) {
    return { family: plain, reason: '16-bit multiply-adds with 32-bit sums; the adapter offers no matrix units' };
  }
  for (const family of offeredFamilies(info)) {
    if (await computesRightly(device, family)) {
      const size = family.kind === 'subgroup-matrix' ? `${family.m} x ${family.n} x ${family.k}` : '';
      return { family, reason: `matrix units of ${size}, checked on this adapter` };
    }
  }
  return {
    family: plain,
    reason: '16-bit multiply-adds with 32-bit sums; the matrix units offered did not compute rightly or do not fit',
  };
}

/** Large enough for the largest tiles, with borders that are no multiple of any. */
const trial: ConvolutionShape = {
  images: 30,
  inHeight: 37,
  inWidth: 37,
  inChannels: 64,
  outChannels: 136,
  kernel: 3,
  stride: 1,
  padding: 1,
};

/** The same convolution on both families. Products of 16-bit factors are exact, so only the order of float32 sums differs. */
async function computesRightly(device: GPUDevice, family: ProductFamily): Promise<boolean> {
  device.pushErrorScope('validation');
  device.pushErrorScope('internal');
  let difference = Infinity;
  try {
    const [expected, found] = [await runTrial(device, plain), await runTrial(device, family)];
    // Sums of 576 products below 1: float32 order error far below one step of the 16-bit result (2^-11 of at most 576).
    difference = expected.reduce((most, value, index) => {
      const off = Math.abs(value - (found[index] ?? NaN)) / Math.max(1, Math.abs(value));
      return off <= most ? most : off;
    }, 0);
  } catch {
    // A pipeline that cannot be made: the scopes below hold the reason, the answer is no.
    difference = Infinity;
  }
  const errors = [await device.popErrorScope(), await device.popErrorScope()];
  return errors.every((error) => error === null) && difference <= 2 ** -10;
}

async function runTrial(device: GPUDevice, family: ProductFamily): Promise<Float32Array> {
  const runner = new KernelRunner(device);
  const { height, width } = convolutionOutput(trial);
  const sizesOf = {
    input: trial.images * trial.inHeight * trial.inWidth * trial.inChannels,
    weights: trial.kernel ** 2 * trial.inChannels * trial.outChannels,
    output: trial.images * height * width * trial.outChannels,
  };
  const buffers: GPUBuffer[] = [];
  const create = (elements: number, values: ((index: number) => number) | null): GPUBuffer => {
    const size = Math.ceil((elements * bytesPerElement('f16')) / 16) * 16;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const buffer = device.createBuffer({ size, usage });
    buffers.push(buffer);
    if (values !== null) {
      const data = Float16Array.from({ length: size / 2 }, (_, index) => values(index));
      device.queue.writeBuffer(buffer, 0, data as unknown as Uint8Array<ArrayBuffer>);
    }
    return buffer;
  };
  try {
    // Eighths in -1..1 by two strides that share no factor with any extent.
    const input = create(sizesOf.input, (index) => (((index * 29) % 17) - 8) / 8);
    const weights = create(sizesOf.weights, (index) => (((index * 31) % 13) - 6) / 8);
    const output = create(sizesOf.output, null);
    const { program } = convolutionForward(trial, {
      precision: 'f16',
      family,
      inputTransform: null,
      bias: false,
      statistics: null,
    });
    const slice = (buffer: GPUBuffer) => ({ buffer, offset: 0, size: buffer.size });
    const encoder = device.createCommandEncoder();
    runner.encode(encoder, [runner.prepare(program, [slice(input), slice(weights), slice(output)])]);
    device.queue.submit([encoder.finish()]);
    return toFloat32(await readBack(device, slice(output)), 'f16', sizesOf.output);
  } finally {
    for (const buffer of buffers) buffer.destroy();
    runner.dispose();
  }
}
