/**
 * The list of tiles to look at and where in it the person is: pure, so that every key can be tested without a page. Tiles keep
 * their places: the list only grows at its end, and a refused tile comes back as the next one.
 */
export interface QueueList<Tile extends { readonly tile: number }> {
  readonly tiles: readonly Tile[];
  /** Of the tile looked at; 0 in an empty list. */
  readonly position: number;
}

export type IsDone = (tile: number) => boolean;

/** The next tile not done after the position, then from the start; null when all are done. */
export function nextOpen<Tile extends { readonly tile: number }>(
  { tiles, position }: QueueList<Tile>,
  isDone: IsDone,
): number | null {
  for (let step = 1; step <= tiles.length; step += 1) {
    const at = (position + step) % tiles.length;
    const tile = tiles[at];
    if (tile !== undefined && !isDone(tile.tile)) return at;
  }
  return null;
}

export function countOpen<Tile extends { readonly tile: number }>(
  { tiles, position }: QueueList<Tile>,
  isDone: IsDone,
): number {
  return tiles.slice(position).filter(({ tile }) => !isDone(tile)).length;
}

/** Puts tiles that are not in the list yet, nor done, at its end. */
export function appendTiles<Tile extends { readonly tile: number }>(
  list: QueueList<Tile>,
  added: readonly Tile[],
  isDone: IsDone,
): QueueList<Tile> {
  const known = new Set(list.tiles.map(({ tile }) => tile));
  const fresh = added.filter(({ tile }) => !known.has(tile) && !isDone(tile));
  return { ...list, tiles: [...list.tiles, ...fresh] };
}

/** The tile as the next one, wherever it was. */
export function bringBack<Tile extends { readonly tile: number }>(list: QueueList<Tile>, tile: Tile): QueueList<Tile> {
  const at = list.tiles.findIndex((each) => each.tile === tile.tile);
  if (at === list.position) return list;
  const position = at >= 0 && at < list.position ? list.position - 1 : list.position;
  const rest = list.tiles.filter((each) => each.tile !== tile.tile);
  return { tiles: rest.toSpliced(position + 1, 0, tile), position };
}
