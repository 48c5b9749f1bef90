/** What a convolution kernel hands to a product family: operands, addresses and epilogue as WGSL text. */
import { foldWorkgroups, type Precision } from '../../kernel-program.ts';
import { fmaProduct } from './fma-product.ts';
import type { Operand } from './operand.ts';
import type { ProductFamily, Tile } from './shape.ts';
import { subgroupProduct } from './subgroup-product.ts';

export interface ProductText {
  readonly precision: Precision;
  readonly tile: Tile;
  /** Number of result columns. */
  readonly columns: number;
  /** Bindings and, first of all, extensions of the language. */
  readonly declarations: string;
  /** Defines firstRow, endRow, firstColumn, firstTerm, endTerm; uniform over the workgroup; may return. */
  readonly prologue: string;
  readonly a: Operand;
  readonly b: Operand;
  /** Writes `value` (vec4<f32>, columns n to n + 3 of row m) when in range, and leaves in it what was stored. */
  readonly emit: string;
  /** Writes `sum` and `squares` (of the stored values of this tile's rows, columns n to n + 3), or null. */
  readonly statistics: string | null;
}

export function productWgsl(family: ProductFamily, text: ProductText): string {
  return family.kind === 'fma' ? fmaProduct(text) : subgroupProduct(family, text);
}

/** Defines `index` of the workgroup in a folded grid. */
export function workgroupIndex(count: number): string {
  const [width, height] = foldWorkgroups(count);
  if (height === 1) return 'let index = workgroup.x;';
  return `let index = workgroup.x + workgroup.y * ${width}u;\nif (index >= ${count}u) { return; }`;
}

/** Extensions for the precision. */
export function enables(precision: Precision): string {
  return precision === 'f16' ? 'enable f16;\n' : '';
}

/** Declares buffers in order of binding. */
export function bindings(
  buffers: readonly { readonly name: string; readonly type: string; readonly access: 'read' | 'read_write' }[],
): string {
  return buffers
    .map(
      ({ name, type, access }, binding) =>
        `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${type}>;`,
    )
    .join('\n');
}
