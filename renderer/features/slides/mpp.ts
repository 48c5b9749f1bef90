/** Micrometres per pixel from what a person knows. Pure. */
export type MppWay = 'line' | 'objective' | 'figure';

/** Mean diameter of a human red blood cell in a section. */
export const redCellUm = 7.5;

export interface MppEntries {
  /** Length of the drawn line in level-0 pixels. */
  readonly pixels: number;
  readonly length: string;
  readonly unit: 'um' | 'mm';
  readonly objective: string;
  readonly figure: string;
}

/** null while something is missing or out of range (0 to 100 µm/px, as the core accepts it). */
export function mppFrom(way: MppWay, entries: MppEntries): number | null {
  const value = valueOf(way, entries);
  return Number.isFinite(value) && value > 0 && value <= 100 ? value : null;
}

function valueOf(way: MppWay, { pixels, length, unit, objective, figure }: MppEntries): number {
  // The convention scanners follow: 40x is 0.25 µm a pixel.
  if (way === 'objective') return 10 / Number(objective);
  if (way === 'figure') return figure.trim() === '' ? NaN : Number(figure.replace(',', '.'));
  const micrometres = Number(length.replace(',', '.')) * (unit === 'mm' ? 1000 : 1);
  // A line of a few pixels is a click, not a measurement.
  return length.trim() === '' || pixels < 10 ? NaN : micrometres / pixels;
}

export function lineLength(from: readonly [number, number], to: readonly [number, number]): number {
  return Math.hypot(to[0] - from[0], to[1] - from[1]);
}
