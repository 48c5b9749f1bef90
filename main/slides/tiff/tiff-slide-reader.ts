/**
 * Reads slides stored as TIFF, BigTIFF or a vendor's kind of it through the SlideReader port. What the pages mean is
 * vendors/, where pixels lie is tile-grid.ts, how tiles are decoded is ../codecs; this joins them with a bounded cache.
 */
import type { ColourProfile, SlideInfo } from '#common/domain/slide.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { CodedTile, DecodeTile } from '../codecs/coded-tile.ts';
import { decodeTileSamples } from '../codecs/decode-coded-tile.ts';
import { maximumProfileBytes, readIccProfile } from '../colour/icc-profile.ts';
import { checkRegion } from '../region-check.ts';
import type { SlideFile } from '../slide-file.ts';
import { chooseMpp } from '../slide-mpp.ts';
import {
  maximumRegionPixels,
  type LevelRegion,
  type RgbImage,
  type SlideReader,
  type StoredJpegTile,
} from '../slide-reader.ts';
import type { TileCache } from '../tile-cache.ts';
import { namedTileError } from './decode-tile.ts';
import { readLevelRegion, type PixelRect } from './read-level-region.ts';
import { readPages } from './read-pages.ts';
import { compressionName } from './tiff-compression.ts';
import { damaged, type TiffHeader } from './tiff-directory.ts';
import type { TileGrid, TiffLevel } from './tile-grid.ts';
import { chooseWindow, type ValueWindow } from './value-window.ts';
import { tiffVendors } from './vendors/all-vendors.ts';
import { downsampleOf } from './vendors/pyramid.ts';
import type { TiffSlide } from './vendors/tiff-slide.ts';

const profileTag = 34_675;

export interface TiffReaderParts {
  readonly cache: TileCache;
  readonly decode: DecodeTile;
}

export class TiffSlideReader implements SlideReader {
  readonly info: SlideInfo;
  readonly #file: SlideFile;
  readonly #slide: TiffSlide;
  readonly #window: ValueWindow | null;
  readonly #parts: TiffReaderParts;

  private constructor(
    file: SlideFile,
    info: SlideInfo,
    slide: TiffSlide,
    window: ValueWindow | null,
    parts: TiffReaderParts,
  ) {
    this.#file = file;
    this.info = info;
    this.#slide = slide;
    this.#window = window;
    this.#parts = parts;
  }

  /** Takes the file over: closing the reader closes it. Throws `file-invalid`, `file-truncated`, `file-unsupported`, `limit-exceeded`. */
  static async open(file: SlideFile, header: TiffHeader, parts: TiffReaderParts): Promise<TiffSlideReader> {
    const pages = await readPages(file, header);
    const vendor = tiffVendors.find(({ matches }) => matches(pages));
    if (!vendor) throw damaged(file, 'it has no image');
    const slide = await vendor.describe(file, pages);
    const { levels, base, notes } = slide;
    const [level0] = levels;
    const smallest = levels.at(-1);
    if (!level0 || !smallest) throw damaged(file, 'it has no image');
    levels.forEach((level, index) => checkLevel(level, `level ${index}`));
    const window = level0.parts.some(({ grid }) => grid.needsWindow) ? await windowOf(file, smallest) : null;
    const shown = window ? [`Sample values ${window.black} to ${window.white} are shown as black to white.`] : [];
    const info: SlideInfo = {
      width: level0.width,
      height: level0.height,
      levels: levels.map((level, index) => ({
        width: level.width,
        height: level.height,
        downsample: index === 0 ? 1 : (level.downsample ?? downsampleOf(level, level0)),
        tileWidth: level.parts[0]?.grid.tileWidth ?? level.width,
        tileHeight: level.parts[0]?.grid.tileHeight ?? level.height,
      })),
      ...chooseMpp(slide.claims, slide.objectivePower),
      colourProfile: await describeProfile(slide),
      vendor: slide.vendor,
      objectivePower: slide.objectivePower,
      compression: compressionName(base.compression),
      associatedImages: slide.associated.map(({ name, level: { width, height } }) => ({ name, width, height })),
      ...(notes.length + shown.length > 0 ? { notes: [...notes, ...shown] } : {}),
    };
    return new TiffSlideReader(file, info, slide, window, parts);
  }

