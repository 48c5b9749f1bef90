/**
 * Slides of formats Trefoil has no reader for (MIRAX, Zeiss, Sakura, Trestle ...) through the OpenSlide library, which lives
 * in a process of its own (openslide-process.ts). Used only when Trefoil's own readers do not know a file.
 */
import type { MppClaim, SlideInfo } from '#common/domain/slide.ts';
import { TrefoilError } from '#common/errors.ts';
import { readIccProfile } from '../colour/icc-profile.ts';
import { checkRegion } from '../region-check.ts';
import type { SlideFile } from '../slide-file.ts';
import { chooseMpp } from '../slide-mpp.ts';
import type { LevelRegion, RgbImage, SlideReader } from '../slide-reader.ts';
import { openSlideLibraries } from './library-places.ts';
import { maximumRequestPixels, type OpenedSlide } from './messages.ts';
import { OpenSlideClient } from './openslide-client.ts';

/** The library does not say how tiles are stored; this is what regions are asked for in. */
const tileSize = 256;

export class OpenSlideReader implements SlideReader {
  readonly info: SlideInfo;
  readonly #file: SlideFile;
  readonly #client: OpenSlideClient;

  private constructor(file: SlideFile, client: OpenSlideClient, info: SlideInfo) {
    this.#file = file;
    this.#client = client;
    this.info = info;
  }

  /** Takes the file over. Throws `file-unsupported` without the library and for what it does not know, `file-invalid`. */
  static async open(
    file: SlideFile,
    libraries: readonly string[] = openSlideLibraries(process.env, process.platform),
  ): Promise<OpenSlideReader> {
    const client = new OpenSlideClient({ name: file.name, libraries });
    try {
      const opened = await client.open(file.path);
      const profile = opened.profileBytes > 0 ? await client.ask<'profile'>({ kind: 'profile' }) : null;
      const info = describeSlide(file, opened, profile);
      // Some compressions are only found to be unreadable with the first pixel.
      const level = info.levels.length - 1;
      const x = Math.floor(info.width / 2);
      const y = Math.floor(info.height / 2);
      await client.ask<'read'>({ kind: 'read', level, x, y, width: 1, height: 1 });
      return new OpenSlideReader(file, client, info);
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  async readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage> {
    checkRegion(this.info, region, this.#file.name);
    const { level, width, height } = region;
    this.#file.memory.check(width * height * 3, `a ${width} x ${height} px region`, this.#file.name);
    const data = new Uint8Array(width * height * 3).fill(255);
    const size = this.info.levels[level] ?? { width: 0, height: 0, downsample: 1 };
    const left = Math.max(0, region.x);
    const top = Math.max(0, region.y);
    const right = Math.min(size.width, region.x + width);
    const bottom = Math.min(size.height, region.y + height);
    if (left >= right || top >= bottom) return { width, height, data };
    const stripRows = Math.max(1, Math.floor(maximumRequestPixels / (right - left)));
    await this.#file.whileUnchanged(async () => {
      for (let y = top; y < bottom; y += stripRows) {
        const rows = Math.min(stripRows, bottom - y);
        // OpenSlide places regions by level-0 pixels and divides again; rounding up by a hair keeps whole pixels whole.
        const scaled = (at: number): number => Math.round(at * size.downsample);
        const place = { x: scaled(left), y: scaled(y), width: right - left, height: rows };
        const strip = await this.#client.ask<'read'>({ kind: 'read', level, ...place }, signal);
        for (let row = 0; row < rows; row++) {
          const from = row * (right - left) * 3;
          const at = ((y + row - region.y) * width + left - region.x) * 3;
          data.set(strip.subarray(from, from + (right - left) * 3), at);
        }
      }
    }, signal);
    return { width, height, data };
  }

  async readAssociatedImage(name: string): Promise<RgbImage> {
    const image = this.info.associatedImages.find((each) => each.name === name);
    if (!image) {
      throw new TrefoilError(
        'not-found',
        `${this.#file.name} has no image called ${name}.`,
        `It has: ${this.info.associatedImages.map((each) => each.name).join(', ') || 'none'}.`,
      );
    }
    const { width, height } = image;
    const data = await this.#file.whileUnchanged(() => this.#client.ask<'associated'>({ kind: 'associated', name }));
    return { width, height, data };
  }

  async readColourProfile(): Promise<Uint8Array | null> {
    return this.info.colourProfile ? this.#client.ask<'profile'>({ kind: 'profile' }) : null;
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function describeSlide(file: SlideFile, opened: OpenedSlide, profile: Uint8Array | null): SlideInfo {
  const levels = opened.levels.filter(({ width, height }) => width > 0 && height > 0);
  const [base] = levels;
  if (!base || levels.length !== opened.levels.length) {
    throw new TrefoilError('file-invalid', `${file.name} has no image that OpenSlide can read.`, 'Copy it again.');
  }
  const power = Number(opened.properties['openslide.objective-power']);
  const objectivePower = power > 0 ? power : null;
  const described = profile && readIccProfile(profile);
  return {
    width: base.width,
    height: base.height,
    levels: levels.map(({ width, height, downsample }) => ({
      width,
      height,
      downsample: Math.max(1, downsample),
      tileWidth: Math.min(tileSize, width),
      tileHeight: Math.min(tileSize, height),
    })),
    ...chooseMpp(mppClaims(opened.properties), objectivePower),
    colourProfile: described && 'name' in described ? { name: described.name, byteLength: described.byteLength } : null,
    vendor: `openslide-${opened.vendor}`,
    objectivePower,
    compression: `read by OpenSlide ${opened.version}`,
    associatedImages: opened.associated.filter(({ width, height }) => width > 0 && height > 0),
  };
}

function mppClaims(properties: OpenedSlide['properties']): MppClaim[] {
  const numberOf = (name: string): number => Number(properties[name] ?? Number.NaN);
  // Pixels per centimetre or inch, as TIFF says them.
  const unit = { centimeter: 10_000, inch: 25_400 }[properties['tiff.ResolutionUnit'] ?? ''] ?? Number.NaN;
  const all: MppClaim[] = [
    { field: 'openslide.mpp-x', x: numberOf('openslide.mpp-x'), y: numberOf('openslide.mpp-y') },
    { field: 'aperio.MPP', x: numberOf('aperio.MPP'), y: numberOf('aperio.MPP') },
    {
      field: 'tiff.XResolution/ResolutionUnit',
      x: unit / numberOf('tiff.XResolution'),
      y: unit / numberOf('tiff.YResolution'),
    },
  ];
  return all.filter(({ x, y }) => x > 0 && y > 0);
}
