/** WGSL of the loss, the spread and the step's result; formulas in kernel.ts. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, mainText, quadPrelude, threadsPerWorkgroup, type BufferText } from '../quad-text.ts';

/** PyTorch's cosine_similarity: each norm is at least this. */
const smallestNorm = 1e-8;

/** Adds `name` of all 256 threads into slot 0. */
function addAllText(...names: readonly string[]): string {
  return `  for (var half = ${threadsPerWorkgroup / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
${names.map((name) => `      ${name}[local] += ${name}[local + half];`).join('\n')}
    }
  }
  workgroupBarrier();`;
}

export interface LossText {
  readonly batch: number;
  readonly quads: number;
  readonly precision: Precision;
}

/** One workgroup a triplet. Components of a product: x and y of the pair (0, 1), z and w of (0, 2). `weight` is the pair (0, 1)'s. */
export function lossText(
  { batch, quads, precision }: LossText,
  views: 2 | 3,
  weight: number,
  buffers: readonly BufferText[],
): string {
  const viewStride = batch * quads;
  const third = views === 3;
  const loads = (index: string): string =>
    [0, 1, ...(third ? [2] : [])]
      .map(
        (view) => `    let p${view} = vec4<f32>(predictions[${index} + ${view * viewStride}u]);
    let z${view} = vec4<f32>(projections[${index} + ${view * viewStride}u]);`,
      )
      .join('\n');
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> products: array<vec4<f32>, ${threadsPerWorkgroup}>;
var<workgroup> predictionSquares: array<vec4<f32>, ${threadsPerWorkgroup}>;
var<workgroup> projectionSquares: array<vec4<f32>, ${threadsPerWorkgroup}>;
${mainText(batch)}
  let start = workgroup * ${quads}u;
  var product = vec4<f32>(0);
  var pSquares = vec4<f32>(0);
  var zSquares = vec4<f32>(0);
  for (var quad = local; quad < ${quads}u; quad += ${threadsPerWorkgroup}u) {
    let at = start + quad;
${loads('at')}
    product += vec4<f32>(dot(p0, z1), dot(p1, z0), ${third ? 'dot(p0, z2), dot(p2, z0)' : '0.0, 0.0'});
    pSquares += vec4<f32>(dot(p0, p0), dot(p1, p1), ${third ? 'dot(p2, p2)' : '0.0'}, 0.0);
    zSquares += vec4<f32>(dot(z0, z0), dot(z1, z1), ${third ? 'dot(z2, z2)' : '0.0'}, 0.0);
  }
  products[local] = product;
  predictionSquares[local] = pSquares;
  projectionSquares[local] = zSquares;
${addAllText('products', 'predictionSquares', 'projectionSquares')}
  let smallest = vec4<f32>(${smallestNorm});
  let pNorms = sqrt(predictionSquares[0]);
  let zNorms = sqrt(projectionSquares[0]);
  // Comparisons rather than max(), which may drop NaN.
  let isShort = pNorms <= smallest;
  let pInverse = 1.0 / select(pNorms, smallest, isShort);
  let zInverse = 1.0 / select(zNorms, smallest, zNorms <= smallest);
  // cosines: (p0, z1), (p1, z0), (p0, z2), (p2, z0)
  let weights = vec4<f32>(${weight}, ${weight}, 1, 1);
  let cosines = weights * products[0] * pInverse.xyxz * zInverse.yxzx;
  if (local == 0u) { rowLosses[workgroup] = -0.5 * (cosines.x + cosines.y + cosines.z + cosines.w); }
  let share = ${-0.5 / batch} * scaler[0];
  // Below the smallest norm the length is a constant and only the direction of z remains.
  let alongP = select(
    vec3<f32>(cosines.x + cosines.z, cosines.y, cosines.w) * pInverse.xyz * pInverse.xyz,
    vec3<f32>(0),
    isShort.xyz,
  );
  for (var quad = local; quad < ${quads}u; quad += ${threadsPerWorkgroup}u) {
    let at = start + quad;
${loads('at')}
    let direction0 = z0 * zInverse.x;
    gradient[at] = Quad(share * ((weights.x * z1 * zInverse.y${third ? ' + z2 * zInverse.z' : ''}) * pInverse.x - p0 * alongP.x));
    gradient[at + ${viewStride}u] = Quad(share * (weights.y * direction0 * pInverse.y - p1 * alongP.y));
${third ? `    gradient[at + ${2 * viewStride}u] = Quad(share * (direction0 * pInverse.z - p2 * alongP.z));` : ''}
  }
}
`;
}

/** workspace[row] = 1 / length of the row of view 1. One workgroup a row. */
export function lengthsText({ batch, quads, precision }: LossText, buffers: readonly BufferText[]): string {
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> squares: array<f32, ${threadsPerWorkgroup}>;
${mainText(batch)}
  var sum = 0.0;
  for (var quad = local; quad < ${quads}u; quad += ${threadsPerWorkgroup}u) {
    let value = vec4<f32>(projections[workgroup * ${quads}u + quad]);
    sum += dot(value, value);
  }
  squares[local] = sum;
${addAllText('squares')}
  if (local == 0u) {
    let length = sqrt(squares[0]);
    workspace[workgroup] = 1.0 / select(length, ${smallestNorm}, length <= ${smallestNorm});
  }
}
`;
}