  async readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage> {
    checkRegion(this.info, region, this.#file.name);
    const level = this.#slide.levels[region.level] as TiffLevel;
    return this.#file.whileUnchanged(() => this.#read(level, String(region.level), region, signal), signal);
  }

  async readAssociatedImage(name: string): Promise<RgbImage> {
    const level = this.#slide.associated.find((image) => image.name === name)?.level;
    if (!level) {
      throw new TrefoilError(
        'not-found',
        `${this.#file.name} has no image called ${name}.`,
        `It has: ${this.#slide.associated.map((image) => image.name).join(', ') || 'none'}.`,
      );
    }
    checkLevel(level, `the ${name}`);
    const { width, height } = level;
    if (width * height > maximumRegionPixels) throw damaged(this.#file, `its ${name} is ${width} x ${height} px`);
    return this.#file.whileUnchanged(() => this.#read(level, name, { x: 0, y: 0, width, height }, undefined));
  }

  async readColourProfile(): Promise<Uint8Array | null> {
    return this.#file.whileUnchanged(() => readProfile(this.#slide));
  }

  async readStoredJpegTile(level: number, column: number, row: number): Promise<StoredJpegTile | null> {
    const { width, height, parts } = this.#slide.levels[level] ?? { width: 0, height: 0, parts: [] };
    const [part] = parts;
    if (!part || parts.length !== 1 || this.#window) return null;
    const { grid, columns, rows } = part;
    const plain = ({ origin, advance }: typeof columns, size: number): boolean => origin === 0 && advance === size;
    const inside = column >= 0 && row >= 0 && column < columns.cellCount && row < rows.cellCount;
    const whole = (column + 1) * grid.tileWidth <= width && (row + 1) * grid.tileHeight <= height;
    if (!inside || !whole || !plain(columns, grid.tileWidth) || !plain(rows, grid.tileHeight)) return null;
    return this.#file.whileUnchanged(() => grid.readStoredJpeg(column, row));
  }

  async close(): Promise<void> {
    this.#parts.cache.clear();
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(level: TiffLevel, levelKey: string, rect: PixelRect, signal: AbortSignal | undefined): Promise<RgbImage> {
    const { width, height } = rect;
    this.#file.memory.check(width * height * 3, `a ${width} x ${height} px region`, this.#file.name);
    const data = await readLevelRegion(
      level,
      rect,
      ({ grid }, part, column, row) =>
        this.#parts.cache.get(
          `${levelKey}/${part}/${column}/${row}`,
          (unwanted) => this.#decode(grid, column, row, unwanted),
          signal,
        ),
      signal,
    );
    return { width, height, data };
  }

  /** `unwanted` fires when all who waited for the tile have left. */
  async #decode(grid: TileGrid, column: number, row: number, unwanted: AbortSignal): Promise<Uint8Array> {
    throwIfCancelled(unwanted);
    const tile = await grid.read(column, row);
    try {
      return await this.#parts.decode(grid.needsWindow ? { ...tile, window: this.#window } : tile, unwanted);
    } catch (error) {
      throw namedTileError(this.#file, row * Math.ceil(grid.width / grid.tileWidth) + column, error);
    }
  }
}

function checkLevel(level: TiffLevel, what: string): void {
  for (const { grid } of level.parts) grid.checkInFile(what);
}

async function windowOf(file: SlideFile, level: TiffLevel): Promise<ValueWindow | null> {
  return chooseWindow(level, async (grid, column, row) => {
    const tile: CodedTile = await grid.read(column, row);
    try {
      return await decodeTileSamples(tile);
    } catch (error) {
      throw namedTileError(file, row * Math.ceil(grid.width / grid.tileWidth) + column, error);
    }
  });
}

/** Null when there is none, or one so large that it is no profile. */
async function readProfile({ base: { directory } }: TiffSlide): Promise<Uint8Array | null> {
  return directory.byteLength(profileTag) > maximumProfileBytes
    ? null
    : directory.bytes(profileTag, maximumProfileBytes);
}

/** A profile that cannot be used is as good as none. */
async function describeProfile(slide: TiffSlide): Promise<ColourProfile | null> {
  const bytes = await readProfile(slide);
  const profile = bytes && readIccProfile(bytes);
  return profile && 'name' in profile ? { name: profile.name, byteLength: profile.byteLength } : null;
}
