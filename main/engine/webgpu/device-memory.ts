/** Bytes to and from the device: read-back of a buffer range, and images laid out as the kernels want them. */
/// <reference types="@webgpu/types" />
import type { Precision } from './kernel-program.ts';
import type { BufferSlice } from './kernel-runner.ts';

/** Waits for everything submitted before. */
export async function readBack(device: GPUDevice, { buffer, offset, size }: BufferSlice): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    // A copy in plain memory: the mapped range goes away.
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

/** Elements of either precision as float32. */
export function toFloat32(bytes: ArrayBuffer, precision: Precision, elements: number): Float32Array {
  return precision === 'f32'
    ? new Float32Array(bytes, 0, elements)
    : Float32Array.from(new Float16Array(bytes, 0, elements));
}

/** float32 NHWC images of three channels, one after the other -> [images][px][px][8], channels 3..7 zero. */
export function padImages(
  parts: readonly Float32Array[],
  precision: Precision,
): Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer> {
  const pixels = parts.reduce((sum, { length }) => sum + length, 0) / 3;
  const padded = precision === 'f32' ? new Float32Array(pixels * 8) : new Float16Array(pixels * 8);
  let pixel = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 3) {
      padded[pixel * 8] = part[i] ?? 0;
      padded[pixel * 8 + 1] = part[i + 1] ?? 0;
      padded[pixel * 8 + 2] = part[i + 2] ?? 0;
      pixel += 1;
    }
  }
  return padded;
}

/** Writes bytes of any length; the queue wants whole words. */
export function writeBytes(
  device: GPUDevice,
  { buffer, offset }: BufferSlice,
  bytes: Uint8Array<ArrayBufferLike>,
): void {
  const whole = bytes.byteLength - (bytes.byteLength % 4);
  const { queue } = device;
  queue.writeBuffer(buffer, offset, bytes as Uint8Array<ArrayBuffer>, 0, whole);
  if (whole === bytes.byteLength) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  queue.writeBuffer(buffer, offset + whole, rest);
}
