/**
 * Operand of pixels under a kernel window: rows are pixels of one image grid, terms are (tap, channel) of another grid. The
 * forward product reads inputs at y0 + tap, the input gradient reads output gradients at y0 - tap.
 */
import type { Operand } from './operand.ts';

export interface Gather {
  readonly source: string;
  readonly element: string;
  readonly sourceHeight: number;
  readonly sourceWidth: number;
  readonly sourceChannels: number;
  /** Text of the number of taps in a line of the window, and whether there is a single tap. */
  readonly tapsX: string;
  readonly isSingleTap: boolean;
  readonly direction: '+' | '-';
  /** Defines, from the u32 `row` (valid), i32 y0 and x0 and the u32 image. */
  readonly locate: string;
  /** Whether a step can pass the last term. */
  readonly isRagged: boolean;
  /** Text of the scale's and shift's addresses with `channel`, for the transform; null without. */
  readonly transform: string | null;
}

export function gatherOperand(gather: Gather): Operand {
  const { element } = gather;
  return {
    along: 'k',
    begin: '',
    // A row past the end has an y0 that no tap brings back into the image.
    slot: (slot, place) => `var aY${slot} = -100000;
var aX${slot} = 0;
var aBase${slot} = 0u;
{ let row = firstRow + ${place};
if (row < endRow) {
${gather.locate}
aY${slot} = y0;
aX${slot} = x0;
aBase${slot} = image * ${gather.sourceHeight * gather.sourceWidth}u; } }`,
    step: `let aTerm = k + aGroup * 4u;
let aTap = aTerm / ${gather.sourceChannels}u;
let aChannel = aTerm % ${gather.sourceChannels}u;
${
  gather.isSingleTap
    ? 'let aTapY = 0;\nlet aTapX = 0;'
    : `let aTapY = i32(aTap / ${gather.tapsX});\nlet aTapX = i32(aTap % ${gather.tapsX});`
}
${gather.isRagged ? 'let aInside = aTerm < endTerm;' : 'let aInside = true;'}
${
  gather.transform === null
    ? ''
    : `var aScale = vec4<f32>();
var aShift = vec4<f32>();
if (aInside) { let channel = aChannel; ${gather.transform} aScale = inputStatistics[scaleAt]; aShift = inputStatistics[shiftAt]; }`
}`,
    fetch: (slot, name) => `{ let y = u32(aY${slot} ${gather.direction} aTapY);
let x = u32(aX${slot} ${gather.direction} aTapX);
if (aInside && y < ${gather.sourceHeight}u && x < ${gather.sourceWidth}u) {
${name} = ${gather.source}[((aBase${slot} + y * ${gather.sourceWidth}u + x) * ${gather.sourceChannels}u + aChannel) / 4u];
${
  gather.transform === null ? '' : `${name} = vec4<${element}>(max(vec4<f32>(), vec4<f32>(${name}) * aScale + aShift));`
}
} }`,
  };
}
