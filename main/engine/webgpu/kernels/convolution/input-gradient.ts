/**
 * Gradient of a convolution with respect to its input:
 * inputGradient[pixel][c] = sum over taps that reach it and o of outputGradient[pixel at the tap][o] * weights[tap][c][o].
 * With stride s the input's pixels fall into s * s classes (row and column modulo s) that see different taps; every tile
 * holds pixels of one class, so no multiplication by an inserted zero is done. Traffic: each operand and the result once.
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
  type ProductOptions,
} from './shape.ts';

export interface InputGradientOptions extends ProductOptions {
  /** Adds to what is there instead of replacing it. */
  readonly accumulate: boolean;
}

/** Pixels (y, x) with y % stride = classY and x % stride = classX. */
interface PixelClass {
  readonly height: number;
  readonly width: number;
  readonly classY: number;
  readonly classX: number;
  /** First tap that reaches them, and how many do, every stride-th. */
  readonly firstTapY: number;
  readonly firstTapX: number;
  readonly tapsY: number;
  readonly tapsX: number;
}

/** Buffers: outputGradient, weights, inputGradient (read and written). */
export function convolutionInputGradient(shape: ConvolutionShape, options: InputGradientOptions): KernelProgram {
  const { precision, family, accumulate } = options;
  const { images, inHeight, inWidth, inChannels, outChannels, kernel, stride, padding } = shape;
  const output = convolutionOutput(shape);
  const classes = pixelClasses(shape).filter(({ height, width }) => height * width > 0);
  const tile = chooseTile(family, images * inHeight * inWidth, inChannels);
  const tilesN = Math.ceil(inChannels / tile.n);
  let tilesM = 0;
  const choice = classes
    .map((pixels, index) => {
      const first = tilesM;
      tilesM += Math.ceil((images * pixels.height * pixels.width) / tile.m);
      const values = `classHeight = ${pixels.height}u; classWidth = ${pixels.width}u; classY = ${pixels.classY}u; classX = ${pixels.classX}u;
firstTapY = ${pixels.firstTapY}u; firstTapX = ${pixels.firstTapX}u; tapsY = ${pixels.tapsY}u; tapsX = ${pixels.tapsX}u; firstPart = ${first}u;`;
      return index === 0 ? values : `if (part >= ${first}u) { ${values} }`;
    })
    .join('\n');
  const count = tilesM * tilesN;
  const wide = `vec4<${precision}>`;
  const buffers = [
    { name: 'source', type: wide, access: 'read' as const },
    { name: 'weights', type: wide, access: 'read' as const },
    { name: 'result', type: wide, access: 'read_write' as const },
  ];
  // One class: its numbers are constants, which the compiler folds into the divisions.
  const only = classes.length === 1 ? classes[0] : undefined;
  const numbers =
    only === undefined
      ? `var classHeight = 0u; var classWidth = 0u; var classY = 0u; var classX = 0u;
var firstTapY = 0u; var firstTapX = 0u; var tapsY = 0u; var tapsX = 0u; var firstPart = 0u;
${choice}`
      : `${constants(only)}\nconst firstPart = 0u;`;
  const wgsl = productWgsl(family, {
    precision,
    tile,
    columns: inChannels,
    declarations: `${enables(precision)}${bindings(buffers)}`,
    prologue: `${workgroupIndex(count)}
let part = index / ${tilesN}u;
let firstColumn = (index % ${tilesN}u) * ${tile.n}u;
${numbers}
let firstRow = (part - firstPart) * ${tile.m}u;
let endRow = ${images}u * classHeight * classWidth;
const firstTerm = 0u;
let endTerm = tapsY * tapsX * ${outChannels}u;`,
    a: gatherOperand({
      source: 'source',
      element: precision,
      sourceHeight: output.height,
      sourceWidth: output.width,
      sourceChannels: outChannels,
      tapsX: 'tapsX',
      isSingleTap: classes.every(({ tapsY, tapsX }) => tapsY * tapsX <= 1),
      direction: '-',
      // y + padding - firstTap is a multiple of the stride for every class.
      locate: `let image = row / (classHeight * classWidth);
let pixel = row % (classHeight * classWidth);
let y0 = i32((pixel / classWidth) * ${stride}u + classY + ${padding}u - firstTapY) / ${stride};
let x0 = i32((pixel % classWidth) * ${stride}u + classX + ${padding}u - firstTapX) / ${stride};`,
      isRagged: outChannels % tile.k !== 0,
      transform: null,
    }),
    b: transposedWeights(shape),
    emit: `if (m < endRow && n < ${inChannels}u) {
let pixel = m % (classHeight * classWidth);
let y = (pixel / classWidth) * ${stride}u + classY;
let x = (pixel % classWidth) * ${stride}u + classX;
let at = (((m / (classHeight * classWidth) * ${inHeight}u + y) * ${inWidth}u + x) * ${inChannels}u + n) / 4u;
${accumulate ? 'value += vec4<f32>(result[at]);' : ''}
result[at] = ${wide}(value);
}`,
    statistics: null,
  });
  const pixelsIn = images * inHeight * inWidth * inChannels;
  return {
    name: 'convolution-input-gradient',
    label: shapeLabel(shape),
    wgsl,
    buffers: buffers.map(({ access }) => access),
    uniforms: null,
    workgroups: foldWorkgroups(count),
    floatOperations: productOperations(shape),
    byteLength:
      bytesPerElement(precision) *
      (images * output.height * output.width * outChannels +
        kernel * kernel * inChannels * outChannels +
        pixelsIn * (accumulate ? 2 : 1)),
  };
}

function constants({ height, width, ...others }: PixelClass): string {
  return Object.entries({ classHeight: height, classWidth: width, ...others })
    .map(([name, value]) => `const ${name} = ${value}u;`)
    .join('\n');
}

function pixelClasses({ inHeight, inWidth, kernel, stride, padding }: ConvolutionShape): readonly PixelClass[] {
  const classes: PixelClass[] = [];
  for (let classY = 0; classY < stride; classY++) {
    for (let classX = 0; classX < stride; classX++) {
      const firstTapY = (classY + padding) % stride;
      const firstTapX = (classX + padding) % stride;
      classes.push({
        height: Math.ceil((inHeight - classY) / stride),
        width: Math.ceil((inWidth - classX) / stride),
        classY,
        classX,
        firstTapY,
        firstTapX,
        tapsY: Math.max(0, Math.ceil((kernel - firstTapY) / stride)),
        tapsX: Math.max(0, Math.ceil((kernel - firstTapX) / stride)),
      });
    }
  }
  return classes;
}

/** Weights [tap][inChannel][outChannel] read with the input channel as the column: four terms (output channels) at a time. */
function transposedWeights({ inChannels, outChannels, kernel, stride }: ConvolutionShape): Operand {
  return {
    along: 'k',
    begin: '',
    slot: () => '',
    step: `let bTerm = k + bGroup * 4u;
let bTap = bTerm / ${outChannels}u;
let bChannel = bTerm % ${outChannels}u;
let bTapY = firstTapY + (bTap / max(tapsX, 1u)) * ${stride}u;
let bTapX = firstTapX + (bTap % max(tapsX, 1u)) * ${stride}u;
let bFirst = (bTapY * ${kernel}u + bTapX) * ${inChannels}u;`,
    fetch: (_slot, name, place) => `{ let column = firstColumn + ${place};
if (bTerm < endTerm && column < ${inChannels}u) { ${name} = weights[((bFirst + column) * ${outChannels}u + bChannel) / 4u]; } }`,
  };
}
