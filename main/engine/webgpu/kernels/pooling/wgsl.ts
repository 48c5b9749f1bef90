/** WGSL of the poolings; what they compute in kernel.ts. One thread holds four channels. */
import type { Precision } from '../../kernel-program.ts';
import { bufferText, itemText, quadPrelude, rectifyText, type BufferText } from '../quad-text.ts';

export interface MaxPoolText {
  readonly images: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly quads: number;
  readonly precision: Precision;
  /** Rows of statistics when the input is normalised and rectified while it is loaded. */
  readonly imagesPerGroup: number | null;
}

/** `load(row, column)` of one image and quad, as the forward pass stores it. */
function loadText({ inWidth, quads, imagesPerGroup }: MaxPoolText): string {
  const transform = imagesPerGroup === null ? 'value' : 'vec4<f32>(Quad(rectify(value * scale + shift)))';
  return `${rectifyText}
var<private> imageStart: u32;
var<private> scale: vec4<f32>;
var<private> shift: vec4<f32>;
fn load(row: u32, column: u32) -> vec4<f32> {
  let value = vec4<f32>(x[imageStart + (row * ${inWidth}u + column) * ${quads}u]);
  return ${transform};
}
// Greater, or NaN: compared by bits, because a compiler may assume that there are no NaN.
fn beats(value: vec4<f32>, best: vec4<f32>) -> vec4<bool> {
  let isNan = (bitcast<vec4<u32>>(value) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
  return (value > best) | isNan;
}`;
}

function setText({ inHeight, inWidth, quads, imagesPerGroup }: MaxPoolText): string {
  const start = `  imageStart = image * ${inHeight * inWidth * quads}u + quad;`;
  if (imagesPerGroup === null) return start;
  return `${start}
  let entry = (image / ${imagesPerGroup}u) * ${4 * quads}u + quad;
  scale = inputStatistics[entry + ${2 * quads}u];
  shift = inputStatistics[entry + ${3 * quads}u];`;
}

export function maxPoolText(shape: MaxPoolText, buffers: readonly BufferText[]): string {
  const { images, inHeight, inWidth, outHeight, outWidth, quads, precision } = shape;
  return `${quadPrelude(precision)}${bufferText(buffers)}
${loadText(shape)}
${itemText(images * outHeight * outWidth * quads)}
  let quad = item % ${quads}u;
  let outColumn = (item / ${quads}u) % ${outWidth}u;
  let outRow = (item / ${quads * outWidth}u) % ${outHeight}u;
  let image = item / ${quads * outWidth * outHeight}u;
${setText(shape)}
  let top = max(outRow * 2u, 1u) - 1u;
  let left = max(outColumn * 2u, 1u) - 1u;
  let bottom = min(outRow * 2u + 2u, ${inHeight}u);
  let right = min(outColumn * 2u + 2u, ${inWidth}u);
  var best = load(top, left);
  for (var row = top; row < bottom; row += 1u) {
    for (var column = left; column < right; column += 1u) {
      let value = load(row, column);
      best = select(best, value, beats(value, best));
    }
  }
  y[item] = Quad(best);
}
`;
}

/** The four windows that reach a 2 x 2 block of inputs, and which of their nine places (in scan order) the block owns. */
const windowsOfBlock = [
  { down: 0, across: 0, owned: { topLeft: 4, topRight: 5, bottomLeft: 7, bottomRight: 8 } },
  { down: 0, across: 1, owned: { topRight: 3, bottomRight: 6 } },
  { down: 1, across: 0, owned: { bottomLeft: 1, bottomRight: 2 } },
  { down: 1, across: 1, owned: { bottomRight: 0 } },
];

/** Adds the window's gradient to the owner of its first largest value. */
function windowText({ down, across, owned }: (typeof windowsOfBlock)[number], shape: MaxPoolText): string {
  const { outHeight, outWidth, quads } = shape;
  const taps = Array.from(
    { length: 9 },
    (_, place) => `tap${2 * down + Math.floor(place / 3)}${2 * across + (place % 3)}`,
  );
  return `  if (blockRow + ${down}u < ${outHeight}u && blockColumn + ${across}u < ${outWidth}u) {
    let source = ((image * ${outHeight}u + blockRow + ${down}u) * ${outWidth}u + blockColumn + ${across}u) * ${quads}u + quad;
    let incoming = vec4<f32>(outputGradient[source]);
    var best = ${taps[0] ?? ''};
    var place = vec4<u32>(0);
    var isBetter: vec4<bool>;
${taps
  .slice(1)
  .map(
    (tap, before) => `    isBetter = beats(${tap}, best);
    best = select(best, ${tap}, isBetter);
    place = select(place, vec4<u32>(${before + 1}), isBetter);`,
  )
  .join('\n')}
${Object.entries(owned)
  .map(([owner, place]) => `    ${owner} += select(none, incoming, place == vec4<u32>(${place}));`)
  .join('\n')}
  }`;
}

