/**
 * Reads slides stored as TIFF, BigTIFF or Aperio SVS through the SlideReader port: finds the tiles of a region, decodes
 * them through a bounded cache and copies them together. Structure is tiff-page.ts, decoding is decode-tile.ts.
 */
import type { SlideInfo } from '#common/domain/slide.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { checkRegion } from '../region-check.ts';
import type { SlideFile } from '../slide-file.ts';
import { maximumRegionPixels, type LevelRegion, type RgbImage, type SlideReader } from '../slide-reader.ts';
import type { TileCache } from '../tile-cache.ts';
import { classifyPages, downsampleOf, type NamedPage } from './classify-pages.ts';
import { decodeTile, storedRows, unsupportedLayout } from './decode-tile.ts';
import { compressionName, isDecodable, unsupportedFormat } from './tiff-compression.ts';
import { damaged, readDirectories, type TiffHeader } from './tiff-directory.ts';
import { tiffMetadata } from './tiff-metadata.ts';
import { checkTilesInFile, readPage, type TiffPage } from './tiff-page.ts';

/** Tiles decoded at the same time: enough to keep the decoder's threads busy, few enough to bound memory. */
const parallelTiles = 4;

export class TiffSlideReader implements SlideReader {
  readonly info: SlideInfo;
  readonly #file: SlideFile;
  readonly #levels: readonly TiffPage[];
  readonly #associated: readonly NamedPage[];
  readonly #cache: TileCache;

  private constructor(
    file: SlideFile,
    info: SlideInfo,
    levels: readonly TiffPage[],
    associated: readonly NamedPage[],
    cache: TileCache,
  ) {
    this.#file = file;
    this.info = info;
    this.#levels = levels;
    this.#associated = associated;
    this.#cache = cache;
  }

  /** Takes the file over: closing the reader closes it. Throws `file-invalid`, `file-truncated`, `file-unsupported`, `limit-exceeded`. */
  static async open(file: SlideFile, header: TiffHeader, cache: TileCache): Promise<TiffSlideReader> {
    const pages: TiffPage[] = [];
    for (const directory of await readDirectories(file, header)) pages.push(await readPage(file, directory));
    const { vendor, levels, associated } = classifyPages(pages);
    const base = levels[0];
    if (!base) throw damaged(file, 'it has no image');
    if (vendor === 'hamamatsu') throw unsupportedFormat(file.name, vendor, 'the NDPI layout');
    levels.forEach((page, level) => {
      checkSupported(file, page, vendor);
      checkTilesInFile(file, page, `level ${level}`);
    });
    const info: SlideInfo = {
      width: base.width,
      height: base.height,
      levels: levels.map((page) => ({
        width: page.width,
        height: page.height,
        downsample: page === base ? 1 : downsampleOf(page, base),
        tileWidth: page.tileWidth,
        tileHeight: page.tileHeight,
      })),
      ...tiffMetadata(vendor, base),
      vendor,
      compression: compressionName(base.compression),
      associatedImages: associated.map(({ name, page }) => ({ name, width: page.width, height: page.height })),
    };
    return new TiffSlideReader(file, info, levels, associated, cache);
  }

  async readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage> {
    checkRegion(this.info, region, this.#file.name);
    const page = this.#levels[region.level] as TiffPage;
    return this.#file.whileUnchanged(() => this.#readPage(page, String(region.level), region, signal), signal);
  }

  async readAssociatedImage(name: string): Promise<RgbImage> {
    const page = this.#associated.find((image) => image.name === name)?.page;
    if (!page) {
      throw new TrefoilError(
        'not-found',
        `${this.#file.name} has no image called ${name}.`,
        `It has: ${this.#associated.map((image) => image.name).join(', ') || 'none'}.`,
      );
    }
    checkSupported(this.#file, page, this.info.vendor);
    checkTilesInFile(this.#file, page, `the ${name}`);
    if (page.width * page.height > maximumRegionPixels)
      throw damaged(this.#file, `its ${name} is ${page.width} x ${page.height} px`);
    const whole = { x: 0, y: 0, width: page.width, height: page.height };
    return this.#file.whileUnchanged(() => this.#readPage(page, name, whole, undefined));
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #readPage(
    page: TiffPage,
    pageKey: string,
    region: Omit<LevelRegion, 'level'>,
    signal: AbortSignal | undefined,
  ): Promise<RgbImage> {
    const { width, height } = region;
    this.#file.memory.check(width * height * 3, `a ${width} x ${height} px region`, this.#file.name);
    const data = new Uint8Array(width * height * 3).fill(255);
    const tiles: { column: number; row: number }[] = [];
    const lastColumn = Math.min(page.tilesAcross, Math.ceil((region.x + width) / page.tileWidth)) - 1;
    const lastRow = Math.min(page.tilesDown, Math.ceil((region.y + height) / page.tileHeight)) - 1;
    for (let row = Math.max(0, Math.floor(region.y / page.tileHeight)); row <= lastRow; row++) {
      for (let column = Math.max(0, Math.floor(region.x / page.tileWidth)); column <= lastColumn; column++) {
        tiles.push({ column, row });
      }
    }
    let next = 0;
    let failed = false;
    const work = async (): Promise<void> => {
      for (let tile = tiles[next++]; tile && !failed; tile = tiles[next++]) {
        const { column, row } = tile;
        try {
          throwIfCancelled(signal);
          const pixels = await this.#cache.get(`${pageKey}/${column}/${row}`, () =>
            decodeTile(this.#file, page, column, row),
          );
          copyTile(page, column, row, pixels, region, data);
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    const results = await Promise.allSettled(Array.from({ length: Math.min(parallelTiles, tiles.length) }, work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    return { width, height, data };
  }
}

function checkSupported(file: SlideFile, page: TiffPage, vendor: string): void {
  if (!isDecodable(page.compression)) {
    throw unsupportedFormat(file.name, vendor, `${compressionName(page.compression)} compression`);
  }
  const layout = unsupportedLayout(page);
  if (layout) throw unsupportedFormat(file.name, vendor, layout);
}

/** Copies the part of a tile that lies in both the page and the region. */
function copyTile(
  page: TiffPage,
  column: number,
  row: number,
  pixels: Uint8Array,
  region: Omit<LevelRegion, 'level'>,
  into: Uint8Array,
): void {
  const tileX = column * page.tileWidth;
  const tileY = row * page.tileHeight;
  const left = Math.max(tileX, region.x);
  const right = Math.min(tileX + page.tileWidth, region.x + region.width, page.width);
  const top = Math.max(tileY, region.y);
  const bottom = Math.min(tileY + storedRows(page, row), region.y + region.height, page.height);
  for (let y = top; y < bottom; y++) {
    const from = ((y - tileY) * page.tileWidth + left - tileX) * 3;
    into.set(pixels.subarray(from, from + (right - left) * 3), ((y - region.y) * region.width + left - region.x) * 3);
  }
}
