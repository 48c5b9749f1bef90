/**
 * Column sums of a matrix [rows][channels], float32: a bias's gradient. Parts of the rows are summed by different workgroups
 * and added in order. Traffic: the matrix once.
 */
import { bytesPerElement, foldWorkgroups, type Precision } from '../../kernel-program.ts';
import { bindings, enables, workgroupIndex } from './product-text.ts';
import { reduceSplits } from './reduce-splits.ts';
import type { SplitProduct } from './weight-gradient.ts';

export interface ColumnSumsShape {
  readonly rows: number;
  /** A multiple of 8. */
  readonly channels: number;
  readonly precision: Precision;
}

const lines = 16;
const columns = 16;
const wantedWorkgroups = 512;

/** partial: x, workspace; reduce: workspace, sums f32 [channels]. */
export function columnSums({ rows, channels, precision }: ColumnSumsShape): SplitProduct {
  const tilesN = Math.ceil(channels / (4 * columns));
  const parts = Math.max(1, Math.min(Math.ceil(rows / (lines * 4)), Math.ceil(wantedWorkgroups / tilesN)));
  const rowsPerPart = Math.ceil(rows / parts);
  const count = parts * tilesN;
  const wgsl = `${enables(precision)}${bindings([
    { name: 'source', type: `vec4<${precision}>`, access: 'read' },
    { name: 'workspace', type: 'vec4<f32>', access: 'read_write' },
  ])}
var<workgroup> scratch: array<vec4<f32>, ${lines * columns}>;

@compute @workgroup_size(${lines * columns})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
${workgroupIndex(count)}
let part = index / ${tilesN}u;
let channel = (index % ${tilesN}u) * ${4 * columns}u + (thread % ${columns}u) * 4u;
let line = thread / ${columns}u;
let endRow = min((part + 1u) * ${rowsPerPart}u, ${rows}u);
var sum = vec4<f32>();
if (channel < ${channels}u) {
for (var row = part * ${rowsPerPart}u + line; row < endRow; row += ${lines}u) {
sum += vec4<f32>(source[(row * ${channels}u + channel) / 4u]);
}
}
scratch[thread] = sum;
workgroupBarrier();
if (line == 0u && channel < ${channels}u) {
for (var other = 1u; other < ${lines}u; other++) { sum += scratch[other * ${columns}u + thread]; }
workspace[(part * ${channels}u + channel) / 4u] = sum;
}
}
`;
  return {
    partial: {
      name: 'column-sums',
      wgsl,
      buffers: ['read', 'read_write'],
      uniforms: null,
      workgroups: foldWorkgroups(count),
      floatOperations: rows * channels,
      byteLength: rows * channels * bytesPerElement(precision) + 4 * parts * channels,
    },
    reduce: reduceSplits('column-sums-reduce', parts, channels),
    workspaceElements: parts * channels,
  };
}
