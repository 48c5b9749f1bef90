/**
 * The product of two staged tiles on the adapter's matrix units (subgroup matrices): float16 operands in workgroup memory,
 * float32 sums in registers, partM x partN of them for each subgroup. The result leaves through a piece of workgroup memory,
 * one matrix for each subgroup at a time. Operands and epilogue are the texts that the multiply-add family runs too.
 */
import { operandText, type OperandText } from './operand.ts';
import type { ProductText } from './product-text.ts';
import type { ProductFamily } from './shape.ts';

type SubgroupMatrix = Extract<ProductFamily, { readonly kind: 'subgroup-matrix' }>;

/** Elements between staged rows beyond their length: spreads the rows over the memory's banks. */
const rowPadding = 8;

export function subgroupProduct(family: SubgroupMatrix, text: ProductText): string {
  const { tile } = text;
  if (text.precision !== 'f16') throw new RangeError('matrix units take float16 only');
  const a = operandText(text.a, 'a', tile.m, tile, 'f16');
  const b = operandText(text.b, 'b', tile.n, tile, 'f16');
  const [matricesM, matricesN] = [tile.partM / family.m, tile.partN / family.n];
  const subgroupsN = tile.n / tile.partN;
  const subgroups = (tile.m / tile.partM) * subgroupsN;
  const matrix = family.m * family.n;
  // Of each subgroup in the epilogue: lanes side by side in a matrix row, and rows at a time.
  const laneColumns = family.n / 4;
  const laneRows = Math.min(family.m, family.subgroupSize / laneColumns);
  const sums = pairs(matricesM, matricesN).map(([i, j]) => `s${i}_${j}`);
  return `enable chromium_experimental_subgroup_matrix;
enable subgroups;
${text.declarations}
var<workgroup> tileA: array<f16, ${a.rowCount * (a.rowLength + rowPadding)}>;
var<workgroup> tileB: array<f16, ${b.rowCount * (b.rowLength + rowPadding)}>;
var<workgroup> scratch: array<f32, ${subgroups * matrix}>;

@compute @workgroup_size(${tile.threads})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32, @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32) {
${text.prologue}
let partRow = (subgroup / ${subgroupsN}u) * ${tile.partM}u;
let partColumn = (subgroup % ${subgroupsN}u) * ${tile.partN}u;
${a.begin}
${b.begin}
${sums.map((name) => `var ${name} = subgroup_matrix_result<f32, ${family.n}, ${family.m}>();`).join('\n')}
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
${range(tile.k / family.k)
  .map((step) => multiply(family, text, step * family.k, a, b))
  .join('\n')}
workgroupBarrier();
}
let laneColumn = lane % ${laneColumns}u;
let laneRow = lane / ${laneColumns}u;
let isLaneUsed = lane < ${laneRows * laneColumns}u;
let scratchOfSubgroup = subgroup * ${matrix}u;
let scratchOfLane = scratchOfSubgroup + laneRow * ${family.n}u + laneColumn * 4u;
${range(matricesN)
  .map((j) => columnEpilogue(family, text, j, laneRows))
  .join('\n')}
}
`;
}

/** Copies the registers of a step to workgroup memory. */
function stage(name: string, prefix: 'a' | 'b', operand: OperandText): string {
  return range(operand.slots)
    .map((slot) => {
      const { row, group } = operand.address(slot);
      const value = `${prefix}${slot}`;
      return `{ let at = ${row} * ${operand.rowLength + rowPadding}u + ${group} * 4u;
${name}[at] = ${value}.x; ${name}[at + 1u] = ${value}.y; ${name}[at + 2u] = ${value}.z; ${name}[at + 3u] = ${value}.w; }`;
    })
    .join('\n');
}

