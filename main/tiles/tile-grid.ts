/**
 * The grid of one slide: integers (column, row) <-> level-0 rectangles. Pure; reads no pixel and knows no tissue.
 *
 * Rules. A tile is a complete square inside the slide: the remainder at the right and bottom edge that does not fill a
 * tile is left out. Edges are rounded to whole level-0 pixels one by one (not origin plus rounded size), so that with
 * stride = size neighbours share an edge exactly, without gap or overlap, at any ratio of mpp; a rectangle's sides may
 * therefore differ by one level-0 pixel from tile to tile. A slide with different mpp in x and y uses their mean.
 */
import { TrefoilError } from '#common/errors.ts';
import type { SlideLevel, SlideMpp } from '#common/domain/slide.ts';
import type { Level0Rect, TileGrid, TileSettings } from '#common/domain/tile.ts';

/** Tiles may be enlarged at most this much (slide coarser than wanted); beyond it there is no detail to learn from. */
export const maximumUpsampling = 1.25;

/** Largest number of grid positions on one slide (a 200,000 px square slide at 64 px tiles has 9.8 million). */
export const maximumGridTiles = 20_000_000;

/** Micrometres per level-0 pixel, the mean of both axes. Throws `mpp-missing`. */
export function slideMppValue(mpp: SlideMpp): number {
  if (mpp.source === 'missing') {
    throw new TrefoilError(
      'mpp-missing',
      'The slide does not say how large its pixels are, so tiles of a given size cannot be placed.',
      'Set the micrometres per pixel of this slide by hand, then make the tiles again.',
    );
  }
  return (mpp.x + mpp.y) / 2;
}

/**
 * Grid of a slide for the wanted tile size, mpp and stride. Columns or rows are 0 for a slide smaller than one tile.
 * Throws `mpp-missing`, `invalid-input` (settings; slide more than 1.25 times coarser than wanted), `limit-exceeded`.
 */
export function tileGrid(levels: readonly SlideLevel[], mpp: SlideMpp, settings: TileSettings): TileGrid {
  const { sizePx, stridePx } = settings;
  if (!Number.isInteger(sizePx) || sizePx < 8 || sizePx > 4096 || !Number.isInteger(stridePx) || stridePx < 1) {
    throw new TrefoilError(
      'invalid-input',
      `A tile size of ${sizePx} px with a stride of ${stridePx} px is not possible.`,
      'Use a whole tile size from 8 to 4096 px and a whole stride of at least 1 px.',
    );
  }
  const slideMpp = slideMppValue(mpp);
  const downsample = settings.mpp / slideMpp;
  const base = levels[0];
  if (!base || !Number.isFinite(downsample) || downsample <= 0) {
    throw new TrefoilError(
      'invalid-input',
      `Tiles at ${settings.mpp} um per pixel cannot be cut from a slide with ${slideMpp} um per pixel.`,
      'Use a positive number of micrometres per pixel for the tiles and for the slide.',
    );
  }
  if (downsample * maximumUpsampling < 1 - 1e-9) {
    throw new TrefoilError(
      'invalid-input',
      `The slide has ${slideMpp} um per pixel, too coarse for tiles at ${settings.mpp} um per pixel.`,
      `Choose ${Math.round((slideMpp / maximumUpsampling) * 1000) / 1000} um per pixel or more for the tiles, or leave this slide out.`,
      { slideMpp, wantedMpp: settings.mpp },
    );
  }
  const columns = tilesAlong(base.width, downsample, sizePx, stridePx);
  const rows = tilesAlong(base.height, downsample, sizePx, stridePx);
  if (columns * rows > maximumGridTiles) {
    throw new TrefoilError(
      'limit-exceeded',
      `The grid would have ${columns} x ${rows} tiles, more than ${maximumGridTiles}.`,
      'Use a larger stride, larger tiles or more micrometres per pixel.',
      { columns, rows },
    );
  }
  return { level: extractionLevel(levels, downsample), columns, rows, downsample, sizePx, stridePx };
}

/** The coarsest level that is still at least as fine as the wanted one (1 % tolerance for rounded level sizes). */
function extractionLevel(levels: readonly SlideLevel[], downsample: number): number {
  let best = 0;
  levels.forEach((level, index) => {
    if (level.downsample <= downsample * 1.01 && level.downsample > (levels[best]?.downsample ?? 0)) best = index;
  });
  return best;
}

function tilesAlong(lengthPx: number, downsample: number, sizePx: number, stridePx: number): number {
  let count = Math.max(0, Math.floor((lengthPx / downsample - sizePx) / stridePx) + 2);
  while (count > 0 && Math.round(((count - 1) * stridePx + sizePx) * downsample) > lengthPx) count -= 1;
  return count;
}

/** Level-0 rectangle of a tile, whole pixels. */
export function tileRect(grid: TileGrid, column: number, row: number): Level0Rect {
  const x = Math.round(column * grid.stridePx * grid.downsample);
  const y = Math.round(row * grid.stridePx * grid.downsample);
  const right = Math.round((column * grid.stridePx + grid.sizePx) * grid.downsample);
  const bottom = Math.round((row * grid.stridePx + grid.sizePx) * grid.downsample);
  return { x, y, width: right - x, height: bottom - y };
}

export interface TilePosition {
  readonly column: number;
  readonly row: number;
}

/**
 * The tile that contains a level-0 point (left and top edges belong to it); where tiles overlap, the one whose centre is
 * nearest; null in a gap between tiles or outside the grid.
 */
export function tileAt(grid: TileGrid, x: number, y: number): TilePosition | null {
  const column = indexAt(grid, x, grid.columns);
  const row = indexAt(grid, y, grid.rows);
  return column === null || row === null ? null : { column, row };
}

function indexAt(grid: TileGrid, position: number, count: number): number | null {
  const guess = Math.round((position / grid.downsample - grid.sizePx / 2) / grid.stridePx);
  const nearest = Math.min(Math.max(guess, 0), count - 1);
  // Rounded edges can move a boundary point to the tile next door.
  for (const index of [nearest, nearest - 1, nearest + 1]) {
    if (index < 0 || index >= count) continue;
    const rect = tileRect(grid, index, index);
    if (position >= rect.x && position < rect.x + rect.width) return index;
  }
  return null;
}
