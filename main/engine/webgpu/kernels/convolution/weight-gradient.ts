/**
 * Gradient of a convolution with respect to its weights:
 * weightGradient[tap][c][o] = sum over output rows of input[row's pixel at the tap][c] * outputGradient[row][o].
 * Implicit matrix product, (tap, c) x o, terms are rows. The rows are split among workgroups that write partial sums; a second
 * program adds them in order, so the same bits come out every time. Traffic: input and gradient once (more from the caches),
 * workspace written and read once.
 */
import { bytesPerElement, foldWorkgroups, type KernelProgram } from '../../kernel-program.ts';
import { groupImages } from './forward.ts';
import type { Operand } from './operand.ts';
import { bindings, enables, productWgsl, workgroupIndex } from './product-text.ts';
import { reduceSplits } from './reduce-splits.ts';
import {
  chooseTile,
  convolutionOutput,
  productOperations,
  shapeLabel,
  type ConvolutionShape,
  type InputTransform,
  type ProductOptions,
} from './shape.ts';

export interface WeightGradientOptions extends ProductOptions {
  /** The same transform as in the forward product. */
  readonly inputTransform: InputTransform | null;
}

export interface SplitProduct {
  readonly partial: KernelProgram;
  readonly reduce: KernelProgram;
  /** float32 elements of the workspace. */
  readonly workspaceElements: number;
}

const wantedWorkgroups = 1024;
const largestWorkspaceElements = (64 * 2 ** 20) / 4;
const fewestRowsOfSplit = 256;

/** partial: input, outputGradient, workspace, [inputStatistics]; reduce: workspace, weightGradient f32 [kY][kX][in][out]. */
export function convolutionWeightGradient(shape: ConvolutionShape, options: WeightGradientOptions): SplitProduct {
  const { precision, family, inputTransform } = options;
  const { inChannels, outChannels, kernel } = shape;
  const { height, width } = convolutionOutput(shape);
  const imagesPerGroup = groupImages(shape.images, inputTransform);
  const groups = shape.images / imagesPerGroup;
  const rowsPerGroup = imagesPerGroup * height * width;
  const lines = kernel * kernel * inChannels;
  const elements = lines * outChannels;
  const tile = chooseTile(family, lines, outChannels, Math.ceil((groups * rowsPerGroup) / fewestRowsOfSplit));
  const tilesM = Math.ceil(lines / tile.m);
  const tilesN = Math.ceil(outChannels / tile.n);
  // Splits stay within a batch-norm group, so that a thread's scale and shift are fixed.
  const wantedSplits = Math.min(
    Math.ceil(wantedWorkgroups / (tilesM * tilesN)),
    Math.floor(largestWorkspaceElements / elements),
  );
  const splitsPerGroup = Math.max(
    1,
    Math.min(Math.ceil(rowsPerGroup / fewestRowsOfSplit), Math.floor(wantedSplits / groups)),
  );
  const rowsPerSplit = Math.ceil(rowsPerGroup / splitsPerGroup / tile.k) * tile.k;
  const splits = groups * splitsPerGroup;
  const count = splits * tilesM * tilesN;
  const wide = `vec4<${precision}>`;
  const buffers = [
    { name: 'source', type: wide, access: 'read' as const },
    { name: 'gradient', type: wide, access: 'read' as const },
    { name: 'workspace', type: 'vec4<f32>', access: 'read_write' as const },
    ...(inputTransform === null ? [] : [{ name: 'inputStatistics', type: 'vec4<f32>', access: 'read' as const }]),
  ];
  const wgsl = productWgsl(family, {
    precision,
    tile,
    columns: outChannels,
    declarations: `${enables(precision)}${bindings(buffers)}`,
    prologue: `${workgroupIndex(count)}
let split = index / ${tilesM * tilesN}u;
let firstRow = (index / ${tilesN}u % ${tilesM}u) * ${tile.m}u;
let firstColumn = (index % ${tilesN}u) * ${tile.n}u;
let imageGroup = split / ${splitsPerGroup}u;
let firstTerm = imageGroup * ${rowsPerGroup}u + (split % ${splitsPerGroup}u) * ${rowsPerSplit}u;
let endTerm = min(firstTerm + ${rowsPerSplit}u, (imageGroup + 1u) * ${rowsPerGroup}u);`,
    a: windowOperand(shape, precision, inputTransform !== null),
    b: {
      along: 'outer',
      begin: `let bColumn = firstColumn + bGroup * 4u;`,
      slot: () => '',
      step: '',
      fetch: (_slot, name, place) => `{ let row = k + ${place};
if (row < endTerm && bColumn < ${outChannels}u) { ${name} = gradient[(row * ${outChannels}u + bColumn) / 4u]; } }`,
    },
    emit: `if (m < ${lines}u && n < ${outChannels}u) { workspace[((split * ${lines}u + m) * ${outChannels}u + n) / 4u] = value; }`,
    statistics: null,
  });
  const rows = groups * rowsPerGroup;
  const operandBytes =
    bytesPerElement(precision) * (shape.images * shape.inHeight * shape.inWidth * inChannels + rows * outChannels);
  return {
    partial: {
      name: 'convolution-weight-gradient',
      label: shapeLabel(shape),
      wgsl,
      buffers: buffers.map(({ access }) => access),
      uniforms: null,
      workgroups: foldWorkgroups(count),
      floatOperations: productOperations(shape),
      byteLength: operandBytes + 4 * splits * elements,
    },
    reduce: reduceSplits('convolution-weight-gradient-reduce', splits, elements),
    workspaceElements: splits * elements,
  };
}

/** Lines (tap, channel) by output rows: four channels at a time; the line is fixed, the row changes. */
function windowOperand(shape: ConvolutionShape, precision: string, transform: boolean): Operand {
  const { inHeight, inWidth, inChannels, kernel, stride, padding } = shape;
  const { height, width } = convolutionOutput(shape);
  return {
    along: 'outer',
    begin: `let aLine = firstRow + aGroup * 4u;
let aTap = aLine / ${inChannels}u;
let aChannel = aLine % ${inChannels}u;
let aInside = aLine < ${kernel * kernel * inChannels}u;
let aY = i32(aTap / ${kernel}u) - ${padding};
let aX = i32(aTap % ${kernel}u) - ${padding};
${
  transform
    ? `let aScaleAt = ((imageGroup * 4u + 2u) * ${inChannels}u + aChannel) / 4u;
let aScale = inputStatistics[aScaleAt];
let aShift = inputStatistics[aScaleAt + ${inChannels / 4}u];`
    : ''
}`,
    slot: () => '',
    step: '',
    fetch: (_slot, name, place) => `{ let row = k + ${place};
let pixel = row % ${height * width}u;
let y = u32(i32(pixel / ${width}u) * ${stride} + aY);
let x = u32(i32(pixel % ${width}u) * ${stride} + aX);
if (aInside && row < endTerm && y < ${inHeight}u && x < ${inWidth}u) {
${name} = source[((row / ${height * width}u * ${inHeight * inWidth}u + y * ${inWidth}u + x) * ${inChannels}u + aChannel) / 4u];
${transform ? `${name} = vec4<${precision}>(max(vec4<f32>(), vec4<f32>(${name}) * aScale + aShift));` : ''}
} }`,
  };
}
