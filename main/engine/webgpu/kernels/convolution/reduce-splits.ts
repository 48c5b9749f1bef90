/** Adds partial results in their order: result[i] = sum over splits of workspace[split][i], float32, a multiple of 4 elements. */
import { foldWorkgroups, type KernelProgram } from '../../kernel-program.ts';
import { bindings, workgroupIndex } from './product-text.ts';

/** Buffers: workspace, result. Four running sums hide the latency of the loads; their order is fixed. */
export function reduceSplits(name: string, splits: number, elements: number): KernelProgram {
  const groups = elements / 4;
  const count = Math.ceil(groups / 64);
  const full = Math.floor(splits / 4) * 4;
  const rest = Array.from({ length: splits - full }, (_, index) => full + index);
  const wgsl = `${bindings([
    { name: 'workspace', type: 'vec4<f32>', access: 'read' },
    { name: 'result', type: 'vec4<f32>', access: 'read_write' },
  ])}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
${workgroupIndex(count)}
let at = index * 64u + thread;
if (at >= ${groups}u) { return; }
var s0 = vec4<f32>();
var s1 = vec4<f32>();
var s2 = vec4<f32>();
var s3 = vec4<f32>();
for (var split = 0u; split < ${full}u; split += 4u) {
s0 += workspace[split * ${groups}u + at];
s1 += workspace[(split + 1u) * ${groups}u + at];
s2 += workspace[(split + 2u) * ${groups}u + at];
s3 += workspace[(split + 3u) * ${groups}u + at];
}
${rest.map((split, index) => `s${index} += workspace[${split}u * ${groups}u + at];`).join('\n')}
result[at] = (s0 + s1) + (s2 + s3);
}
`;
  return {
    name,
    wgsl,
    buffers: ['read', 'read_write'],
    uniforms: null,
    workgroups: foldWorkgroups(count),
    floatOperations: splits * elements,
    byteLength: 4 * elements * (splits + 1),
  };
}
