/** WGSL of batch norm's forward passes; formulas and layouts in kernel.ts. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, itemText, mainText, quadPrelude, rectifyText, type BufferText } from '../quad-text.ts';
import { rowGridText, rowLoopText, type RowGrid } from './row-grid.ts';

export const epsilon = 1e-5;
export const runningShare = 0.1;

/**
 * Chan, Golub and LeVeque's pairwise combination of (count, mean, squared deviations) in workgroup memory; slots `stride`
 * threads apart, `lanes` a power of two. Slot of a thread = lane * width + column.
 */
function combineText(lanes: number, width: number): string {
  return `  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = local + half * ${width}u;
      let total = counts[local] + counts[other];
      if (counts[other] > 0.0) {
        let delta = means[other] - means[local];
        let share = counts[other] / total;
        means[local] += delta * share;
        deviations[local] += deviations[other] + delta * delta * (counts[local] * share);
        counts[local] = total;
      }
    }
  }`;
}

const momentsMemory = `var<workgroup> means: array<vec4<f32>, 256>;
var<workgroup> deviations: array<vec4<f32>, 256>;
var<workgroup> counts: array<f32, 256>;
`;

export function partialsText(grid: RowGrid, precision: Precision, buffers: readonly BufferText[]): string {
  return `${quadPrelude(precision)}${bufferText(buffers)}
${momentsMemory}
${rowGridText(grid)}
  // Deviations from the thread's first value: exact enough in one pass, because that value is one of the data.
  var pivot = vec4<f32>(0);
  var sum = vec4<f32>(0);
  var squares = vec4<f32>(0);
  var count = 0.0;
${rowLoopText(
  grid,
  '    let value# = vec4<f32>(x[at#]);',
  `    if (count == 0.0) { pivot = value#; }
    let difference# = value# - pivot;
    sum += difference#;
    squares += difference# * difference#;
    count += 1.0;`,
)}
  let share = 1.0 / max(count, 1.0);
  means[local] = pivot + sum * share;
  let rest = squares - sum * sum * share;
  deviations[local] = select(rest, vec4<f32>(0), rest < vec4<f32>(0));
  counts[local] = count;
${combineText(grid.rowLanes, grid.quadLanes)}
  if (lane == 0u) {
    let to = groupPart * ${2 * grid.quads}u + quad;
    partials[to] = means[local] * counts[local];
    partials[to + ${grid.quads}u] = deviations[local];
  }
}
`;
}

export interface FinishText {
  readonly groups: number;
  readonly partsPerGroup: number;
  readonly rowsPerPart: number;
  readonly rowsPerGroup: number;
  readonly quads: number;
}

/** One workgroup: two quads of channels, 128 threads each over the parts. */
export function finishText(shape: FinishText, buffers: readonly BufferText[]): string {
  const { groups, partsPerGroup, rowsPerPart, rowsPerGroup, quads } = shape;
  return `${bufferText(buffers)}
${momentsMemory}
${mainText(quads / 2)}
  let quad = workgroup * 2u + local % 2u;
  let lane = local / 2u;
  var runningMean = running[quad];
  var runningVariance = running[quad + ${quads}u];
  for (var group = 0u; group < ${groups}u; group += 1u) {
    var mean = vec4<f32>(0);
    var squares = vec4<f32>(0);
    var count = 0.0;
    for (var part = lane; part < ${partsPerGroup}u; part += 128u) {
      let at = (group * ${partsPerGroup}u + part) * ${2 * quads}u + quad;
      let rows = f32(min(${rowsPerPart}u, ${rowsPerGroup}u - part * ${rowsPerPart}u));
      let delta = partials[at] / rows - mean;
      let share = rows / (count + rows);
      mean += delta * share;
      squares += partials[at + ${quads}u] + delta * delta * (count * share);
      count += rows;
    }
    means[local] = mean;
    deviations[local] = squares;
    counts[local] = count;
${combineText(128, 2)}
    if (lane == 0u) {
      let inverse = 1.0 / sqrt(deviations[local] / ${rowsPerGroup}.0 + ${epsilon});
      let scale = gamma[quad] * inverse;
      let to = group * ${4 * quads}u + quad;
      statistics[to] = means[local];
      statistics[to + ${quads}u] = inverse;
      statistics[to + ${2 * quads}u] = scale;
      statistics[to + ${3 * quads}u] = beta[quad] - means[local] * scale;
      runningMean += ${runningShare} * (means[local] - runningMean);
      runningVariance += ${runningShare} * (deviations[local] / ${Math.max(1, rowsPerGroup - 1)}.0 - runningVariance);
    }
    // The last combination read slots that the next group writes.
    workgroupBarrier();
  }
  if (lane == 0u) {
    running[quad] = runningMean;
    running[quad + ${quads}u] = runningVariance;
  }
}
`;
}

export function fromRunningText(quads: number, buffers: readonly BufferText[]): string {
  return `${bufferText(buffers)}
${itemText(quads)}
  let inverse = 1.0 / sqrt(running[item + ${quads}u] + ${epsilon});
  let scale = gamma[item] * inverse;
  statistics[item] = running[item];
  statistics[item + ${quads}u] = inverse;
  statistics[item + ${2 * quads}u] = scale;
  statistics[item + ${3 * quads}u] = beta[item] - running[item] * scale;
}
`;
}

export interface ApplyText {
  readonly relu: boolean;
  readonly residual: 'none' | 'plain' | 'normalised';
}

export function applyText(
  grid: RowGrid,
  precision: Precision,
  { relu, residual }: ApplyText,
  buffers: readonly BufferText[],
): string {
  const terms = {
    none: '',
    plain: ' + other#',
    normalised: ' + (other# * residualScale + residualShift)',
  };
  const sum = `value# * scale + shift${terms[residual]}`;
  const load = `    let value# = vec4<f32>(x[at#]);${residual === 'none' ? '' : '\n    let other# = vec4<f32>(residual[at#]);'}`;
  return `${quadPrelude(precision)}${bufferText(buffers)}
${rectifyText}
${rowGridText(grid)}
  let entry = group * ${4 * grid.quads}u + quad;
  let scale = statistics[entry + ${2 * grid.quads}u];
  let shift = statistics[entry + ${3 * grid.quads}u];
${
  residual === 'normalised'
    ? `  let residualScale = residualStatistics[entry + ${2 * grid.quads}u];
  let residualShift = residualStatistics[entry + ${3 * grid.quads}u];\n`
    : ''
}${rowLoopText(grid, load, `    y[at#] = Quad(${relu ? `rectify(${sum})` : sum});`)}
}
`;
}
