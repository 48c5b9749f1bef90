/**
 * Classes a person gives to tiles: id, name, colour and a letter, so that colour is never the only sign. Default colours
 * are those of Okabe and Ito (safe for colour-blind readers), in a fixed order that repeats after eight classes.
 */
import type { ClassId } from './identifiers.ts';

export interface TissueClass {
  readonly id: ClassId;
  readonly name: string;
  /** "#rrggbb" */
  readonly colour: string;
  /** A to Z, then AA, AB ... */
  readonly letter: string;
}

export const okabeItoColours = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  '#f0e442',
  '#7f7f7f',
] as const;

export function defaultClassColour(index: number): string {
  return okabeItoColours[index % okabeItoColours.length] ?? okabeItoColours[0];
}

/** 0 -> A, 25 -> Z, 26 -> AA. */
export function classLetter(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : classLetter(Math.floor(index / 26) - 1) + last;
}

/** "#rrggbb" as three integers 0..255; anything else is black. */
export function rgbOfColour(colour: string): [number, number, number] {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
  return match === null
    ? [0, 0, 0]
    : [parseInt(match[1] ?? '0', 16), parseInt(match[2] ?? '0', 16), parseInt(match[3] ?? '0', 16)];
}