/**
 * A thread owns the 2 x 2 inputs at (2a, 2b). Only windows a..a+1, b..b+1 reach them: their 5 x 5 values are loaded once, each
 * window's first largest value is found again and its gradient goes to the owner of that place.
 */
export function maxPoolGradientText(shape: MaxPoolText, buffers: readonly BufferText[]): string {
  const { images, inHeight, inWidth, outHeight, outWidth, quads, precision } = shape;
  const offsets = Array.from({ length: 25 }, (_, tap) => [Math.floor(tap / 5), tap % 5] as const);
  // 2 x 2 blocks are as many as outputs: both are half the size, rounded up.
  return `${quadPrelude(precision)}${bufferText(buffers)}
${loadText(shape)}
// The value one up and left of (row, column); padding is the lowest finite value.
fn tap(row: u32, column: u32) -> vec4<f32> {
  if (row == 0u || column == 0u || row > ${inHeight}u || column > ${inWidth}u) { return vec4<f32>(-3.4028234e38); }
  return load(row - 1u, column - 1u);
}
${itemText(images * outHeight * outWidth * quads)}
  let quad = item % ${quads}u;
  let blockColumn = (item / ${quads}u) % ${outWidth}u;
  let blockRow = (item / ${quads * outWidth}u) % ${outHeight}u;
  let image = item / ${quads * outWidth * outHeight}u;
${setText(shape)}
  let row = blockRow * 2u;
  let column = blockColumn * 2u;
${offsets.map(([down, across]) => `  let tap${down}${across} = tap(row + ${down}u, column + ${across}u);`).join('\n')}
  let none = vec4<f32>(0);
  var topLeft = none;
  var topRight = none;
  var bottomLeft = none;
  var bottomRight = none;
${windowsOfBlock.map((window) => windowText(window, shape)).join('\n')}
  let to = imageStart + (row * ${inWidth}u + column) * ${quads}u;
  inputGradient[to] = Quad(topLeft);
  if (column + 1u < ${inWidth}u) { inputGradient[to + ${quads}u] = Quad(topRight); }
  if (row + 1u < ${inHeight}u) {
    inputGradient[to + ${inWidth * quads}u] = Quad(bottomLeft);
    if (column + 1u < ${inWidth}u) { inputGradient[to + ${(inWidth + 1) * quads}u] = Quad(bottomRight); }
  }
}
`;
}

export interface AveragePoolText {
  readonly images: number;
  readonly rowsPerImage: number;
  readonly quads: number;
  readonly precision: Precision;
}

export function averagePoolText(shape: AveragePoolText, buffers: readonly BufferText[]): string {
  const { images, rowsPerImage, quads, precision } = shape;
  return `${quadPrelude(precision)}${bufferText(buffers)}
${itemText(images * quads)}
  let start = (item / ${quads}u) * ${rowsPerImage * quads}u + item % ${quads}u;
  var sum = vec4<f32>(0);
  for (var row = 0u; row < ${rowsPerImage}u; row += 1u) { sum += vec4<f32>(x[start + row * ${quads}u]); }
  y[item] = Quad(sum / ${rowsPerImage}.0);
}
`;
}

export function averagePoolGradientText(shape: AveragePoolText, buffers: readonly BufferText[]): string {
  const { images, rowsPerImage, quads, precision } = shape;
  return `${quadPrelude(precision)}${bufferText(buffers)}
${itemText(images * quads)}
  let start = (item / ${quads}u) * ${rowsPerImage * quads}u + item % ${quads}u;
  let share = Quad(vec4<f32>(outputGradient[item]) / ${rowsPerImage}.0);
  for (var row = 0u; row < ${rowsPerImage}u; row += 1u) { inputGradient[start + row * ${quads}u] = share; }
}
`;
}
