/**
 * WGSL of Barlow Twins' gradient. One workgroup a column quad of a view; threads take its rows. The mean of the gradient over
 * the rows is zero by itself, so going back through the standardisation only takes away what lies along the values.
 */
import { barlowTwins } from '../../../decorrelation.ts';
import { bufferText, mainText, quadPrelude, threadsPerWorkgroup, type BufferText } from '../quad-text.ts';
import { addAllText, floatsText, normalText, pairWeights, type DecorrelationText } from './shared-wgsl.ts';

export function barlowGradientText(text: DecorrelationText, buffers: readonly BufferText[]): string {
  const { views, batch, quads, precision } = text;
  const { redundancy, scale } = barlowTwins;
  const rowsPerThread = Math.ceil(batch / threadsPerWorkgroup);
  const rows = `for (var turn = 0u; turn < ${rowsPerThread}u; turn += 1u) {
      let row = local + turn * ${threadsPerWorkgroup}u;
      if (row >= ${batch}u) { break; }`;
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> sums: array<vec4<f32>, ${threadsPerWorkgroup}>;
${normalText(text)}
${mainText(views * quads)}
  var pairWeights = ${floatsText(pairWeights(text))};
  let view = workgroup / ${quads}u;
  let quad = workgroup % ${quads}u;
  // The tile is compared with each other view, each other view with the tile.
  let firstPartner = select(0u, 1u, view == 0u);
  let partners = select(1u, ${views}u, view == 0u);
  var totals: array<vec4<f32>, ${rowsPerThread}>;
  var columnLoss = 0.0;
  for (var partner = firstPartner; partner < partners; partner += 1u) {
    let weight = pairWeights[max(view, partner)] * ${scale};
    var correlation = vec4<f32>(0);
    ${rows}
      correlation += normal(view, row, quad) * normal(partner, row, quad);
    }
    sums[local] = correlation;
${addAllText('sums')}
    correlation = sums[0] / ${batch}.0;
    workgroupBarrier();
    let factor = (${2 - 2 * redundancy} * correlation - 2.0) / ${batch}.0;
    ${rows}
      var product = vec4<f32>(0);
      // Products of rows are symmetric: neighbouring threads read neighbouring numbers.
      for (var other = 0u; other < ${batch}u; other += 1u) {
        product += products[(partner * ${batch}u + other) * ${batch}u + row] * normal(view, other, quad);
      }
      totals[turn] += weight * (factor * normal(partner, row, quad) + ${(2 * redundancy) / batch ** 2} * product);
    }
    let missing = 1.0 - correlation;
    columnLoss += weight * (dot(missing, missing) - ${redundancy} * dot(correlation, correlation));
  }
  var along = vec4<f32>(0);
  ${rows}
      along += totals[turn] * normal(view, row, quad);
  }
  sums[local] = along;
${addAllText('sums')}
  let share = sums[0] / ${batch}.0;
  let inverse = moments[2u * workgroup + 1u];
  ${rows}
      let total = (totals[turn] - share * normal(view, row, quad)) * inverse;
      gradient[(view * ${batch}u + row) * ${quads}u + quad] = Quad(scaler[0] * total);
  }
  // Each pair is counted once, by its second view.
  if (local == 0u) { columnLosses[workgroup] = select(columnLoss, 0.0, view == 0u); }
}
`;
}
