/** WGSL that VICReg and Barlow Twins share: moments of columns, products of rows, the loss's sum. Roles in kernel.ts. */
import { barlowTwins, vicreg } from '../../../decorrelation.ts';
import type { ViewPair } from '#common/domain/objective.ts';
import type { Precision } from '../../kernel-program.ts';
import { bufferText, mainText, quadPrelude, threadsPerWorkgroup, type BufferText } from '../quad-text.ts';

export interface DecorrelationText {
  readonly isVicreg: boolean;
  readonly views: number;
  readonly batch: number;
  readonly quads: number;
  readonly precision: Precision;
  readonly pairs: readonly ViewPair[];
}

/** A workgroup of 256 threads multiplies so many rows with so many. */
export const tileSide = 16;

/** Adds `name` of all threads of the workgroup into its slot 0. Every thread must come by. */
export function addAllText(name: string): string {
  return `  for (var half = ${threadsPerWorkgroup / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { ${name}[local] += ${name}[local + half]; }
  }
  workgroupBarrier();`;
}

/** `stored(view, row, quad)`: four neighbouring features as float32. */
export function storedText({ batch, quads }: DecorrelationText): string {
  return `fn stored(view: u32, row: u32, quad: u32) -> vec4<f32> {
  return vec4<f32>(projections[(view * ${batch}u + row) * ${quads}u + quad]);
}`;
}

/** `normal(view, row, quad)`: without the column's mean, for Barlow Twins also divided by its deviation. Zero beyond the batch. */
export function normalText(text: DecorrelationText): string {
  const { isVicreg, quads } = text;
  return `${storedText(text)}
fn normal(view: u32, row: u32, quad: u32) -> vec4<f32> {
  let column = 2u * (view * ${quads}u + quad);
  return (stored(view, row, quad) - moments[column])${isVicreg ? '' : ' * moments[column + 1u]'};
}`;
}

/** moments[2 column] = mean, [2 column + 1] = VICReg: unbiased variance; Barlow Twins: 1 / deviation. */
export function momentsText(text: DecorrelationText, buffers: readonly BufferText[]): string {
  const { isVicreg, views, batch, quads, precision } = text;
  const rows = `for (var row = local; row < ${batch}u; row += ${threadsPerWorkgroup}u)`;
  const spread = isVicreg ? `sums[0] / ${batch - 1}.0` : `1.0 / sqrt(sums[0] / ${batch}.0 + ${barlowTwins.epsilon})`;
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> sums: array<vec4<f32>, ${threadsPerWorkgroup}>;
${storedText(text)}
${mainText(views * quads)}
  let view = workgroup / ${quads}u;
  let quad = workgroup % ${quads}u;
  var sum = vec4<f32>(0);
  ${rows} { sum += stored(view, row, quad); }
  sums[local] = sum;
${addAllText('sums')}
  let mean = sums[0] / ${batch}.0;
  workgroupBarrier();
  var square = vec4<f32>(0);
  ${rows} {
    let difference = stored(view, row, quad) - mean;
    square += difference * difference;
  }
  sums[local] = square;
${addAllText('sums')}
  if (local == 0u) {
    moments[2u * workgroup] = mean;
    moments[2u * workgroup + 1u] = ${spread};
  }
}
`;
}

/** products[view][row][other] = sum over all features of normal(row) * normal(other). */
export function productsText(text: DecorrelationText, buffers: readonly BufferText[]): string {
  const { views, batch, quads, precision } = text;
  const across = Math.ceil(batch / tileSide);
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> left: array<vec4<f32>, ${threadsPerWorkgroup}>;
var<workgroup> right: array<vec4<f32>, ${threadsPerWorkgroup}>;
${normalText(text)}
fn normalOrZero(view: u32, row: u32, quad: u32) -> vec4<f32> {
  if (row >= ${batch}u || quad >= ${quads}u) { return vec4<f32>(0); }
  return normal(view, row, quad);
}
${mainText(views * across * across)}
  let view = workgroup / ${across * across}u;
  let tile = workgroup % ${across * across}u;
  let firstRow = (tile / ${across}u) * ${tileSide}u;
  let firstOther = (tile % ${across}u) * ${tileSide}u;
  let slow = local / ${tileSide}u;
  let fast = local % ${tileSide}u;
  var sum = 0.0;
  for (var start = 0u; start < ${quads}u; start += ${tileSide}u) {
    left[local] = normalOrZero(view, firstRow + slow, start + fast);
    right[local] = normalOrZero(view, firstOther + slow, start + fast);
    workgroupBarrier();
    for (var step = 0u; step < ${tileSide}u; step += 1u) {
      sum += dot(left[slow * ${tileSide}u + step], right[fast * ${tileSide}u + step]);
    }
    workgroupBarrier();
  }
  let row = firstRow + slow;
  let other = firstOther + fast;
  if (row < ${batch}u && other < ${batch}u) { products[(view * ${batch}u + row) * ${batch}u + other] = sum; }
}
`;
}

/** rowLosses[0] = loss * batch, the others 0: columns' shares and the sums over pairs of features. */
export function totalText(text: DecorrelationText, buffers: readonly BufferText[]): string {
  const { isVicreg, views, batch, quads, pairs } = text;
  const size = batch * batch;
  const squares = isVicreg
    ? viewWeights(text).map((weight, view) => {
        const share = (weight * vicreg.covariance) / (quads * 4 * (batch - 1) ** 2);
        return `    sum += ${share} * products[at + ${view * size}u] * products[at + ${view * size}u];`;
      })
    : pairs.map(({ first, second, weight }) => {
        const share = (weight * barlowTwins.scale * barlowTwins.redundancy) / size;
        return `    sum += ${share} * products[at + ${first * size}u] * products[at + ${second * size}u];`;
      });
  return `${bufferText(buffers)}
var<workgroup> sums: array<f32, ${threadsPerWorkgroup}>;
${mainText(1)}
  var sum = 0.0;
  for (var at = local; at < ${views * quads}u; at += ${threadsPerWorkgroup}u) { sum += columnLosses[at]; }
  for (var at = local; at < ${size}u; at += ${threadsPerWorkgroup}u) {
${squares.join('\n')}
  }
  sums[local] = sum;
${addAllText('sums')}
  for (var row = local; row < ${batch}u; row += ${threadsPerWorkgroup}u) {
    rowLosses[row] = select(0.0, sums[0] * ${batch}.0, row == 0u);
  }
}
`;
}

/** How often a view's own terms count: once for each pair it is in, with the pair's weight. */
export function viewWeights({ views, pairs }: DecorrelationText): number[] {
  return Array.from({ length: views }, (_, view) =>
    pairs.reduce((sum, { first, second, weight }) => sum + (first === view || second === view ? weight : 0), 0),
  );
}

/** Weight of the pair (0, view); 0 for view 0 itself. */
export function pairWeights({ views, pairs }: DecorrelationText): number[] {
  return Array.from({ length: views }, (_, view) => pairs.find(({ second }) => second === view)?.weight ?? 0);
}

/** A WGSL array of float constants. */
export function floatsText(values: readonly number[]): string {
  return `array<f32, ${values.length}>(${values.map((value) => `f32(${value})`).join(', ')})`;
}
