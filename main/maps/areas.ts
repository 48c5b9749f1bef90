/**
 * Area per class on one slide. A tile stands for its stride cell, not for its own square, so that overlapping tiles are not
 * counted twice; with gaps between tiles it stands for its own square only, and nothing is claimed about the gaps.
 */

export interface ClassArea {
  readonly tiles: number;
  readonly areaMm2: number;
  /** Share of the classified tiles, 0..100; 0 on a slide without any. */
  readonly percent: number;
}

export interface AreaInput {
  readonly classCount: number;
  /** Class index per tile. */
  readonly predicted: ArrayLike<number>;
  readonly cellAreaMm2: number;
}

export function classAreas({ classCount, predicted, cellAreaMm2 }: AreaInput): ClassArea[] {
  const counts = new Array<number>(classCount).fill(0);
  for (let tile = 0; tile < predicted.length; tile += 1) {
    const label = predicted[tile] ?? 0;
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts.map((tiles) => ({
    tiles,
    areaMm2: tiles * cellAreaMm2,
    percent: predicted.length === 0 ? 0 : (100 * tiles) / predicted.length,
  }));
}

/** Square millimetres one tile stands for; sizes in pixels at `mpp` micrometres per pixel. */
export function cellAreaMm2(sizePx: number, stridePx: number, mpp: number): number {
  return ((Math.min(sizePx, stridePx) * mpp) / 1000) ** 2;
}
