/**
 * Where the pixels of a pyramid level come from: one or more grids of stored tiles, each laid out along two axes. Most
 * levels are one grid at 0, 0; Leica puts several on one slide, Ventana's tiles overlap. Nothing here decodes.
 */
import { assembleJpeg } from '../codecs/jpeg-stream.ts';
import type { CodedTile } from '../codecs/coded-tile.ts';
import type { SlideFile } from '../slide-file.ts';
import type { StoredJpegTile } from '../slide-reader.ts';
import { codedLayout, readCodedTile } from './decode-tile.ts';
import { compressionName, unsupportedFormat } from './tiff-compression.ts';
import { checkTilesInFile, type TiffPage } from './tiff-page.ts';

export interface TileGrid {
  /** Pixels of the whole grid; the last tiles may reach beyond. */
  readonly width: number;
  readonly height: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** True for samples that are not 8-bit whole numbers: they need a window. */
  readonly needsWindow: boolean;
  /** Without a window, which the reader adds. Throws `file-invalid`, `file-truncated`, `limit-exceeded`. */
  read(column: number, row: number): Promise<CodedTile>;
  /** The tile as a JPEG that shows the right colours by itself; null when it is not stored as one. */
  readStoredJpeg(column: number, row: number): Promise<StoredJpegTile | null>;
  /** Throws `file-truncated` when stored data lie beyond the end of the file; `what` names the level. */
  checkInFile(what: string): void;
}

/** How the cells of a grid lie along one axis of a level. A cell is a tile, or a part of one where tiles are stitched. */
export interface AxisPlacement {
  /** Where cell 0 would begin, in pixels of the level. */
  readonly origin: number;
  /** From one cell to the next; less than a cell's size where they overlap: then the earlier cell is on top. */
  readonly advance: number;
  readonly firstCell: number;
  readonly cellCount: number;
  readonly cellsPerTile: number;
}

export interface LevelPart {
  readonly grid: TileGrid;
  readonly columns: AxisPlacement;
  readonly rows: AxisPlacement;
}

export interface TiffLevel {
  readonly width: number;
  readonly height: number;
  /** Null where it follows from the sizes. */
  readonly downsample: number | null;
  readonly parts: readonly LevelPart[];
}

/** The whole grid with its corner at (x, y) of a level. */
export function wholeGrid(grid: TileGrid, x = 0, y = 0): LevelPart {
  return {
    grid,
    columns: axis(x, grid.tileWidth, Math.ceil(grid.width / grid.tileWidth)),
    rows: axis(y, grid.tileHeight, Math.ceil(grid.height / grid.tileHeight)),
  };
}

function axis(origin: number, advance: number, cellCount: number): AxisPlacement {
  return { origin, advance, firstCell: 0, cellCount, cellsPerTile: 1 };
}

/** A level that is one page. Throws `file-unsupported`, naming the vendor and the compression. */
export function pageLevel(
  file: SlideFile,
  page: TiffPage,
  vendor: string,
  size: { width: number; height: number; downsample: number | null } = { ...page, downsample: null },
): TiffLevel {
  const { width, height, downsample } = size;
  return { width, height, downsample, parts: [wholeGrid(pageGrid(file, page, vendor))] };
}

export function pageGrid(file: SlideFile, page: TiffPage, vendor: string): TileGrid {
  const layout = codedLayout(page);
  if ('unsupported' in layout) {
    const name = compressionName(page.compression);
    throw unsupportedFormat(file.name, vendor, `${name} compression with ${layout.unsupported}`);
  }
  const read: TileGrid['read'] = (column, row) => readCodedTile(file, page, layout, column, row);
  return {
    width: page.width,
    height: page.height,
    tileWidth: page.tileWidth,
    tileHeight: page.tileHeight,
    needsWindow: layout.codec !== 'jpeg' && (layout.bits !== 8 || layout.sampleFormat !== 'unsigned'),
    read,
    readStoredJpeg: async (column, row) => {
      const whole = (column + 1) * page.tileWidth <= page.width && (row + 1) * page.tileHeight <= page.height;
      const { meaning } = layout;
      if (
        layout.codec !== 'jpeg' ||
        page.planar ||
        !whole ||
        !(['rgb', 'ycbcr', 'grey'] as string[]).includes(meaning)
      ) {
        return null;
      }
      const [stored] = (await read(column, row)).planes;
      if (!stored) return null;
      const colour = meaning === 'grey' ? 'untransformed' : meaning === 'rgb' ? 'rgb' : 'ycbcr';
      const frame = assembleJpeg(stored, layout.jpegTables, colour);
      const fits = frame?.width === page.tileWidth && frame.height === page.tileHeight;
      if (!frame || !fits || frame.progressive || frame.components !== page.samples) return null;
      return { bytes: frame.stream, width: frame.width, height: frame.height };
    },
    checkInFile: (what) => checkTilesInFile(file, page, what),
  };
}
