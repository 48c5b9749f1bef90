/**
 * One factor of a tiled product as WGSL text: how a thread finds and loads its groups of four neighbouring elements. Both
 * product families stage the same groups into workgroup memory; they differ in what they do from there.
 */
import type { Tile } from './shape.ts';

export interface Operand {
  /** Direction in which four elements lie side by side in memory: along the sum (k) or along the result's rows or columns. */
  readonly along: 'k' | 'outer';
  /** Runs once, before any slot. `outer` (along outer) or `k` (along k) names the thread's fixed place in the tile. */
  readonly begin: string;
  /** Runs once for each slot; `place` is its fixed row in the tile (along k) or its term (along outer). */
  slot(slot: number, place: string): string;
  /** Runs for each step; `k` names the step's first term. */
  readonly step: string;
  /** Assigns the variable `name` (vec4 of the element type, zero before); `place` as for slot. */
  fetch(slot: number, name: string, place: string): string;
}

export interface OperandText {
  readonly slots: number;
  readonly begin: string;
  /** Loads the step that starts at the variable `k` into registers. */
  readonly fetch: string;
  /** Address of a slot in the staged tile, in groups of four, without padding: row and group of four in it. */
  address(slot: number): { readonly row: string; readonly group: string };
  /** Length of the staged tile's rows, in elements. */
  readonly rowLength: number;
  readonly rowCount: number;
}

/** `prefix` is a or b, `outer` the tile's number of rows (a) or columns (b). */
export function operandText(
  operand: Operand,
  prefix: 'a' | 'b',
  outer: number,
  tile: Tile,
  elementType: string,
): OperandText {
  const rowLength = operand.along === 'k' ? tile.k : outer;
  const rowCount = operand.along === 'k' ? outer : tile.k;
  const groups = rowLength / 4;
  const slots = (rowCount * groups) / tile.threads;
  if (!Number.isInteger(slots) || tile.threads % groups !== 0) {
    throw new RangeError(`${tile.threads} threads cannot share a tile of ${rowCount} x ${rowLength}`);
  }
  const rowsPerSlot = tile.threads / groups;
  const row = (slot: number): string => `(${prefix}Row + ${slot * rowsPerSlot}u)`;
  const all = Array.from({ length: slots }, (_, slot) => slot);
  return {
    slots,
    rowLength,
    rowCount,
    begin: [
      `let ${prefix}Row = thread / ${groups}u;`,
      `let ${prefix}Group = thread % ${groups}u;`,
      operand.begin,
      ...all.map((slot) => operand.slot(slot, row(slot))),
      ...all.map((slot) => `var ${prefix}${slot} = vec4<${elementType}>();`),
    ].join('\n'),
    fetch: [
      operand.step,
      ...all.map(
        (slot) => `${prefix}${slot} = vec4<${elementType}>();\n${operand.fetch(slot, `${prefix}${slot}`, row(slot))}`,
      ),
    ].join('\n'),
    address: (slot) => ({ row: row(slot), group: `${prefix}Group` }),
  };
}
