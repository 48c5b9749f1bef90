/**
 * A plain PNG or JPEG as a slide of one level. Small images are decoded once and held; larger ones are decoded again for
 * each region, which is slow but bounded. The density in such files is a print or screen setting, so mpp is missing.
 * Orientation tags are ignored: pixels are taken as stored.
 */
import sharp from 'sharp';
import type { SlideInfo } from '#common/domain/slide.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { checkRegion } from '../region-check.ts';
import type { SlideFile } from '../slide-file.ts';
import type { LevelRegion, RgbImage, SlideReader } from '../slide-reader.ts';
import type { TileCache } from '../tile-cache.ts';

/** Images above this are refused: without tiles every read would take seconds. */
export const maximumImagePixels = 256 * 1_000_000;
/** Decoded images up to this size (48 MiB of RGB) are held in the cache. */
const heldPixels = 16 * 1024 * 1024;

export class ImageSlideReader implements SlideReader {
  readonly info: SlideInfo;
  readonly #file: SlideFile;
  readonly #cache: TileCache;

  private constructor(file: SlideFile, info: SlideInfo, cache: TileCache) {
    this.#file = file;
    this.#cache = cache;
    this.info = info;
  }

  /** Takes the file over. Throws `file-invalid` and `limit-exceeded`. */
  static async open(file: SlideFile, cache: TileCache): Promise<ImageSlideReader> {
    let metadata;
    try {
      metadata = await sharp(await readAll(file), { limitInputPixels: false }).metadata();
    } catch (error) {
      throw damagedImage(file, error);
    }
    const { width, height, format } = metadata;
    if (width * height > maximumImagePixels) {
      throw new TrefoilError(
        'limit-exceeded',
        `${file.name} has ${width} x ${height} px; plain images are read up to ${maximumImagePixels / 1e6} megapixels.`,
        'Save it as a tiled pyramidal TIFF (e.g. with QuPath) and add that file.',
        { width, height },
      );
    }
    const info: SlideInfo = {
      width,
      height,
      levels: [{ width, height, downsample: 1, tileWidth: width, tileHeight: height }],
      mpp: { source: 'missing' },
      mppClaims: [],
      vendor: 'image',
      objectivePower: null,
      compression: format.toUpperCase(),
      associatedImages: [],
    };
    return new ImageSlideReader(file, info, cache);
  }

  async readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage> {
    checkRegion(this.info, region, this.#file.name);
    throwIfCancelled(signal);
    return this.#file.whileUnchanged(() => this.#readRegion(region), signal);
  }

  async #readRegion(region: LevelRegion): Promise<RgbImage> {
    const { width, height } = region;
    this.#file.memory.check(width * height * 3, `a ${width} x ${height} px region`, this.#file.name);
    const data = new Uint8Array(width * height * 3).fill(255);
    const left = Math.max(0, region.x);
    const top = Math.max(0, region.y);
    const right = Math.min(this.info.width, region.x + width);
    const bottom = Math.min(this.info.height, region.y + height);
    if (left >= right || top >= bottom) return { width, height, data };
    const held = this.info.width * this.info.height <= heldPixels;
    const pixels = held
      ? await this.#wholeImage()
      : await this.#decode({ left, top, width: right - left, height: bottom - top });
    const [originX, originY, stride] = held ? [0, 0, this.info.width] : [left, top, right - left];
    for (let y = top; y < bottom; y++) {
      const from = ((y - originY) * stride + left - originX) * 3;
      data.set(pixels.subarray(from, from + (right - left) * 3), ((y - region.y) * width + left - region.x) * 3);
    }
    return { width, height, data };
  }

  async readAssociatedImage(name: string): Promise<RgbImage> {
    throw new TrefoilError('not-found', `${this.#file.name} has no image called ${name}.`, 'Plain images have none.');
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #wholeImage(): Promise<Uint8Array> {
    const whole = { left: 0, top: 0, width: this.info.width, height: this.info.height };
    return this.#cache.get('whole', () => this.#decode(whole));
  }

  async #decode(part: { left: number; top: number; width: number; height: number }): Promise<Uint8Array> {
    try {
      const { data, info } = await sharp(await readAll(this.#file), {
        failOn: 'error',
        limitInputPixels: maximumImagePixels,
      })
        .extract(part)
        .flatten({ background: '#ffffff' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      if (info.channels === 3 && info.width === part.width && info.height === part.height) return data;
      throw new Error(`decoded to ${info.width} x ${info.height} px of ${info.channels} channels`);
    } catch (error) {
      throw damagedImage(this.#file, error);
    }
  }
}

/** The stored bytes, through the file that was opened and checked: by its path the decoder might get another one. */
function readAll(file: SlideFile): Promise<Buffer> {
  return file.read(0, file.byteLength, 'the stored image');
}

function damagedImage(file: SlideFile, error: unknown): TrefoilError {
  if (error instanceof TrefoilError) return error;
  // The decoder repeats itself over several lines; the first says it.
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  return new TrefoilError(
    'file-invalid',
    `${file.name} cannot be decoded: ${reason}`,
    'Copy the image again from its source, or save it again as PNG.',
    {},
    error,
  );
}
