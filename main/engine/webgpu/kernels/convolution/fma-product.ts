/**
 * The product of two staged tiles by plain multiply-adds: every thread keeps partM x 4 float32 sums in registers; the next
 * step's loads are issued before the current step's sums. Text only; convolution kernels supply operands and epilogue.
 */
import { operandText } from './operand.ts';
import type { ProductText } from './product-text.ts';

export function fmaProduct(text: ProductText): string {
  const { tile } = text;
  const element = text.precision;
  const a = operandText(text.a, 'a', tile.m, tile, element);
  const b = operandText(text.b, 'b', tile.n, tile, element);
  const columns = tile.n / 4;
  const rows = Array.from({ length: tile.partM }, (_, row) => row);
  const stage = (name: string, prefix: 'a' | 'b', operand: typeof a): string =>
    Array.from({ length: operand.slots }, (_, slot) => {
      const { row, group } = operand.address(slot);
      return `${name}[${row} * ${operand.rowLength / 4}u + ${group}] = vec4<f32>(${prefix}${slot});`;
    }).join('\n');
  return `${text.declarations}
var<workgroup> tileA: array<vec4<f32>, ${(tile.m * tile.k) / 4}>;
var<workgroup> tileB: array<vec4<f32>, ${(tile.n * tile.k) / 4}>;
${text.statistics === null ? '' : `var<workgroup> scratch: array<vec4<f32>, ${tile.threads}>;`}

@compute @workgroup_size(${tile.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
${text.prologue}
let column = thread % ${columns}u;
let line = thread / ${columns}u;
${a.begin}
${b.begin}
${rows.map((row) => `var sum${row} = vec4<f32>();`).join('\n')}
var k = firstTerm;
if (k < endTerm) {
${a.fetch}
${b.fetch}
}
while (k < endTerm) {
${stage('tileA', 'a', a)}
${stage('tileB', 'b', b)}
workgroupBarrier();
k += ${tile.k}u;
if (k < endTerm) {
${a.fetch}
${b.fetch}
}
for (var q = 0u; q < ${tile.k / 4}u; q++) {
${inner(text, rows)}
}
workgroupBarrier();
}
let n = firstColumn + column * 4u;
${rows
  .map(
    (row) =>
      `{ let m = firstRow + line * ${tile.partM}u + ${row}u; var value = sum${row};\n${text.emit}\nsum${row} = value; }`,
  )
  .join('\n')}
${text.statistics === null ? '' : statistics(text, rows)}
}
`;
}

function inner(text: ProductText, rows: readonly number[]): string {
  const { tile } = text;
  const lines: string[] = [];
  const parts = ['x', 'y', 'z', 'w'];
  if (text.a.along === 'k') {
    for (const row of rows) lines.push(`let p${row} = tileA[(line * ${tile.partM}u + ${row}u) * ${tile.k / 4}u + q];`);
  } else {
    for (let k = 0; k < 4; k++) {
      for (let group = 0; group < tile.partM / 4; group++) {
        const address = `(q * 4u + ${k}u) * ${tile.m / 4}u + line * ${tile.partM / 4}u + ${group}u`;
        lines.push(`let p${k}_${group} = tileA[${address}];`);
      }
    }
  }
  for (let part = 0; part < 4; part++) {
    const address =
      text.b.along === 'k'
        ? `(column * 4u + ${part}u) * ${tile.k / 4}u + q`
        : `(q * 4u + ${part}u) * ${tile.n / 4}u + column`;
    lines.push(`let r${part} = tileB[${address}];`);
  }
  for (let k = 0; k < 4; k++) {
    const b = text.b.along === 'k' ? `vec4<f32>(${[0, 1, 2, 3].map((n) => `r${n}.${parts[k]}`).join(', ')})` : `r${k}`;
    lines.push(`let t${k} = ${b};`);
    for (const row of rows) {
      const a = text.a.along === 'k' ? `p${row}.${parts[k]}` : `p${k}_${Math.floor(row / 4)}.${parts[row % 4]}`;
      lines.push(`sum${row} += ${a} * t${k};`);
    }
  }
  return lines.join('\n');
}

/** Sum, then squared deviations from the part's own mean; lines of threads combined in order. */
function statistics(text: ProductText, rows: readonly number[]): string {
  const { tile } = text;
  const columns = tile.n / 4;
  const combined = `var total = vec4<f32>();
for (var other = 0u; other < ${tile.m / tile.partM}u; other++) { total += scratch[other * ${columns}u + column]; }`;
  const row = (index: number): string => `firstRow + line * ${tile.partM}u + ${index}u < endRow`;
  return `
var own = vec4<f32>();
${rows.map((index) => `if (${row(index)}) { own += sum${index}; }`).join('\n')}
scratch[thread] = own;
workgroupBarrier();
${combined}
let mean = total / f32(min(${tile.m}u, endRow - firstRow));
workgroupBarrier();
own = vec4<f32>();
${rows.map((index) => `if (${row(index)}) { let d = sum${index} - mean; own += d * d; }`).join('\n')}
scratch[thread] = own;
workgroupBarrier();
if (line == 0u && n < ${text.columns}u) {
let sum = total;
{ ${combined}
let squares = total;
${text.statistics ?? ''}
}
}`;
}
