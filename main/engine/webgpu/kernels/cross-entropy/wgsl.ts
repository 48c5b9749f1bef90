/** WGSL of the cross-entropy; formulas in kernel.ts. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, itemText, quadPrelude, type BufferText } from '../quad-text.ts';

export interface CrossEntropyText {
  readonly batch: number;
  readonly quads: number;
  readonly classes: number;
  readonly precision: Precision;
}

export function crossEntropyText(
  { batch, quads, classes, precision }: CrossEntropyText,
  buffers: readonly BufferText[],
): string {
  return `${quadPrelude(precision)}${bufferText(buffers)}
${itemText(batch)}
  let start = item * ${quads}u;
  let own = u32(targets[item].x);
  let weight = targets[item].y;
  var largest = f32(logits[start].x);
  for (var k = 1u; k < ${classes}u; k += 1u) {
    let value = f32(logits[start + k / 4u][k % 4u]);
    // A comparison rather than max(), which may drop NaN.
    largest = select(value, largest, value <= largest);
  }
  var total = 0.0;
  for (var k = 0u; k < ${classes}u; k += 1u) {
    total += exp(f32(logits[start + k / 4u][k % 4u]) - largest);
  }
  rowLosses[item] = weight * (log(total) + largest - f32(logits[start + own / 4u][own % 4u]));
  let share = weight / ${batch}.0 * scaler[0];
  for (var quad = 0u; quad < ${quads}u; quad += 1u) {
    let column = vec4<u32>(quad * 4u) + vec4<u32>(0u, 1u, 2u, 3u);
    let probability = exp(vec4<f32>(logits[start + quad]) - largest) / total;
    let slope = probability - select(vec4<f32>(0), vec4<f32>(1), column == vec4<u32>(own));
    gradient[start + quad] = Quad(select(vec4<f32>(0), share * slope, column < vec4<u32>(${classes}u)));
  }
}
`;
}
