/**
 * WGSL of the augmentation programs. One thread a pixel, 256 pixels of one view a workgroup; shapes are constants of the
 * text. The colour operations are those of main/triplets/augmentation/colour-operations.ts line by line.
 */
import { hedFromRgb, rgbFromHed } from '#common/colour.ts';
import type { Precision } from '../../kernel-program.ts';
import { maximumWorkgroups } from '../../kernel-program.ts';
import { operationCodes, recordFields } from './view-records.ts';

export const threads = 256;

export interface AugmentationText {
  readonly views: number;
  readonly tilePx: number;
  readonly viewPx: number;
  readonly pixels: number;
  readonly partsPerView: number;
  readonly recordLength: number;
  readonly precision: Precision;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

const field = recordFields;

/** Finds this workgroup's view and part and this thread's pixel; every program starts with it. */
function locate({ views, partsPerView }: AugmentationText): string {
  const count = views * partsPerView;
  return `
  let workgroup = group.x + group.y * ${Math.min(count, maximumWorkgroups)}u;
  if (workgroup >= ${count}u) { return; }
  let view = workgroup / ${partsPerView}u;
  let pixel = (workgroup % ${partsPerView}u) * ${threads}u + thread;
  let record = view * recordLength;`;
}

const entry = `@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32)`;

function constants({ pixels, viewPx, recordLength }: AugmentationText): string {
  return `
const pixels = ${pixels}u;
const viewPx = ${viewPx};
const recordLength = ${recordLength}u;`;
}

const greyOf = `
fn greyOf(colour: vec3f) -> f32 { return 0.2989 * colour.x + 0.587 * colour.y + 0.114 * colour.z; }`;

const colourOperations = `${greyOf}

fn turnHue(colour: vec3f, shift: f32) -> vec3f {
  let high = max(max(colour.x, colour.y), colour.z);
  let low = min(min(colour.x, colour.y), colour.z);
  let chroma = high - low;
  if (chroma == 0.0) { return colour; }
  var sextant = shift * 6.0;
  if (colour.x == high) { sextant += (colour.y - colour.z) / chroma; }
  else if (colour.y == high) { sextant += 2.0 + (colour.z - colour.x) / chroma; }
  else { sextant += 4.0 + (colour.x - colour.y) / chroma; }
  if (sextant < 0.0) { sextant += 6.0; }
  // Not else: a rounded -1e-17 + 6 is 6.
  if (sextant >= 6.0) { sextant -= 6.0; }
  let whole = i32(sextant);
  let part = (sextant - f32(whole)) * chroma;
  let falling = high - part;
  let rising = low + part;
  switch (whole) {
    case 0: { return vec3f(high, rising, low); }
    case 1: { return vec3f(falling, high, low); }
    case 2: { return vec3f(low, high, rising); }
    case 3: { return vec3f(low, falling, high); }
    case 4: { return vec3f(rising, low, high); }
    default: { return vec3f(high, low, falling); }
  }
}

fn jitter(colour: vec3f, operation: i32, factor: f32, mean: f32) -> vec3f {
  switch (operation) {
    case ${operationCodes.brightness}: { return min(factor * colour, vec3f(1.0)); }
    case ${operationCodes.contrast}: { return clamp(factor * colour + (1.0 - factor) * mean, vec3f(0.0), vec3f(1.0)); }
    case ${operationCodes.saturation}: { return clamp(factor * colour + (1.0 - factor) * greyOf(colour), vec3f(0.0), vec3f(1.0)); }
    case ${operationCodes.hue}: { return turnHue(colour, factor); }
    default: { return colour; }
  }
}`;

/** As main/triplets/augmentation/stain-operation.ts; columns of a WGSL matrix are rows of ours. */
const stainOperation = `
const hedFromRgb = mat3x3f(${matrixText(hedFromRgb)});
const rgbFromHed = mat3x3f(${matrixText(rgbFromHed)});
const stainUnit = ${Math.log(1e-6)};

fn shiftStains(colour: vec3f, record: u32) -> vec3f {
  let factors = vec3f(${recordTriple(field.stainFactors)});
  let offsets = vec3f(${recordTriple(field.stainOffsets)});
  let density = log(max(colour, vec3f(1e-6))) / stainUnit;
  let stains = max(hedFromRgb * density, vec3f(0.0)) * factors + offsets;
  return min(exp(stainUnit * (rgbFromHed * stains)), vec3f(1.0));
}`;

/** A row of ours is a column there: stain[j] = sum over i of density[i] * m[i][j], which is m's WGSL matrix times density. */
function matrixText(rows: readonly (readonly number[])[]): string {
  return rows.map((row) => `vec3f(${row.join(', ')})`).join(', ');
}

function recordTriple(first: number): string {
  return [0, 1, 2].map((i) => `records[record + ${first + i}u]`).join(', ');
}

/** Operations first..end-1 of the record on `value`. */
const applyOperations = `
  for (var position = first; position < end; position += 1u) {
    value = jitter(value, i32(records[record + ${field.operations}u + position]), records[record + ${field.factors}u + position], mean);
  }`;

/**
 * Tap weights are kept as whole numbers: the triangle at distance d / (2 max(in, out)) is max(in, out) * 2 - |d| after scaling,
 * which float32 holds exactly, so that no position is rounded however large the crop.
 */
export function cropResize(text: AugmentationText): string {
  const { tilePx } = text;
  return `${constants(text)}
@group(0) @binding(0) var<storage, read> tiles: array<u32>;
@group(0) @binding(1) var<storage, read> records: array<f32>;
@group(0) @binding(2) var<storage, read_write> image: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
var<workgroup> sums: array<f32, ${threads}>;
${colourOperations}
${stainOperation}

// The three bytes of a pixel, which may lie in two words.
fn pixelAt(position: u32) -> vec3f {
  let byte = position * 3u;
  let word = byte / 4u;
  let shift = (byte % 4u) * 8u;
  var bits = tiles[word] >> shift;
  if (shift > 8u) { bits |= tiles[word + 1u] << (32u - shift); }
  return vec3f(f32(bits & 255u), f32((bits >> 8u) & 255u), f32((bits >> 16u) & 255u));
}

struct Taps { low: i32, high: i32, centre: i32, width: i32 }

// Taps low .. high - 1 of an output position; positions and widths in units of 1 / (2 viewPx) source pixels.
fn tapsOf(output: i32, length: i32) -> Taps {
  let centre = length * (2 * output + 1);
  let width = 2 * max(length, viewPx);
  let low = max((centre - width + viewPx) / (2 * viewPx), 0);
  let high = min((centre + width + viewPx) / (2 * viewPx), length);
  return Taps(low, high, centre, width);
}

fn weightOf(taps: Taps, tap: i32) -> f32 {
  return f32(max(taps.width - abs((2 * tap + 1) * viewPx - taps.centre), 0));
}

${entry} {${locate(text)}
  var grey = 0.0;
  if (pixel < pixels) {
    let cropX = i32(records[record + ${field.crop}u]);
    let cropY = i32(records[record + ${field.crop + 1}u]);
    let across = tapsOf(i32(pixel) % viewPx, i32(records[record + ${field.crop + 2}u]));
    let down = tapsOf(i32(pixel) / viewPx, i32(records[record + ${field.crop + 3}u]));
    let slot = u32(records[record + ${field.slot}u]) * ${tilePx * tilePx}u;
    var total = vec3f(0.0);
    var acrossSum = 0.0;
    var downSum = 0.0;
    for (var column = across.low; column < across.high; column += 1) { acrossSum += weightOf(across, column); }
    for (var row = down.low; row < down.high; row += 1) {
      let line = slot + u32((cropY + row) * ${tilePx} + cropX);
      var along = vec3f(0.0);
      for (var column = across.low; column < across.high; column += 1) {
        along += weightOf(across, column) * pixelAt(line + u32(column));
      }
      let weight = weightOf(down, row);
      total += weight * (along / acrossSum);
      downSum += weight;
    }
    var value = total / (downSum * 255.0);
    if (records[record + ${field.stain}u] > 0.0) { value = shiftStains(value, record); }
    let mean = 0.0;
    let first = 0u;
    let end = u32(records[record + ${field.contrastAt}u]);${applyOperations}
    let at = view * 3u * pixels + pixel;
    image[at] = value.x;
    image[at + pixels] = value.y;
    image[at + 2u * pixels] = value.z;
    grey = greyOf(value);
  }
  sums[thread] = grey;
  workgroupBarrier();
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    if (thread < step) { sums[thread] += sums[thread + step]; }
    workgroupBarrier();
  }
  if (thread == 0u) { partials[workgroup] = sums[0]; }
}
`;
}

/** One workgroup a view. */
export function greyMean(text: AugmentationText): string {
  const { views, partsPerView, pixels } = text;
  return `
@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> means: array<f32>;
var<workgroup> sums: array<f32, ${threads}>;
${entry} {
  let view = group.x + group.y * ${Math.min(views, maximumWorkgroups)}u;
  if (view >= ${views}u) { return; }
  var sum = 0.0;
  for (var part = thread; part < ${partsPerView}u; part += ${threads}u) { sum += partials[view * ${partsPerView}u + part]; }
  sums[thread] = sum;
  workgroupBarrier();
  for (var step = ${threads / 2}u; step > 0u; step /= 2u) {
    if (thread < step) { sums[thread] += sums[thread + step]; }
    workgroupBarrier();
  }
  if (thread == 0u) { means[view] = sums[0] / ${pixels}.0; }
}
`;
}

export function colour(text: AugmentationText): string {
  return `${constants(text)}
@group(0) @binding(0) var<storage, read> records: array<f32>;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> image: array<f32>;
${colourOperations}

${entry} {${locate(text)}
  let first = u32(records[record + ${field.contrastAt}u]);
  let end = 4u;
  let isGrey = records[record + ${field.grey}u] > 0.0;
  if (pixel >= pixels || (first == end && !isGrey)) { return; }
  let mean = means[view];
  let at = view * 3u * pixels + pixel;
  var value = vec3f(image[at], image[at + pixels], image[at + 2u * pixels]);${applyOperations}
  if (isGrey) { value = vec3f(greyOf(value)); }
  image[at] = value.x;
  image[at + pixels] = value.y;
  image[at + 2u * pixels] = value.z;
}
`;
}

/** Reflection without repeating the edge pixel. The radius is smaller than the side. */
const reflected = `
fn reflected(position: i32) -> u32 { return u32((viewPx - 1) - abs((viewPx - 1) - abs(position))); }`;

export function blurAlongRows(text: AugmentationText): string {
  return `${constants(text)}
@group(0) @binding(0) var<storage, read> records: array<f32>;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read_write> blurred: array<f32>;
${reflected}

fn colourAt(at: u32) -> vec3f { return vec3f(image[at], image[at + pixels], image[at + 2u * pixels]); }

${entry} {${locate(text)}
  let radius = i32(records[record + ${field.blurRadius}u]);
  if (pixel >= pixels || radius == 0) { return; }
  let column = i32(pixel) % viewPx;
  let at = view * 3u * pixels + pixel;
  let line = at - u32(column);
  var value = records[record + ${field.blurWeights}u] * colourAt(at);
  for (var tap = 1; tap <= radius; tap += 1) {
    value += records[record + ${field.blurWeights}u + u32(tap)]
      * (colourAt(line + reflected(column - tap)) + colourAt(line + reflected(column + tap)));
  }
  blurred[at] = value.x;
  blurred[at + pixels] = value.y;
  blurred[at + 2u * pixels] = value.z;
}
`;
}

export function blurAlongColumns(text: AugmentationText): string {
  const { precision, mean, std } = text;
  return `${precision === 'f16' ? 'enable f16;\n' : ''}${constants(text)}
@group(0) @binding(0) var<storage, read> records: array<f32>;
@group(0) @binding(1) var<storage, read> image: array<f32>;
@group(0) @binding(2) var<storage, read> blurred: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<${precision}>>;
${reflected}

fn blurredAt(at: u32) -> vec3f { return vec3f(blurred[at], blurred[at + pixels], blurred[at + 2u * pixels]); }

${entry} {${locate(text)}
  if (pixel >= pixels) { return; }
  let radius = i32(records[record + ${field.blurRadius}u]);
  // Flips and turns commute exactly with the operations before them, so they are a change of the place read here.
  let source = i32(records[record + ${field.turn}u])
    + (i32(pixel) % viewPx) * i32(records[record + ${field.turn + 1}u])
    + (i32(pixel) / viewPx) * i32(records[record + ${field.turn + 2}u]);
  let plane = view * 3u * pixels;
  let at = plane + u32(source);
  var value: vec3f;
  if (radius == 0) {
    value = vec3f(image[at], image[at + pixels], image[at + 2u * pixels]);
  } else {
    let row = source / viewPx;
    let top = plane + u32(source % viewPx);
    value = records[record + ${field.blurWeights}u] * blurredAt(at);
    for (var tap = 1; tap <= radius; tap += 1) {
      value += records[record + ${field.blurWeights}u + u32(tap)]
        * (blurredAt(top + reflected(row - tap) * u32(viewPx)) + blurredAt(top + reflected(row + tap) * u32(viewPx)));
    }
  }
  value = (value - vec3f(${mean.join(', ')})) * vec3f(${std.map((deviation) => 1 / deviation).join(', ')});
  let to = (view * pixels + pixel) * 2u;
  output[to] = vec4<${precision}>(vec4f(value, 0.0));
  output[to + 1u] = vec4<${precision}>();
}
`;
}
