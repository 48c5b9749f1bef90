/**
 * Pieces of WGSL that the memory-bound kernels share: four channels travel together as one vec4 (a "quad") in the storage
 * type, arithmetic is float32. No kernel of its own.
 */
import { foldWorkgroups, type BufferAccess, type Precision } from '../kernel-program.ts';

/** [name, WGSL type, access] of one storage buffer. */
export type BufferText = readonly [name: string, type: string, access: BufferAccess];

/** Threads of every workgroup here. */
export const threadsPerWorkgroup = 256;

/** Extensions and `Quad`, four neighbouring channels as they are stored. */
export function quadPrelude(precision: Precision): string {
  return precision === 'f16' ? 'enable f16;\nalias Quad = vec4<f16>;\n' : 'alias Quad = vec4<f32>;\n';
}

/** Storage buffers in order, all in group 0. */
export function bufferText(buffers: readonly BufferText[]): string {
  return buffers
    .map(([name, type, access], binding) => `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: ${type};`)
    .join('\n');
}

export function accessOf(buffers: readonly BufferText[]): BufferAccess[] {
  return buffers.map(([, , access]) => access);
}

/** Head of `main` for a one-dimensional grid of `count` workgroups, folded: `workgroup` and `local` (0..255). */
export function mainText(count: number): string {
  const [width] = foldWorkgroups(count);
  return `@compute @workgroup_size(${threadsPerWorkgroup})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let workgroup = id.x + id.y * ${width}u;
  if (workgroup >= ${count}u) { return; }`;
}

/** Head of `main` for one thread per item: `item`, below `items`. */
export function itemText(items: number): string {
  return `${mainText(Math.ceil(items / threadsPerWorkgroup))}
  let item = workgroup * ${threadsPerWorkgroup}u + local;
  if (item >= ${items}u) { return; }`;
}

export function itemWorkgroups(items: number): readonly [number, number, number] {
  return foldWorkgroups(Math.ceil(items / threadsPerWorkgroup));
}

/** ReLU that lets NaN through, which max() may not: a broken step must show. */
export const rectifyText = `fn rectify(value: vec4<f32>) -> vec4<f32> {
  return select(value, vec4<f32>(0), value <= vec4<f32>(0));
}`;

/** Throws when channels are not padded. */
export function quadsOf(channels: number): number {
  if (channels <= 0 || channels % 8 !== 0) throw new RangeError(`Channels are padded to 8, not ${channels}`);
  return channels / 4;
}
