/**
 * Pixels of a rectangle of a level: finds the cells it touches, decodes each through the caller's cache, a few at a time,
 * and copies them together. What no cell covers is white.
 */
import { throwIfCancelled } from '#common/errors.ts';
import type { AxisPlacement, LevelPart, TiffLevel } from './tile-grid.ts';

export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** RGB pixels of a tile, tileWidth pixels a row. */
export type DecodedTile = (part: LevelPart, partIndex: number, column: number, row: number) => Promise<Uint8Array>;

/** Tiles decoded at the same time: enough to keep the decoder's threads busy, few enough to bound memory. */
const parallelTiles = 4;

/** Pixels of one cell along one axis that are its own: drawn from `from` to `to`, found at `source` of its tile. */
interface CellSpan {
  readonly tile: number;
  readonly from: number;
  readonly to: number;
  readonly source: number;
}

/** width * height * 3 bytes. The first failure is thrown once the tiles under way are done. */
export async function readLevelRegion(
  level: TiffLevel,
  rect: PixelRect,
  decode: DecodedTile,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const data = new Uint8Array(rect.width * rect.height * 3).fill(255);
  const tasks: { part: LevelPart; partIndex: number; across: CellSpan[]; down: CellSpan[] }[] = [];
  level.parts.forEach((part, partIndex) => {
    const right = Math.min(level.width, rect.x + rect.width);
    const bottom = Math.min(level.height, rect.y + rect.height);
    const columns = byTile(spans(part.columns, part.grid.tileWidth, part.grid.width, Math.max(0, rect.x), right));
    const rows = byTile(spans(part.rows, part.grid.tileHeight, part.grid.height, Math.max(0, rect.y), bottom));
    for (const down of rows) for (const across of columns) tasks.push({ part, partIndex, across, down });
  });
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    for (let task = tasks[next++]; task && !failed; task = tasks[next++]) {
      try {
        throwIfCancelled(signal);
        const { part, partIndex, across, down } = task;
        const [firstAcross] = across;
        const [firstDown] = down;
        if (!firstAcross || !firstDown) continue;
        const pixels = await decode(part, partIndex, firstAcross.tile, firstDown.tile);
        for (const y of down) for (const x of across) copyCell(pixels, part.grid.tileWidth, x, y, rect, data);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(parallelTiles, tasks.length) }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return data;
}

/** The cells of an axis that reach into [from, to), cut to it and to what no earlier cell covers. */
function spans(axis: AxisPlacement, tileSize: number, gridSize: number, from: number, to: number): CellSpan[] {
  const { origin, advance, cellsPerTile } = axis;
  const cellSize = tileSize / cellsPerTile;
  const end = axis.firstCell + axis.cellCount;
  const first = Math.max(axis.firstCell, Math.floor((from - origin - cellSize) / advance) - 1);
  const last = Math.min(end - 1, Math.ceil((to - origin) / advance) + 1);
  const result: CellSpan[] = [];
  for (let cell = first; cell <= last; cell++) {
    const tile = Math.floor(cell / cellsPerTile);
    const inTile = Math.round((cell % cellsPerTile) * cellSize);
    // A grid's last tile may be padded beyond the image.
    const size = Math.min(Math.round(((cell % cellsPerTile) + 1) * cellSize), gridSize - tile * tileSize) - inTile;
    const start = Math.round(origin + cell * advance);
    const covered = cell === axis.firstCell ? start : Math.max(start, previousEnd(axis, cellSize, cell));
    const left = Math.max(from, covered);
    const right = Math.min(to, start + size);
    if (left < right) result.push({ tile, from: left, to: right, source: inTile + left - start });
  }
  return result;
}

function previousEnd({ origin, advance, cellsPerTile }: AxisPlacement, cellSize: number, cell: number): number {
  const inTile = (cell - 1) % cellsPerTile;
  const size = Math.round((inTile + 1) * cellSize) - Math.round(inTile * cellSize);
  return Math.round(origin + (cell - 1) * advance) + size;
}

/** Neighbouring cells of one tile together, so that a tile is asked for once. */
function byTile(cells: readonly CellSpan[]): CellSpan[][] {
  const groups: CellSpan[][] = [];
  for (const cell of cells) {
    const group = groups.at(-1);
    if (group?.[0]?.tile === cell.tile) group.push(cell);
    else groups.push([cell]);
  }
  return groups;
}

function copyCell(
  pixels: Uint8Array,
  tileWidth: number,
  across: CellSpan,
  down: CellSpan,
  rect: PixelRect,
  into: Uint8Array,
): void {
  const length = (across.to - across.from) * 3;
  for (let y = down.from; y < down.to; y++) {
    const from = ((down.source + y - down.from) * tileWidth + across.source) * 3;
    into.set(pixels.subarray(from, from + length), ((y - rect.y) * rect.width + across.from - rect.x) * 3);
  }
}
