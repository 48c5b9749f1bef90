/**
 * Opens the GPU through Dawn: the adapter a person chose or the fastest one, every feature and limit asked for by name with
 * its reason, and the kernel family that follows. A software adapter is named as such and never taken unasked.
 */
/// <reference types="@webgpu/types" />
import { tmpdir } from 'node:os';
import { TrefoilError } from '#common/errors.ts';
import type { Precision } from './kernel-program.ts';
import type { ProductFamily } from './kernels/index.ts';
import { chooseFamily } from './product-family.ts';

/** Dawn's switches, and why. */
const enabled = [
  // Subgroup matrices and 16-bit floats on NVIDIA are behind it.
  'allow_unsafe_apis',
  // Dawn hides shader-f16 on NVIDIA under Vulkan without it.
  'vulkan_enable_f16_on_nvidia',
  // What subgroup matrices need.
  'use_vulkan_memory_model',
];

/** Timestamps in steps of 65 microseconds, a browser's protection against spying pages, would hide most kernels. */
const disabled = ['timestamp_quantization'];

/** What is asked for when the adapter has it. */
const wantedFeatures: Readonly<Record<string, string>> = {
  'shader-f16': 'half the memory traffic, and the matrix units',
  subgroups: 'sums without workgroup memory',
  'timestamp-query': 'the kernel table of the benchmark',
  'chromium-experimental-subgroup-matrix': 'the matrix units',
};

export interface AdapterSummary {
  readonly vendor: string;
  readonly architecture: string;
  /** The device's name. */
  readonly description: string;
  readonly isSoftware: boolean;
  readonly features: readonly string[];
  readonly maximumBufferBytes: number;
  readonly maximumBindingBytes: number;
  readonly workgroupMemoryBytes: number;
}

export interface OpenedDevice {
  readonly device: GPUDevice;
  readonly adapter: AdapterSummary;
  readonly precision: Precision;
  readonly family: ProductFamily;
  /** Why this adapter, precision and kernel family, in words. */
  readonly reason: string;
}

export interface OpenDeviceOptions {
  /** Part of the adapter's name; wins over everything. */
  readonly adapterName?: string;
  /** Takes a software adapter too: tests, never real work. */
  readonly allowSoftware?: boolean;
  /** Insists on float32. */
  readonly precision?: Precision;
}

const softwareNames = /llvmpipe|lavapipe|swiftshader|software|basic render/i;

/** Throws `engine-unavailable` with the reason in words: no driver, only a software adapter, none of that name. */
export async function openDevice(options: OpenDeviceOptions = {}): Promise<OpenedDevice> {
  const gpu = await loadDawn(options.adapterName);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw unavailable('No GPU with a Vulkan, Metal or Direct3D 12 driver was found.');
  const summary = summarise(adapter);
  if (summary.isSoftware && options.allowSoftware !== true) {
    throw unavailable(`The only adapter is a software one (${summary.description}), slower than the portable engine.`);
  }
  const features = Object.keys(wantedFeatures).filter((feature) => adapter.features.has(feature));
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: features as GPUFeatureName[],
    requiredLimits: {
      // Activations of a large batch are bound whole.
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      // Tiles of the matrix products.
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      // Batch norm backward binds nine buffers.
      maxStorageBuffersPerShaderStage: Math.min(10, limits.maxStorageBuffersPerShaderStage),
    },
  });
  const hasHalf = features.includes('shader-f16');
  const precision = options.precision ?? (hasHalf ? 'f16' : 'f32');
  if (precision === 'f16' && !hasHalf) throw unavailable(`${summary.description} has no 16-bit floats.`);
  const { family, reason } = await chooseFamily(device, adapter.info, precision);
  const why = precision === 'f16' ? `mixed precision, ${reason}` : reason;
  return { device, adapter: summary, precision, family, reason: `${summary.description}: ${why}.` };
}

/** Dawn aborts the process when its object is collected while a device lives: kept for the life of the process, by choice. */
interface KeptDawn {
  trefoilDawn?: Map<string, GPU>;
}

async function loadDawn(adapterName: string | undefined): Promise<GPU> {
  const kept = ((globalThis as KeptDawn).trefoilDawn ??= new Map());
  const known = kept.get(adapterName ?? '');
  if (known !== undefined) return known;
  // Mesa's loader wants the variable; a service or a container may not have it.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const chosen = adapterName === undefined ? [] : [`adapter=${adapterName}`];
    const features = [`enable-dawn-features=${enabled.join(',')}`, `disable-dawn-features=${disabled.join(',')}`];
    const gpu = create([...features, ...chosen]) as GPU;
    kept.set(adapterName ?? '', gpu);
    return gpu;
  } catch (error) {
    throw unavailable(
      `The GPU library could not be loaded (${error instanceof Error ? error.message : String(error)}).`,
    );
  }
}

function summarise(adapter: GPUAdapter): AdapterSummary {
  const { vendor, architecture, description } = adapter.info;
  return {
    vendor,
    architecture,
    description,
    isSoftware: adapter.info.isFallbackAdapter || softwareNames.test(`${architecture} ${description}`),
    features: [...adapter.features].sort(),
    maximumBufferBytes: adapter.limits.maxBufferSize,
    maximumBindingBytes: adapter.limits.maxStorageBufferBindingSize,
    workgroupMemoryBytes: adapter.limits.maxComputeWorkgroupStorageSize,
  };
}

function unavailable(what: string): TrefoilError {
  return new TrefoilError(
    'engine-unavailable',
    what,
    'Pretraining can run on the processor instead (engine tfjs), or install the graphics driver of your GPU and try again.',
  );
}
