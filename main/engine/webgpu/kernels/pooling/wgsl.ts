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

/**
 * A thread owns the 2 x 2 inputs at (2a, 2b). Only windows a..a+1, b..b+1 reach them; each window's first largest value is
 * found again and its gradient goes to the owner of that place.
 */
export function maxPoolGradientText(shape: MaxPoolText, buffers: readonly BufferText[]): string {
  const { images, inHeight, inWidth, outHeight, outWidth, quads, precision } = shape;
  // 2 x 2 blocks are as many as outputs: both are half the size, rounded up.
  return `${quadPrelude(precision)}${bufferText(buffers)}
${loadText(shape)}
// Place of the window's first largest value: 3 * (row in the window) + column in the window.
fn placeOfLargest(outRow: u32, outColumn: u32) -> vec4<u32> {
  let top = max(outRow * 2u, 1u) - 1u;
  let left = max(outColumn * 2u, 1u) - 1u;
  let bottom = min(outRow * 2u + 2u, ${inHeight}u);
  let right = min(outColumn * 2u + 2u, ${inWidth}u);
  var best = load(top, left);
  var place = vec4<u32>((top + 1u - outRow * 2u) * 3u + left + 1u - outColumn * 2u);
  for (var row = top; row < bottom; row += 1u) {
    for (var column = left; column < right; column += 1u) {
      let value = load(row, column);
      let isBetter = beats(value, best);
      best = select(best, value, isBetter);
      place = select(place, vec4<u32>((row + 1u - outRow * 2u) * 3u + column + 1u - outColumn * 2u), isBetter);
    }
  }
  return place;
}
${itemText(images * outHeight * outWidth * quads)}
  let quad = item % ${quads}u;
  let blockColumn = (item / ${quads}u) % ${outWidth}u;
  let blockRow = (item / ${quads * outWidth}u) % ${outHeight}u;
  let image = item / ${quads * outWidth * outHeight}u;
${setText(shape)}
  let none = vec4<f32>(0);
  var topLeft = none;
  var topRight = none;
  var bottomLeft = none;
  var bottomRight = none;
  for (var down = 0u; down < 2u; down += 1u) {
    for (var across = 0u; across < 2u; across += 1u) {
      let outRow = blockRow + down;
      let outColumn = blockColumn + across;
      if (outRow >= ${outHeight}u || outColumn >= ${outWidth}u) { continue; }
      let place = placeOfLargest(outRow, outColumn);
      let source = ((image * ${outHeight}u + outRow) * ${outWidth}u + outColumn) * ${quads}u + quad;
      let incoming = vec4<f32>(outputGradient[source]);
      // The block's own places as this window counts them; 9 is nowhere.
      let firstRow = select(1u, 9u, down == 1u);
      let secondRow = select(2u, 0u, down == 1u);
      let firstColumn = select(1u, 9u, across == 1u);
      let secondColumn = select(2u, 0u, across == 1u);
      let placeRow = place / 3u;
      let placeColumn = place % 3u;
      topLeft += select(none, incoming, (placeRow == vec4(firstRow)) & (placeColumn == vec4(firstColumn)));
      topRight += select(none, incoming, (placeRow == vec4(firstRow)) & (placeColumn == vec4(secondColumn)));
      bottomLeft += select(none, incoming, (placeRow == vec4(secondRow)) & (placeColumn == vec4(firstColumn)));
      bottomRight += select(none, incoming, (placeRow == vec4(secondRow)) & (placeColumn == vec4(secondColumn)));
    }
  }
  let row = blockRow * 2u;
  let column = blockColumn * 2u;
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
