/**
 * Sizes of a convolution and the tile its products use. Square kernels, NHWC, channels already padded to multiples of 8.
 * A linear layer is a convolution with height, width and kernel 1.
 */
import type { Precision } from '../../kernel-program.ts';

/** How the multiplications are done: plain multiply-adds, or the adapter's matrix units of the given size. */
export type ProductFamily =
  | { readonly kind: 'fma' }
  | {
      readonly kind: 'subgroup-matrix';
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly subgroupSize: number;
    };

export interface ConvolutionShape {
  readonly images: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

export interface ProductOptions {
  readonly precision: Precision;
  readonly family: ProductFamily;
}

/** The input is normalised and rectified while it is loaded: max(0, x * scale + shift). */
export interface InputTransform {
  readonly imagesPerGroup: number;
}

export function convolutionOutput(shape: ConvolutionShape): { height: number; width: number } {
  const size = (length: number): number => Math.floor((length + 2 * shape.padding - shape.kernel) / shape.stride) + 1;
  return { height: size(shape.inHeight), width: size(shape.inWidth) };
}

/** Multiplications and additions of one of the three products of a convolution. */
export function productOperations(shape: ConvolutionShape): number {
  const { height, width } = convolutionOutput(shape);
  return 2 * shape.images * height * width * shape.kernel ** 2 * shape.inChannels * shape.outChannels;
}

/** One workgroup's share of a product: m x n results, k terms staged at a time. */
export interface Tile {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly threads: number;
  /** Of each thread (fma) or subgroup (subgroup-matrix). */
  readonly partM: number;
  readonly partN: number;
}

/** Workgroups below which a large GPU is not filled and a smaller tile pays. */
const enoughWorkgroups = 256;

/** The largest tile that still gives enough workgroups; `splits` workgroups share each tile's terms. */
export function chooseTile(family: ProductFamily, rows: number, columns: number, splits = 1): Tile {
  const candidates = family.kind === 'fma' ? fmaTiles : subgroupTiles(family);
  const enough = candidates.find(
    (tile) =>
      (tile.n <= 64 || columns > 64) &&
      Math.ceil(rows / tile.m) * Math.ceil(columns / tile.n) * splits >= enoughWorkgroups,
  );
  const chosen = enough ?? candidates[candidates.length - 1];
  if (chosen === undefined) throw new RangeError('no tile for this family');
  return chosen;
}

const fmaTiles: readonly Tile[] = [
  { m: 64, n: 64, k: 16, threads: 128, partM: 8, partN: 4 },
  { m: 32, n: 64, k: 16, threads: 128, partM: 4, partN: 4 },
];

function subgroupTiles(family: Extract<ProductFamily, { readonly kind: 'subgroup-matrix' }>): readonly Tile[] {
  const { m, n, subgroupSize } = family;
  // 32 terms: fewer would leave threads without a group of four to load where subgroups have 64 lanes.
  const k = Math.max(family.k, 32);
  const tile = (tileM: number, tileN: number, partM: number, partN: number): Tile => ({
    m: tileM,
    n: tileN,
    k,
    threads: (tileM / partM) * (tileN / partN) * subgroupSize,
    partM,
    partN,
  });
  // 8 x 8 matrices need more registers and scratch for their larger number: smaller tiles only.
  const large = m >= 16 && subgroupSize <= 32 ? [tile(128, 128, 64, 64), tile(128, 64, 64, 32)] : [];
  return [...large, tile(64, 64, 32, 32), tile(32, 64, Math.max(m, 16), Math.max(n, 32))];
}

/** e.g. "3x3 s2 64->128 32x32 x384": kernel, stride, channels, input size, images. */
export function shapeLabel(shape: ConvolutionShape): string {
  const { kernel, stride, inChannels, outChannels, inHeight, inWidth, images } = shape;
  return `${kernel}x${kernel} s${stride} ${inChannels}->${outChannels} ${inHeight}x${inWidth} x${images}`;
}
