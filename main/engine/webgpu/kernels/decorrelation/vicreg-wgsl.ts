/** WGSL of VICReg's gradient. One workgroup a column quad of a view; threads take its rows. */
import { vicreg } from '../../../decorrelation.ts';
import { bufferText, mainText, quadPrelude, threadsPerWorkgroup, type BufferText } from '../quad-text.ts';
import { addAllText, floatsText, normalText, pairWeights, viewWeights, type DecorrelationText } from './shared-wgsl.ts';

export function vicregGradientText(text: DecorrelationText, buffers: readonly BufferText[]): string {
  const { views, batch, quads, precision } = text;
  const width = quads * 4;
  const free = batch - 1;
  const slope = (2 * vicreg.invariance) / (batch * width);
  return `${quadPrelude(precision)}${bufferText(buffers)}
var<workgroup> sums: array<f32, ${threadsPerWorkgroup}>;
${normalText(text)}
${mainText(views * quads)}
  var viewWeights = ${floatsText(viewWeights(text))};
  var pairWeights = ${floatsText(pairWeights(text))};
  let view = workgroup / ${quads}u;
  let quad = workgroup % ${quads}u;
  let variance = moments[2u * workgroup + 1u];
  let deviation = sqrt(variance + ${vicreg.epsilon});
  let isNarrow = deviation < vec4<f32>(1);
  let hinge = select(vec4<f32>(0), 1.0 - deviation, isNarrow);
  let factor = ${(-4 * vicreg.covariance) / (width * free)} * variance
    - select(vec4<f32>(0), ${vicreg.variance / (2 * width * free)} / deviation, isNarrow);
  var squares = 0.0;
  for (var row = local; row < ${batch}u; row += ${threadsPerWorkgroup}u) {
    var product = vec4<f32>(0);
    // Products of rows are symmetric: neighbouring threads read neighbouring numbers.
    for (var other = 0u; other < ${batch}u; other += 1u) {
      product += products[(view * ${batch}u + other) * ${batch}u + row] * normal(view, other, quad);
    }
    let own = normal(view, row, quad);
    var total = viewWeights[view] * (${(4 * vicreg.covariance) / (width * free ** 2)} * product + factor * own);
    let value = stored(view, row, quad);
    if (view == 0u) {
      for (var second = 1u; second < ${views}u; second += 1u) {
        total += ${slope} * pairWeights[second] * (value - stored(second, row, quad));
      }
    } else {
      let difference = value - stored(0u, row, quad);
      total += ${slope} * pairWeights[view] * difference;
      squares += dot(difference, difference);
    }
    gradient[(view * ${batch}u + row) * ${quads}u + quad] = Quad(scaler[0] * total);
  }
  sums[local] = squares;
${addAllText('sums')}
  if (local == 0u) {
    let spread = ${vicreg.variance / (2 * width)} * dot(hinge, vec4<f32>(1))
      - ${vicreg.covariance / width} * dot(variance, variance);
    columnLosses[workgroup] = viewWeights[view] * spread + ${slope / 2} * pairWeights[view] * sums[0];
  }
}
`;
}
