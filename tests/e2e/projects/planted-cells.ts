/** What the planted slides show, for those who make them and those who look at them. */

export type PlantedKind = 'alignment' | 'scale';

export interface PlantedSize {
  /** Of the first slide, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly tilePx: number;
  readonly levels: number;
}

export const plantedKinds: Readonly<Record<PlantedKind, PlantedSize>> = {
  // Neither side a power of two nor whole cells, so that edges and rounding count.
  alignment: { width: 3990, height: 2950, tilePx: 64, levels: 4 },
  // 320 x 320 = 102,400 tiles.
  scale: { width: 5120, height: 5120, tilePx: 16, levels: 4 },
};

/** Both saturated, so that both count as tissue. */
export const darkColour = [90, 20, 110] as const;
export const brightColour = [230, 120, 190] as const;

/** Irregular on purpose: a map shifted or mirrored by any number of cells would not fit. */
export function cellIsDark(column: number, row: number): boolean {
  let mixed = Math.imul(column + 1, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed >>> 16) & 1) === 1;
}
