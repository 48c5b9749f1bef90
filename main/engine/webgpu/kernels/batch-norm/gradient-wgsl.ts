/** WGSL of batch norm's backward passes; formulas and layouts in gradient-kernel.ts. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, mainText, quadPrelude, type BufferText } from '../quad-text.ts';
import { rowGridText, rowLoopText, type RowGrid } from './row-grid.ts';
import type { FinishText } from './wgsl.ts';

export type GradientMask = 'none' | 'normalised' | 'output';

const masks: Readonly<Record<GradientMask, string>> = {
  none: 'incoming#',
  normalised: 'select(incoming#, vec4<f32>(0), value# * scale + shift <= vec4<f32>(0))',
  output: 'select(incoming#, vec4<f32>(0), activated# <= vec4<f32>(0))',
};

/** What a row reads. */
function loadText(mask: GradientMask): string {
  return `    let incoming# = vec4<f32>(gradient[at#]);
    let value# = vec4<f32>(x[at#]);${mask === 'output' ? '\n    let activated# = vec4<f32>(output[at#]);' : ''}`;
}

/** What depends on the channel, loaded once a thread. */
function channelText(quads: number): string {
  return `  let entry = group * ${4 * quads}u + quad;
  let mean = statistics[entry];
  let inverse = statistics[entry + ${quads}u];
  let scale = statistics[entry + ${2 * quads}u];
  let shift = statistics[entry + ${3 * quads}u];`;
}

const sumsMemory = `var<workgroup> sums: array<vec4<f32>, 256>;
var<workgroup> products: array<vec4<f32>, 256>;
`;

function addText(lanes: number, width: number): string {
  return `  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      sums[local] += sums[local + half * ${width}u];
      products[local] += products[local + half * ${width}u];
    }
  }`;
}

export function gradientPartialsText(
  grid: RowGrid,
  precision: Precision,
  { mask, writeMasked }: { readonly mask: GradientMask; readonly writeMasked: boolean },
  buffers: readonly BufferText[],
): string {
  return `${quadPrelude(precision)}${bufferText(buffers)}
${sumsMemory}
${rowGridText(grid)}
${channelText(grid.quads)}
  var sum = vec4<f32>(0);
  var product = vec4<f32>(0);
${rowLoopText(
  grid,
  loadText(mask),
  `    let masked# = ${masks[mask]};
    sum += masked#;
    product += masked# * ((value# - mean) * inverse);${writeMasked ? '\n    gradient[at#] = Quad(masked#);' : ''}`,
)}
  sums[local] = sum;
  products[local] = product;
${addText(grid.rowLanes, grid.quadLanes)}
  if (lane == 0u) {
    let to = groupPart * ${2 * grid.quads}u + quad;
    partials[to] = sums[local];
    partials[to + ${grid.quads}u] = products[local];
  }
}
`;
}

/** One workgroup: two quads of channels, 128 threads each over the parts. */
export function gradientFinishText(shape: Omit<FinishText, 'rowsPerPart'>, buffers: readonly BufferText[]): string {
  const { groups, partsPerGroup, rowsPerGroup, quads } = shape;
  return `${bufferText(buffers)}
${sumsMemory.replaceAll('sums', 'totals').replaceAll('products', 'totalProducts')}
${mainText(quads / 2)}
  let quad = workgroup * 2u + local % 2u;
  let lane = local / 2u;
  var allSums = vec4<f32>(0);
  var allProducts = vec4<f32>(0);
  for (var group = 0u; group < ${groups}u; group += 1u) {
    var sum = vec4<f32>(0);
    var product = vec4<f32>(0);
    for (var part = lane; part < ${partsPerGroup}u; part += 128u) {
      let at = (group * ${partsPerGroup}u + part) * ${2 * quads}u + quad;
      sum += partials[at];
      product += partials[at + ${quads}u];
    }
    totals[local] = sum;
    totalProducts[local] = product;
${addText(128, 2).replaceAll('sums', 'totals').replaceAll('products', 'totalProducts')}
    if (lane == 0u) {
      let to = group * ${2 * quads}u + quad;
      sums[to] = totals[local] / ${rowsPerGroup}.0;
      sums[to + ${quads}u] = totalProducts[local] / ${rowsPerGroup}.0;
      allSums += totals[local];
      allProducts += totalProducts[local];
    }
    // The last addition read slots that the next group writes.
    workgroupBarrier();
  }
  if (lane == 0u) {
    gammaGradient[quad] = allProducts;
    betaGradient[quad] = allSums;
  }
}
`;
}

export function gradientApplyText(
  grid: RowGrid,
  precision: Precision,
  { mask, inPlace }: { readonly mask: 'none' | 'normalised'; readonly inPlace: boolean },
  buffers: readonly BufferText[],
): string {
  return `${quadPrelude(precision)}${bufferText(buffers)}
${rowGridText(grid)}
${channelText(grid.quads)}
  let meanGradient = sums[group * ${2 * grid.quads}u + quad];
  let meanProduct = sums[group * ${2 * grid.quads}u + quad + ${grid.quads}u];
${rowLoopText(
  grid,
  loadText(mask),
  `    let masked# = ${masks[mask]};
    ${inPlace ? 'gradient' : 'inputGradient'}[at#] =
      Quad(scale * (masked# - meanGradient - (value# - mean) * inverse * meanProduct));`,
)}
}
`;
}
