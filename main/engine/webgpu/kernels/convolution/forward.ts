/**
 * Convolution: output[row][o] = sum over taps and channels of input[row's pixel at the tap][c] * weights[tap][c][o] (+ bias).
 * Implicit matrix product, rows x outChannels, terms (tap, channel). Traffic: input, weights and output once each (the
 * caches keep what tiles share). Optionally the input is normalised and rectified while loaded, and the tile's column sums
 * and squared deviations leave with it for the next batch norm (of the stored values, but a compiler may skip the rounding).
 */
import { bytesPerElement, foldWorkgroups, type KernelProgram } from '../../kernel-program.ts';
import { gatherOperand } from './gather.ts';
import type { Operand } from './operand.ts';
import { bindings, enables, productWgsl, workgroupIndex } from './product-text.ts';
import {
  chooseTile,
  convolutionOutput,
  productOperations,
  shapeLabel,
  type ConvolutionShape,
  type InputTransform,
  type ProductOptions,
} from './shape.ts';

export interface ForwardOptions extends ProductOptions {
  /** Statistics f32 [groups][4][inChannels]: scale is row 2, shift row 3. Zero padding stays zero. */
  readonly inputTransform: InputTransform | null;
  readonly bias: boolean;
  readonly statistics: { readonly imagesPerGroup: number } | null;
}

export interface ForwardProduct {
  readonly program: KernelProgram;
  /** Parts of the partials f32 [groups][partsPerGroup][2][outChannels]; part p holds rows p * rowsPerPart and on. */
  readonly partsPerGroup: number;
  readonly rowsPerPart: number;
  readonly partialsElements: number;
}

/** Buffers: input, weights, output, [inputStatistics], [bias], [partials]. Throws RangeError for groups of unequal size. */
export function convolutionForward(shape: ConvolutionShape, options: ForwardOptions): ForwardProduct {
  const { precision, family, inputTransform, statistics } = options;
  const { inChannels, outChannels, kernel, stride, padding } = shape;
  const { height, width } = convolutionOutput(shape);
  const imagesPerGroup = groupImages(shape.images, inputTransform, statistics);
  const groups = shape.images / imagesPerGroup;
  const rowsPerGroup = imagesPerGroup * height * width;
  const terms = kernel * kernel * inChannels;
  const tile = chooseTile(family, rowsPerGroup * groups, outChannels);
  const partsPerGroup = Math.ceil(rowsPerGroup / tile.m);
  const tilesN = Math.ceil(outChannels / tile.n);
  const count = groups * partsPerGroup * tilesN;
  const wide = `vec4<${precision}>`;
  const buffers = [
    { name: 'source', type: wide, access: 'read' as const },
    { name: 'weights', type: wide, access: 'read' as const },
    { name: 'result', type: wide, access: 'read_write' as const },
    ...(inputTransform === null ? [] : [{ name: 'inputStatistics', type: 'vec4<f32>', access: 'read' as const }]),
    ...(options.bias ? [{ name: 'bias', type: 'vec4<f32>', access: 'read' as const }] : []),
    ...(statistics === null ? [] : [{ name: 'partials', type: 'vec4<f32>', access: 'read_write' as const }]),
  ];
  const wgsl = productWgsl(family, {
    precision,
    tile,
    columns: outChannels,
    declarations: `${enables(precision)}${bindings(buffers)}`,
    prologue: `${workgroupIndex(count)}
let part = index / ${tilesN}u;
let firstColumn = (index % ${tilesN}u) * ${tile.n}u;
let imageGroup = part / ${partsPerGroup}u;
let firstRow = imageGroup * ${rowsPerGroup}u + (part % ${partsPerGroup}u) * ${tile.m}u;
let endRow = (imageGroup + 1u) * ${rowsPerGroup}u;
const firstTerm = 0u;
const endTerm = ${terms}u;`,
    a: gatherOperand({
      source: 'source',
      element: precision,
      sourceHeight: shape.inHeight,
      sourceWidth: shape.inWidth,
      sourceChannels: inChannels,
      tapsX: `${kernel}u`,
      isSingleTap: kernel === 1,
      direction: '+',
      locate: `let image = row / ${height * width}u;
let pixel = row % ${height * width}u;
let y0 = i32(pixel / ${width}u) * ${stride} - ${padding};
let x0 = i32(pixel % ${width}u) * ${stride} - ${padding};`,
      isRagged: terms % tile.k !== 0,
      transform:
        inputTransform === null
          ? null
          : `let scaleAt = ((imageGroup * 4u + 2u) * ${inChannels}u + channel) / 4u;
let shiftAt = scaleAt + ${inChannels / 4}u;`,
    }),
    b: weightOperand(outChannels, terms),
    emit: `if (m < endRow && n < ${outChannels}u) {
${options.bias ? 'value += bias[n / 4u];' : ''}
let stored = ${wide}(value);
result[(m * ${outChannels}u + n) / 4u] = stored;
value = vec4<f32>(stored);
}`,
    statistics:
      statistics === null
        ? null
        : `let at = (part * ${2 * outChannels}u + n) / 4u;
partials[at] = sum;
partials[at + ${outChannels / 4}u] = squares;`,
  });
  const bytes = bytesPerElement(precision);
  const rows = rowsPerGroup * groups;
  return {
    program: {
      name: 'convolution-forward',
      label: shapeLabel(shape),
      wgsl,
      buffers: buffers.map(({ access }) => access),
      uniforms: null,
      workgroups: foldWorkgroups(count),
      floatOperations: productOperations(shape),
      byteLength:
        bytes * (shape.images * shape.inHeight * shape.inWidth * inChannels + terms * outChannels + rows * outChannels),
    },
    partsPerGroup,
    rowsPerPart: tile.m,
    partialsElements: groups * partsPerGroup * 2 * outChannels,
  };
}

/** Weights [term][outChannel]: four output channels at a time. */
function weightOperand(outChannels: number, terms: number): Operand {
  return {
    along: 'outer',
    begin: `let bColumn = firstColumn + bGroup * 4u;`,
    slot: () => '',
    step: '',
    fetch: (_slot, name, place) => `{ let term = k + ${place};
if (term < ${terms}u && bColumn < ${outChannels}u) { ${name} = weights[(term * ${outChannels}u + bColumn) / 4u]; } }`,
  };
}

/** Images of a group; all of them when nothing depends on groups. */
export function groupImages(
  images: number,
  ...grouped: readonly ({ readonly imagesPerGroup: number } | null)[]
): number {
  const sizes = [...new Set(grouped.flatMap((group) => (group === null ? [] : [group.imagesPerGroup])))];
  const size = sizes[0] ?? images;
  if (sizes.length > 1 || images % size !== 0) {
    throw new RangeError(`${images} images do not form equal groups of ${sizes.join(' and ')}`);
  }
  return size;
}
