/** Where the kept tiles of a slide are, without their labels: asked for once a tile set. */
import { decodeTileColumns } from '#common/tile-bytes.ts';

/** One entry a tile, row by row. */
export interface KeptTiles {
  /** Index in the tile set. */
  readonly tiles: Int32Array;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
}

export async function keptTiles(
  project: string,
  tileSet: string,
  slide: string,
  signal: AbortSignal,
): Promise<KeptTiles> {
  const response = await fetch(`/tiles/${project}/${tileSet}/columns/${slide}.bin`, { signal });
  if (!response.ok) throw new Error(`columns of ${slide}: ${response.status}`);
  const { indices, columns, rows } = decodeTileColumns(await response.arrayBuffer());
  const kept = [...indices.keys()]
    .filter((at) => (indices[at] ?? -1) >= 0)
    .sort((a, b) => (rows[a] ?? 0) - (rows[b] ?? 0) || (columns[a] ?? 0) - (columns[b] ?? 0));
  const pick = (values: Int32Array): Int32Array => Int32Array.from(kept, (at) => values[at] ?? 0);
  return { tiles: pick(indices), columns: pick(columns), rows: pick(rows) };
}