/** One matrix depth: the left matrices are kept, the right ones pass by. */
function multiply(family: SubgroupMatrix, text: ProductText, k: number, a: OperandText, b: OperandText): string {
  const { tile } = text;
  const [strideA, strideB] = [a.rowLength + rowPadding, b.rowLength + rowPadding];
  const left = range(tile.partM / family.m).map((i) => {
    const row = `(partRow + ${i * family.m}u)`;
    const [order, at] =
      text.a.along === 'k' ? ['row_major', `${row} * ${strideA}u + ${k}u`] : ['col_major', `${k * strideA}u + ${row}`];
    return `let l${i} = subgroupMatrixLoad<subgroup_matrix_left<f16, ${family.k}, ${family.m}>, ${order}>(&tileA, ${at}, ${strideA}u);`;
  });
  const right = range(tile.partN / family.n).map((j) => {
    const column = `(partColumn + ${j * family.n}u)`;
    const [order, at] =
      text.b.along === 'k'
        ? ['col_major', `${column} * ${strideB}u + ${k}u`]
        : ['row_major', `${k * strideB}u + ${column}`];
    const products = left.map((_, i) => `s${i}_${j} = subgroupMatrixMultiplyAccumulate(l${i}, r, s${i}_${j});`);
    return `{ let r = subgroupMatrixLoad<subgroup_matrix_right<f16, ${family.n}, ${family.k}>, ${order}>(&tileB, ${at}, ${strideB}u);
${products.join('\n')} }`;
  });
  return `{\n${[...left, ...right].join('\n')}\n}`;
}

/** Stores the j-th matrix column of every subgroup, and its statistics. */
function columnEpilogue(family: SubgroupMatrix, text: ProductText, j: number, laneRows: number): string {
  const { partM, partN } = text.tile;
  const rounds = family.m / laneRows;
  if (!Number.isInteger(rounds))
    throw new RangeError(`${laneRows} rows of lanes do not divide a matrix of ${family.m}`);
  const places = pairs(partM / family.m, rounds);
  const row = (i: number, round: number): string => `partRow + ${i * family.m + round * laneRows}u + laneRow`;
  const values = places.map(([i, round]) => ({
    name: `v${i}_${round}`,
    inside: `firstRow + ${row(i, round)} < endRow`,
  }));
  const stores = range(partM / family.m).map(
    (i) => `subgroupMatrixStore<row_major>(&scratch, scratchOfSubgroup, s${i}_${j}, ${family.n}u);
workgroupBarrier();
${range(rounds)
  .map(
    (round) => `if (isLaneUsed) { let m = firstRow + ${row(i, round)};
let at = scratchOfLane + ${round * laneRows * family.n}u;
var value = vec4<f32>(scratch[at], scratch[at + 1u], scratch[at + 2u], scratch[at + 3u]);
${text.emit}
v${i}_${round} = value; }`,
  )
  .join('\n')}
workgroupBarrier();`,
  );
  return `{ let n = firstColumn + partColumn + ${j * family.n}u + laneColumn * 4u;
${values.map(({ name }) => `var ${name} = vec4<f32>();`).join('\n')}
${stores.join('\n')}
${text.statistics === null ? '' : statistics(family, text, values, laneRows, partN)}
}`;
}

/** As in the multiply-add family: the sum, then squared deviations from the tile's own mean, combined in order. */
function statistics(
  family: SubgroupMatrix,
  text: ProductText,
  values: readonly { readonly name: string; readonly inside: string }[],
  laneRows: number,
  partN: number,
): string {
  const { tile } = text;
  const subgroupsN = tile.n / partN;
  const store = `if (isLaneUsed) { scratch[scratchOfLane] = own.x; scratch[scratchOfLane + 1u] = own.y;
scratch[scratchOfLane + 2u] = own.z; scratch[scratchOfLane + 3u] = own.w; }
workgroupBarrier();`;
  const combine = `var total = vec4<f32>();
for (var other = 0u; other < ${(tile.m / tile.partM) * laneRows}u; other++) {
let owner = (other / ${laneRows}u) * ${subgroupsN}u + subgroup % ${subgroupsN}u;
let at = owner * ${family.m * family.n}u + (other % ${laneRows}u) * ${family.n}u + laneColumn * 4u;
total += vec4<f32>(scratch[at], scratch[at + 1u], scratch[at + 2u], scratch[at + 3u]);
}
workgroupBarrier();`;
  return `var own = vec4<f32>();
${values.map(({ name, inside }) => `if (${inside}) { own += ${name}; }`).join('\n')}
${store}
${combine}
let mean = total / f32(min(${tile.m}u, endRow - firstRow));
own = vec4<f32>();
${values.map(({ name, inside }) => `if (${inside}) { let d = ${name} - mean; own += d * d; }`).join('\n')}
${store}
let sum = total;
{ ${combine}
let squares = total;
if (partRow == 0u && lane < ${family.n / 4}u && n < ${text.columns}u) {
${text.statistics ?? ''}
}
}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function pairs(rows: number, columns: number): [number, number][] {
  return range(rows).flatMap((i) => range(columns).map((j): [number, number] => [i, j]));
}
