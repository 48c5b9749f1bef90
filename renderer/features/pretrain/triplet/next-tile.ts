/** The next kept tile in a direction, for the arrow keys: the nearest one in a cone of 45 degrees to each side. Pure. */
import type { SlideTileColumns } from '#common/tile-bytes.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

const directions: Readonly<Record<Direction, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/** Index in the tile set; null when there is none that way or `from` is not on this slide. */
export function nextTile(tiles: SlideTileColumns, from: number, direction: Direction): number | null {
  const at = tiles.indices.indexOf(from);
  if (at < 0) return null;
  const [right, down] = directions[direction];
  const column = tiles.columns[at] ?? 0;
  const row = tiles.rows[at] ?? 0;
  let best: number | null = null;
  let shortest = Infinity;
  for (let index = 0; index < tiles.indices.length; index += 1) {
    const tile = tiles.indices[index] ?? -1;
    if (tile < 0) continue;
    const toRight = (tiles.columns[index] ?? 0) - column;
    const toBottom = (tiles.rows[index] ?? 0) - row;
    const along = toRight * right + toBottom * down;
    const across = Math.abs(toRight * down) + Math.abs(toBottom * right);
    if (along <= 0 || across > along) continue;
    // A tile straight ahead wins over one a little nearer at the side.
    const distance = along + 2 * across;
    if (distance < shortest) {
      shortest = distance;
      best = tile;
    }
  }
  return best;
}

/** The kept tile nearest to the middle of all kept ones: where to start looking. null without any. */
export function middleTile(tiles: SlideTileColumns): number | null {
  let count = 0;
  let columns = 0;
  let rows = 0;
  for (let index = 0; index < tiles.indices.length; index += 1) {
    if ((tiles.indices[index] ?? -1) < 0) continue;
    count += 1;
    columns += tiles.columns[index] ?? 0;
    rows += tiles.rows[index] ?? 0;
  }
  return count === 0 ? null : nearestTile(tiles, columns / count, rows / count);
}

export function nearestTile(tiles: SlideTileColumns, column: number, row: number): number | null {
  let best: number | null = null;
  let shortest = Infinity;
  for (let index = 0; index < tiles.indices.length; index += 1) {
    const tile = tiles.indices[index] ?? -1;
    const distance = ((tiles.columns[index] ?? 0) - column) ** 2 + ((tiles.rows[index] ?? 0) - row) ** 2;
    if (tile >= 0 && distance < shortest) {
      shortest = distance;
      best = tile;
    }
  }
  return best;
}
