/**
 * Rewrites a program for matrix units into plain WGSL that means the same, so that adapters without such units run the rest of
 * it as it is: staging, addresses, epilogue, statistics. A loaded operand becomes (offset, stride) and is read when
 * multiplied; a result's elements are dealt out to the 32 invocations of an emulated subgroup.
 */
import type { KernelProgram } from '#main/engine/webgpu/kernel-program.ts';

export function emulateMatrixUnits(program: KernelProgram, m: number, n: number, k: number): KernelProgram {
  const held = (m * n) / 32;
  const at = (operand: 'row' | 'column', name: string, line: string, element: string): string =>
    operand === 'row' ? `${name}[p.x + (${line}) * p.y + ${element}]` : `${name}[p.x + (${element}) * p.y + ${line}]`;
  const [leftOrder] = /left<[^>]*>, (row|col)_major/.exec(program.wgsl)?.slice(1) ?? [];
  const [rightOrder] = /right<[^>]*>, (row|col)_major/.exec(program.wgsl)?.slice(1) ?? [];
  const functions = `
// 1, but no compiler knows: the loops stay loops, else compilation takes minutes.
var<private> once: u32;
alias Sums = array<f32, ${held}>;
fn leftElement(p: vec2<u32>, i: u32, t: u32) -> f32 { return f32(${at(leftOrder === 'row' ? 'row' : 'column', 'tileA', 'i', 't')}); }
fn rightElement(p: vec2<u32>, t: u32, j: u32) -> f32 { return f32(${at(rightOrder === 'row' ? 'row' : 'column', 'tileB', 't', 'j')}); }
fn multiplied(lane: u32, l: vec2<u32>, r: vec2<u32>, sums: Sums) -> Sums {
var result = sums;
for (var h = 0u; h < ${held}u * once; h++) { let e = h * 32u + lane;
for (var t = 0u; t < ${k}u * once; t++) { result[h] += leftElement(l, e / ${n}u, t) * rightElement(r, t, e % ${n}u); } }
return result;
}
fn store(lane: u32, offset: u32, sums: Sums, stride: u32) {
var held = sums;
for (var h = 0u; h < ${held}u * once; h++) { let e = h * 32u + lane; scratch[offset + e / ${n}u * stride + e % ${n}u] = held[h]; }
}
@compute`;
  const wgsl = program.wgsl
    .replace('enable chromium_experimental_subgroup_matrix;', '')
    .replace('enable subgroups;', '')
    .replace(
      /, @builtin\(subgroup_id\) subgroup: u32, @builtin\(subgroup_invocation_id\) lane: u32\) \{/,
      `, @builtin(num_workgroups) grid: vec3<u32>) {
once = min(grid.z, 1u);
let subgroup = thread / 32u;
let lane = thread % 32u;`,
    )
    .replace('@compute', functions)
    .replaceAll(/subgroup_matrix_result<f32, \d+, \d+>\(\)/g, 'Sums()')
    .replaceAll(/subgroupMatrixLoad<subgroup_matrix_\w+<f16, \d+, \d+>, \w+>\(&\w+, /g, 'vec2<u32>(')
    .replaceAll('subgroupMatrixMultiplyAccumulate(', 'multiplied(lane, ')
    .replaceAll('subgroupMatrixStore<row_major>(&scratch, ', 'store(lane, ');
  return { ...program, wgsl };
}
