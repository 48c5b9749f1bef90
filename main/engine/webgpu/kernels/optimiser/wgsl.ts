/** WGSL of the overflow test, SGD and the loss scaler; formulas in kernel.ts. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, itemText, quadPrelude, type BufferText } from '../quad-text.ts';

/** Four elements a thread where they divide, else one. */
export interface LaneText {
  readonly items: number;
  readonly vector: boolean;
}

export function overflowText({ items, vector }: LaneText, buffers: readonly BufferText[]): string {
  const exponent = vector ? 'vec4<u32>(0x7f800000u)' : '0x7f800000u';
  const test = `(gradient[item] & ${exponent}) == ${exponent}`;
  return `${bufferText(buffers)}
${itemText(items)}
  if (${vector ? `any(${test})` : test}) { atomicStore(&overflow[0], 1u); }
}
`;
}

export function sgdText(
  { items, vector }: LaneText,
  rate: 0 | 1,
  precision: Precision,
  buffers: readonly BufferText[],
): string {
  const copy = precision === 'f16' ? `\n  copy[item] = ${vector ? 'Quad' : 'f16'}(weight);` : '';
  return `${quadPrelude(precision)}${bufferText(buffers)}
${itemText(items)}
  var weight = master[item];
  if (overflow[0] == 0u) {
    let slope = gradient[item] / scaler[0] + settings[3] * weight;
    let velocity = settings[2] * momentum[item] + slope;
    weight -= settings[${rate}] * velocity;
    momentum[item] = velocity;
    master[item] = weight;
  }${copy}
}
`;
}

export function accumulateText(
  { items }: LaneText,
  share: number,
  isFirst: boolean,
  buffers: readonly BufferText[],
): string {
  return `${bufferText(buffers)}
${itemText(items)}
  sum[item] = ${isFirst ? '' : 'sum[item] + '}part[item] * ${share.toExponential()}f;
}
`;
}

export function scalerText(growthInterval: number, maximumScale: number, buffers: readonly BufferText[]): string {
  return `${bufferText(buffers)}
@compute @workgroup_size(1)
fn main() {
  if (overflow[0] != 0u) {
    scaler[0] = max(scaler[0] * 0.5, 1.0);
    scaler[1] = 0.0;
    scaler[2] += 1.0;
    scaler[3] += 1.0;
  } else {
    let goodSteps = scaler[1] + 1.0;
    let isDue = goodSteps >= ${growthInterval}.0;
    scaler[0] = select(scaler[0], min(scaler[0] * 2.0, ${maximumScale}.0), isDue);
    scaler[1] = select(goodSteps, 0.0, isDue);
    scaler[2] = 0.0;
  }
  overflow[0] = 0u;
}
`;
}
