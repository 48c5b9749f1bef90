/**
 * A device for kernel tests on whatever adapter is there (a GPU or Mesa's lavapipe), and one-shot runs of a program on plain
 * arrays. float16 data are converted here, so that tests compare numbers only.
 */
/// <reference types="@webgpu/types" />
import type { KernelProgram, Precision } from '#main/engine/webgpu/kernel-program.ts';
import { KernelRunner, type BufferSlice } from '#main/engine/webgpu/kernel-runner.ts';

export interface TestDevice {
  readonly device: GPUDevice;
  readonly runner: KernelRunner;
  readonly description: string;
  readonly hasF16: boolean;
}

let opened: Promise<TestDevice | null> | null = null;

/** Null when no Vulkan, Metal or Direct3D driver is installed; tests then report skipped with that reason. */
export function openTestDevice(): Promise<TestDevice | null> {
  return (opened ??= open());
}

async function open(): Promise<TestDevice | null> {
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp';
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create(['enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,use_vulkan_memory_model']);
  // Dawn crashes when the object is collected while devices live.
  Object.assign(globalThis, { keptGpu: gpu });
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return null;
  const wanted = ['shader-f16', 'subgroups', 'timestamp-query'] as const;
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup, maxStorageBufferBindingSize } =
    adapter.limits;
  const device = await adapter.requestDevice({
    requiredFeatures: [...requiredFeatures] as GPUFeatureName[],
    requiredLimits: {
      maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup,
      maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: Math.min(10, adapter.limits.maxStorageBuffersPerShaderStage),
    },
  });
  return {
    device,
    runner: new KernelRunner(device),
    description: adapter.info.description,
    hasF16: requiredFeatures.includes('shader-f16'),
  };
}

export interface RunBuffer {
  readonly data: Float32Array | Uint32Array;
  /** How the kernel sees the elements of a Float32Array; Uint32Array is passed as it is. */
  readonly precision?: Precision;
}

/** Runs the programs in order over one set of buffers and returns every buffer's contents afterwards, as float32 or uint32. */
export async function runPrograms(
  { device, runner }: TestDevice,
  buffers: readonly RunBuffer[],
  steps: readonly { readonly program: KernelProgram; readonly uses: readonly number[] }[],
): Promise<(Float32Array | Uint32Array)[]> {
  device.pushErrorScope('validation');
  const slices = buffers.map(({ data, precision }): BufferSlice => {
    const bytes = encode(data, precision ?? 'f32');
    const size = Math.max(16, Math.ceil(bytes.byteLength / 4) * 4);
    const buffer = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    const padded = new Uint8Array(size);
    padded.set(bytes);
    device.queue.writeBuffer(buffer, 0, padded);
    return { buffer, offset: 0, size };
  });
  const encoder = device.createCommandEncoder();
  runner.encode(
    encoder,
    steps.map(({ program, uses }) =>
      runner.prepare(
        program,
        uses.map((index) => slices[index]!),
      ),
    ),
  );
  device.queue.submit([encoder.finish()]);
  const results: (Float32Array | Uint32Array)[] = [];
  for (const [index, { buffer, size }] of slices.entries()) {
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
    const copy = device.createCommandEncoder();
    copy.copyBufferToBuffer(buffer, 0, staging, 0, size);
    device.queue.submit([copy.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const { data, precision } = buffers[index]!;
    results.push(decode(staging.getMappedRange().slice(0), data, precision ?? 'f32'));
    staging.unmap();
    staging.destroy();
    buffer.destroy();
  }
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(error.message);
  return results;
}

function encode(data: Float32Array | Uint32Array, precision: Precision): Uint8Array {
  if (data instanceof Uint32Array || precision === 'f32')
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const half = new Uint16Array(data.length);
  data.forEach((value, index) => (half[index] = toHalf(value)));
  return new Uint8Array(half.buffer);
}

function decode(
  bytes: ArrayBuffer,
  like: Float32Array | Uint32Array,
  precision: Precision,
): Float32Array | Uint32Array {
  if (like instanceof Uint32Array) return new Uint32Array(bytes, 0, like.length);
  if (precision === 'f32') return new Float32Array(bytes, 0, like.length);
  return Float32Array.from(new Uint16Array(bytes, 0, like.length), fromHalf);
}

const floatBits = new Float32Array(1);
const integerBits = new Uint32Array(floatBits.buffer);

/** IEEE binary16, rounded to nearest even. */
export function toHalf(value: number): number {
  floatBits[0] = value;
  const bits = integerBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  let mantissa = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (mantissa !== 0 ? 0x200 : 0);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    mantissa |= 0x800000;
    const shift = 14 - exponent;
    const half = mantissa >>> shift;
    const rest = mantissa & ((1 << shift) - 1);
    const tie = 1 << (shift - 1);
    return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0));
  }
  const half = (exponent << 10) | (mantissa >>> 13);
  const rest = mantissa & 0x1fff;
  return sign | (half + (rest > 0x1000 || (rest === 0x1000 && (half & 1) === 1) ? 1 : 0));
}

export function fromHalf(half: number): number {
  const sign = (half & 0x8000) !== 0 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
