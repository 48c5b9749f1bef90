/** Finds tiles by grid position without a map of objects: one array over columns x rows. Pure. */
import { cellAt, cellEdges, type CellEdges } from '#common/tile-cells.ts';
import type { TileGrid } from '#common/domain/tile.ts';

export interface TileIndexing {
  readonly columnEdges: CellEdges;
  readonly rowEdges: CellEdges;
  readonly columnCount: number;
  readonly rowCount: number;
  /** Position in the tile columns, -1 for none; row-major. */
  readonly positions: Int32Array;
  /** Position of the tile whose cell holds the level-0 point; -1 for none. */
  at(x: number, y: number): number;
  /** Position of the tile in a column and row; -1 for none. */
  find(column: number, row: number): number;
}

export function createTileIndex(
  grid: TileGrid,
  tiles: { readonly columns: Int32Array; readonly rows: Int32Array },
): TileIndexing {
  const columnEdges = cellEdges(grid, grid.columns);
  const rowEdges = cellEdges(grid, grid.rows);
  const positions = new Int32Array(grid.columns * grid.rows).fill(-1);
  for (let i = 0; i < tiles.columns.length; i += 1) {
    positions[(tiles.rows[i] as number) * grid.columns + (tiles.columns[i] as number)] = i;
  }
  const find = (column: number, row: number): number => {
    if (column < 0 || row < 0 || column >= grid.columns || row >= grid.rows) return -1;
    return positions[row * grid.columns + column] ?? -1;
  };
  return {
    columnEdges,
    rowEdges,
    columnCount: grid.columns,
    rowCount: grid.rows,
    positions,
    at: (x, y) => find(cellAt(columnEdges, x), cellAt(rowEdges, y)),
    find,
  };
}
