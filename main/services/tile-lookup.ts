/**
 * The tiles of a project's tile set as flat arrays with a look-up by point, kept in memory while the project is open: a
 * label must be set in milliseconds, not after parsing the set again. Sets are named by content, so nothing goes stale.
 */
import type { TileReference } from '#common/contract/labels.ts';
import type { Level0Rect } from '#common/domain/tile.ts';
import { TrefoilError } from '#common/errors.ts';
import { tileAt, tileRect } from '../tiles/tile-grid.ts';
import type { OpenProject } from './open-projects.ts';
import { currentTileSetId, loadTileSet, type TileSet, type TileSetSlide } from './tile-sets.ts';

export interface TilePlace {
  readonly slide: TileSetSlide;
  readonly column: number;
  readonly row: number;
  readonly rect: Level0Rect;
}

/** Tiles of one slide: indices first .. first + count - 1 of the set. */
export interface SlideRange {
  readonly slide: TileSetSlide;
  readonly first: number;
  readonly count: number;
}

export interface TileLookup {
  readonly set: TileSet;
  readonly ranges: readonly SlideRange[];
  /** Per tile of the set. */
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  /** Per tile, index into `ranges`. */
  readonly slideOf: Int32Array;
  /** Throws `not-found` outside the set. */
  place(tile: number): TilePlace;
  /** The kept tile under a level-0 point. */
  find(slide: string, x: number, y: number): number | undefined;
}

const setsKept = 3;

export class TileLookups {
  private readonly known = new WeakMap<OpenProject, Map<string, TileLookup>>();

  /** Throws `no-tiles` before the first extraction, and `not-found` when the caller speaks of another set than the current one. */
  current(project: OpenProject, expected?: string): TileLookup {
    const id = currentTileSetId(project);
    if (id === null) {
      throw new TrefoilError('no-tiles', 'The project has no tiles yet.', 'Make tiles first, in Regions & tiles.');
    }
    if (expected !== undefined && expected !== id) {
      throw new TrefoilError(
        'not-found',
        'The tiles were made again since this page was loaded.',
        'Reload the page and repeat the step.',
        { current: id },
      );
    }
    return this.of(project, id);
  }

  of(project: OpenProject, id: string): TileLookup {
    let sets = this.known.get(project);
    if (sets === undefined) this.known.set(project, (sets = new Map()));
    const lookup = sets.get(id) ?? createTileLookup(loadTileSet(project, id));
    sets.delete(id);
    sets.set(id, lookup);
    for (const oldest of sets.keys()) {
      if (sets.size <= setsKept) break;
      sets.delete(oldest);
    }
    return lookup;
  }
}

export function createTileLookup(set: TileSet): TileLookup {
  const { count, shards } = set.manifest;
  const columns = new Int32Array(count);
  const rows = new Int32Array(count);
  const slideOf = new Int32Array(count);
  const ranges = set.slides.map((slide, position): SlideRange => {
    const own = shards.filter((shard) => shard.slide === slide.slide);
    for (const shard of own) {
      shard.tiles.forEach(([column, row], index) => {
        columns[shard.firstIndex + index] = column;
        rows[shard.firstIndex + index] = row;
        slideOf[shard.firstIndex + index] = position;
      });
    }
    return { slide, first: own[0]?.firstIndex ?? 0, count: own.reduce((sum, shard) => sum + shard.records, 0) };
  });
  const byId = new Map(ranges.map((range) => [range.slide.slide, range]));
  const cells = new Map<string, Map<number, number>>();
  const cellsOf = (range: SlideRange): Map<number, number> => {
    let own = cells.get(range.slide.slide);
    if (own === undefined) {
      own = new Map();
      const width = range.slide.grid.columns;
      for (let tile = range.first; tile < range.first + range.count; tile += 1) {
        own.set((rows[tile] as number) * width + (columns[tile] as number), tile);
      }
      cells.set(range.slide.slide, own);
    }
    return own;
  };
  return {
    set,
    ranges,
    columns,
    rows,
    slideOf,
    place: (tile) => {
      const range = ranges[slideOf[tile] ?? -1];
      if (!Number.isInteger(tile) || range === undefined) {
        throw new TrefoilError('not-found', `There is no tile ${tile}.`, 'Reload the page and repeat the step.');
      }
      const [column, row] = [columns[tile] as number, rows[tile] as number];
      return { slide: range.slide, column, row, rect: tileRect(range.slide.grid, column, row) };
    },
    find: (slide, x, y) => {
      const range = byId.get(slide);
      const position = range === undefined ? null : tileAt(range.slide.grid, x, y);
      if (range === undefined || position === null) return undefined;
      return cellsOf(range).get(position.row * range.slide.grid.columns + position.column);
    },
  };
}

/** Where a tile lies, as galleries need it. */
export function tileReference(lookup: TileLookup, tile: number): TileReference {
  const { slide, column, row, rect } = lookup.place(tile);
  return { tile, slide: slide.slide, column, row, ...rect };
}