/** workspace[batch + quad] = sum of the standard deviations of four columns. One workgroup a quad; two passes over the rows. */
export function columnsText({ batch, quads, precision }: LossText, buffers: readonly BufferText[]): string {
  const value = `vec4<f32>(projections[row * ${quads}u + workgroup]) * workspace[row]`;
  const rows = `for (var row = local; row < ${batch}u; row += ${threadsPerWorkgroup}u)`;
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> sums: array<vec4<f32>, ${threadsPerWorkgroup}>;
var<workgroup> squares: array<vec4<f32>, ${threadsPerWorkgroup}>;
${mainText(quads)}
  var sum = vec4<f32>(0);
  ${rows} { sum += ${value}; }
  sums[local] = sum;
${addAllText('sums')}
  let mean = sums[0] / ${batch}.0;
  var square = vec4<f32>(0);
  ${rows} {
    let difference = ${value} - mean;
    square += difference * difference;
  }
  squares[local] = square;
${addAllText('squares')}
  if (local == 0u) { workspace[${batch}u + workgroup] = dot(sqrt(squares[0] / ${batch}.0), vec4<f32>(1)); }
}
`;
}

/** One workgroup: \`result\` = share * sum of input[first .. first + count). */
function sumText(input: string, first: number, count: number): string {
  return `  var sum = 0.0;
  for (var at = local; at < ${count}u; at += ${threadsPerWorkgroup}u) { sum += ${input}[${first}u + at]; }
  sums[local] = sum;
${addAllText('sums')}`;
}

export function meanText({ batch, quads }: Omit<LossText, 'precision'>, buffers: readonly BufferText[]): string {
  return `${bufferText(buffers)}
var<workgroup> sums: array<f32, ${threadsPerWorkgroup}>;
${mainText(1)}
${sumText('workspace', batch, quads)}
  if (local == 0u) { result[0] = sums[0] / ${quads * 4}.0; }
}
`;
}

export function stepResultText(rows: number, batch: number, spread: boolean, buffers: readonly BufferText[]): string {
  return `${bufferText(buffers)}
var<workgroup> sums: array<f32, ${threadsPerWorkgroup}>;
${mainText(1)}
${sumText('rowLosses', 0, rows)}
  if (local == 0u) {
    let isSkipped = overflow[0] != 0u;
    results[0] = sums[0] / ${batch}.0;
    results[1] = ${spread ? 'spread[0]' : '0.0'};
    results[2] = select(0.0, 1.0, isSkipped);
    results[3] = scaler[0];
    results[4] = select(0.0, scaler[2] + 1.0, isSkipped);
    results[5] = 0.0;
    results[6] = 0.0;
    results[7] = 0.0;
  }
}
`;
}
