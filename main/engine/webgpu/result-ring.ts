/**
 * The few numbers of each step on their way back: copied into one of a ring of mapped buffers with the step itself and read
 * when the step is done, while the device works on the next. Nothing in a step waits for them.
 */
/// <reference types="@webgpu/types" />
import type { BufferSlice } from './kernel-runner.ts';

export class ResultRing {
  private readonly device: GPUDevice;
  private readonly source: BufferSlice;
  private readonly idle: GPUBuffer[] = [];
  private readonly all: GPUBuffer[] = [];

  constructor(device: GPUDevice, source: BufferSlice) {
    this.device = device;
    this.source = source;
  }

  /** Records the copy; the returned function is called after the submit and gives the float32 values. */
  record(encoder: GPUCommandEncoder): () => Promise<Float32Array> {
    const staging = this.idle.pop() ?? this.create();
    const { buffer, offset, size } = this.source;
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    return async () => {
      await staging.mapAsync(GPUMapMode.READ);
      const values = new Float32Array(staging.getMappedRange().slice(0));
      staging.unmap();
      this.idle.push(staging);
      return values;
    };
  }

  dispose(): void {
    for (const buffer of this.all) buffer.destroy();
  }

  private create(): GPUBuffer {
    const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
    const buffer = this.device.createBuffer({ label: 'step results', size: this.source.size, usage });
    this.all.push(buffer);
    return buffer;
  }
}
