/**
 * Which kept tiles lie next to each other on a slide: the 8-neighbourhood of SimTriplet as index lists. Pure; knows
 * tiles by index, column and row only.
 *
 * Adjacent means one tile size away, not one grid step: with stride < size the grid's next tile overlaps, and a neighbour
 * that shows the same pixels teaches nothing. The step is size / stride rounded to whole columns, at least 1; so at
 * stride = size / 2 neighbours are two columns away and share an edge, and at stride > size they are the next column.
 * A stride that does not divide the size leaves at most half a stride of overlap or gap.
 */

/** Compressed rows: neighbours of tile i are targets[starts[i]] .. targets[starts[i + 1] - 1]. */
export interface NeighbourGraph {
  /** Number of tiles. */
  readonly count: number;
  readonly starts: Uint32Array;
  readonly targets: Uint32Array;
}

/** A kept tile; its position in the list is its index. `slide` is any value that differs between slides. */
export interface PlacedTile {
  readonly slide: string;
  readonly column: number;
  readonly row: number;
}

/** Grid steps to the adjacent tile. */
export function neighbourStep(sizePx: number, stridePx: number): number {
  return Math.max(1, Math.round(sizePx / stridePx));
}

/**
 * Order of the 8 directions, as [columns, rows]: the published code's numbered files are not documented, so 'fixed'
 * takes the first existing one in this reading order.
 */
export const neighbourDirections: readonly (readonly [number, number])[] = [
  [-1, -1],
  [0, -1],
  [1, -1],
  [-1, 0],
  [1, 0],
  [-1, 1],
  [0, 1],
  [1, 1],
];

/** Symmetric: a is a neighbour of b exactly when b is one of a. Targets of a tile stand in `neighbourDirections` order. */
export function buildNeighbourGraph(tiles: readonly PlacedTile[], step: number): NeighbourGraph {
  const indexOf = new Map<string, Map<number, number>>();
  // Columns and rows stay below 2^24 (20 million grid tiles a slide), so one number holds both exactly.
  const keyOf = (column: number, row: number): number => row * 2 ** 26 + column;
  tiles.forEach(({ slide, column, row }, index) => {
    let ofSlide = indexOf.get(slide);
    if (!ofSlide) indexOf.set(slide, (ofSlide = new Map()));
    ofSlide.set(keyOf(column, row), index);
  });
  const starts = new Uint32Array(tiles.length + 1);
  const targets = new Uint32Array(tiles.length * neighbourDirections.length);
  let used = 0;
  tiles.forEach(({ slide, column, row }, index) => {
    const ofSlide = indexOf.get(slide);
    for (const [right, down] of neighbourDirections) {
      const neighbourColumn = column + right * step;
      const neighbourRow = row + down * step;
      // A negative column would share its key with the end of the row above.
      if (neighbourColumn < 0 || neighbourRow < 0) continue;
      const neighbour = ofSlide?.get(keyOf(neighbourColumn, neighbourRow));
      if (neighbour === undefined) continue;
      targets[used] = neighbour;
      used += 1;
    }
    starts[index + 1] = used;
  });
  return { count: tiles.length, starts, targets: targets.slice(0, used) };
}

/** Indices of the adjacent tiles of one tile. */
export function neighboursOf(graph: NeighbourGraph, tile: number): Uint32Array {
  return graph.targets.subarray(graph.starts[tile], graph.starts[tile + 1]);
}
