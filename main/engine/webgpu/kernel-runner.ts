/**
 * Runs kernel programs on a device: pipeline cache, bind groups, uniform buffers, one command encoder at a time. Knows no
 * network and no memory plan; buffers are handed in as slices.
 */
/// <reference types="@webgpu/types" />
import type { KernelProgram } from './kernel-program.ts';

export interface BufferSlice {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export interface RecordedKernel {
  readonly program: KernelProgram;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

export class KernelRunner {
  readonly device: GPUDevice;
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  private readonly uniformBuffers: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Compiles what is not compiled yet, all at once on the driver's threads. `prepare` would do it one after the other. */
  async compile(programs: readonly KernelProgram[]): Promise<void> {
    const missing = new Map(programs.filter(({ wgsl }) => !this.pipelines.has(wgsl)).map((one) => [one.wgsl, one]));
    await Promise.all(
      [...missing.values()].map(async (program) => {
        const pipeline = await this.device.createComputePipelineAsync(this.describe(program));
        this.pipelines.set(program.wgsl, pipeline);
      }),
    );
  }

  /** Compiles (once per WGSL text) and binds; the result can be dispatched any number of times. */
  prepare(program: KernelProgram, slices: readonly BufferSlice[]): RecordedKernel {
    if (slices.length !== program.buffers.length) {
      throw new RangeError(`${program.name} takes ${program.buffers.length} buffers, not ${slices.length}`);
    }
    const pipeline = this.pipelineOf(program);
    const entries: GPUBindGroupEntry[] = slices.map(({ buffer, offset, size }, binding) => ({
      binding,
      resource: { buffer, offset, size },
    }));
    if (program.uniforms !== null) {
      const buffer = this.device.createBuffer({
        size: program.uniforms.byteLength,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      this.device.queue.writeBuffer(buffer, 0, program.uniforms);
      this.uniformBuffers.push(buffer);
      entries.push({ binding: slices.length, resource: { buffer } });
    }
    const bindGroup = this.device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return { program, pipeline, bindGroup };
  }

  /** Records the kernels in order; WebGPU orders their memory accesses. */
  encode(
    encoder: GPUCommandEncoder,
    kernels: readonly RecordedKernel[],
    timestamps?: GPUComputePassTimestampWrites,
  ): void {
    const pass = encoder.beginComputePass(timestamps === undefined ? {} : { timestampWrites: timestamps });
    for (const { program, pipeline, bindGroup } of kernels) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...program.workgroups);
    }
    pass.end();
  }

  dispose(): void {
    for (const buffer of this.uniformBuffers) buffer.destroy();
    this.uniformBuffers.length = 0;
    this.pipelines.clear();
  }

  private pipelineOf(program: KernelProgram): GPUComputePipeline {
    const known = this.pipelines.get(program.wgsl);
    if (known !== undefined) return known;
    const pipeline = this.device.createComputePipeline(this.describe(program));
    this.pipelines.set(program.wgsl, pipeline);
    return pipeline;
  }
  private describe(program: KernelProgram): GPUComputePipelineDescriptor {
    const module = this.device.createShaderModule({ code: program.wgsl, label: program.name });
    return { label: program.name, layout: 'auto', compute: { module, entryPoint: 'main' } };
  }
}
