/**
 * A slide made of DICOM VL Whole Slide Microscopy files through the SlideReader port: VOLUME images are its levels, label,
 * overview (here "macro") and thumbnail its associated images. See dicom-series.ts for which files, dicom-grid.ts for tiles.
 */
import type { SlideInfo, MppClaim } from '#common/domain/slide.ts';
import { TrefoilError } from '#common/errors.ts';
import type { DecodeTile } from '../codecs/coded-tile.ts';
import { maximumProfileBytes, readIccProfile } from '../colour/icc-profile.ts';
import { checkRegion } from '../region-check.ts';
import type { SlideFile, SlideFileOptions } from '../slide-file.ts';
import { chooseMpp } from '../slide-mpp.ts';
import {
  maximumRegionPixels,
  type LevelRegion,
  type RgbImage,
  type SlideReader,
  type StoredJpegTile,
} from '../slide-reader.ts';
import type { TileCache } from '../tile-cache.ts';
import { namedTileError } from '../tiff/decode-tile.ts';
import { readLevelRegion, type PixelRect } from '../tiff/read-level-region.ts';
import { wholeGrid, type TileGrid } from '../tiff/tile-grid.ts';
import { dicomGrid } from './dicom-grid.ts';
import type { DicomInstance } from './dicom-instance.ts';
import { closeInstances, findSeries } from './dicom-series.ts';
import { compressionOf } from './frame-layout.ts';
import { damagedDicom } from './read-header.ts';

interface DicomImage {
  readonly name: string;
  readonly first: DicomInstance;
  readonly files: readonly SlideFile[];
  readonly grid: TileGrid;
}

const associatedNames: Readonly<Record<string, string>> = { LABEL: 'label', OVERVIEW: 'macro', THUMBNAIL: 'thumbnail' };

export class DicomSlideReader implements SlideReader {
  readonly info: SlideInfo;
  readonly #file: SlideFile;
  readonly #instances: readonly DicomInstance[];
  readonly #levels: readonly DicomImage[];
  readonly #associated: readonly DicomImage[];
  readonly #parts: { readonly cache: TileCache; readonly decode: DecodeTile };

  private constructor(
    file: SlideFile,
    instances: readonly DicomInstance[],
    { levels, associated, info }: { levels: DicomImage[]; associated: DicomImage[]; info: SlideInfo },
    parts: { readonly cache: TileCache; readonly decode: DecodeTile },
  ) {
    this.#file = file;
    this.#instances = instances;
    this.#levels = levels;
    this.#associated = associated;
    this.info = info;
    this.#parts = parts;
  }

  /** Takes the file over. Throws `file-invalid`, `file-truncated`, `file-unsupported`, `limit-exceeded`. */
  static async open(
    file: SlideFile,
    parts: { readonly cache: TileCache; readonly decode: DecodeTile },
    options: SlideFileOptions = {},
  ): Promise<DicomSlideReader> {
    const instances = await findSeries(file, file.memory, options);
    try {
      return new DicomSlideReader(file, instances, describeSlide(file, instances), parts);
    } catch (error) {
      await closeInstances(instances.slice(1));
      throw error;
    }
  }

  async readRegion(region: LevelRegion, signal?: AbortSignal): Promise<RgbImage> {
    checkRegion(this.info, region, this.#file.name);
    return this.#read(this.#levels[region.level] as DicomImage, region, signal);
  }

  async readAssociatedImage(name: string): Promise<RgbImage> {
    const image = this.#associated.find((each) => each.name === name);
    if (!image) {
      throw new TrefoilError(
        'not-found',
        `${this.#file.name} has no image called ${name}.`,
        `It has: ${this.#associated.map((each) => each.name).join(', ') || 'none'}.`,
      );
    }
    const { width, height } = image.grid;
    if (width * height > maximumRegionPixels)
      throw damagedDicom(image.first.file, `has a ${name} of ${width} x ${height} px`);
    return this.#read(image, { x: 0, y: 0, width, height }, undefined);
  }

  async readColourProfile(): Promise<Uint8Array | null> {
    return profileOf(this.#levels);
  }

  async readStoredJpegTile(level: number, column: number, row: number): Promise<StoredJpegTile | null> {
    const image = this.#levels[level];
    if (!image) return null;
    const { grid } = image;
    // A frame at the edge is padded: a browser would show the padding.
    const whole = (column + 1) * grid.tileWidth <= grid.width && (row + 1) * grid.tileHeight <= grid.height;
    if (column < 0 || row < 0 || !whole) return null;
    return unchanged(image.files, () => grid.readStoredJpeg(column, row), undefined);
  }

  async close(): Promise<void> {
    this.#parts.cache.clear();
    await closeInstances(this.#instances);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(image: DicomImage, rect: PixelRect, signal: AbortSignal | undefined): Promise<RgbImage> {
    const { width, height } = rect;
    const { grid, name, first, files } = image;
    this.#file.memory.check(width * height * 3, `a ${width} x ${height} px region`, this.#file.name);
    const level = { width: grid.width, height: grid.height, downsample: null, parts: [wholeGrid(grid)] };
    const decode = async (column: number, row: number): Promise<Uint8Array> => {
      const tile = await grid.read(column, row);
      try {
        return await this.#parts.decode(tile);
      } catch (error) {
        throw namedTileError(first.file, row * Math.ceil(grid.width / grid.tileWidth) + column, error);
      }
    };
    const read = (): Promise<Uint8Array> =>
      readLevelRegion(
        level,
        rect,
        (_part, _index, column, row) => this.#parts.cache.get(`${name}/${column}/${row}`, () => decode(column, row)),
        signal,
      );
    return { width, height, data: await unchanged(files, read, signal) };
  }
}

async function unchanged<T>(
  files: readonly SlideFile[],
  read: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const [file, ...rest] = files;
  if (!file) return read();
  return file.whileUnchanged(() => unchanged(rest, read, signal), signal);
}

function describeSlide(
  file: SlideFile,
  instances: readonly DicomInstance[],
): { levels: DicomImage[]; associated: DicomImage[]; info: SlideInfo } {
  const notes: string[] = [];
  const images = groupParts(instances);
  const levels: DicomImage[] = [];
  const volumes = images
    .filter(([first]) => !(first.flavour in associatedNames))
    .sort(([a], [b]) => b.width - a.width || (a.sopInstance < b.sopInstance ? -1 : 1));
  for (const parts of volumes) {
    const [first] = parts;
    // Focal planes and optical paths can be instances of their own; the first of a size is shown.
    if (levels.some(({ grid }) => grid.width === first.width)) {
      notes.push('Other focal planes or colour channels of the same size are not shown.');
      continue;
    }
    levels.push(imageOf(String(levels.length), parts));
  }
  const associated = Object.entries(associatedNames).flatMap(([flavour, name]) => {
    const parts = images.find(([first]) => first.flavour === flavour);
    return parts ? [imageOf(name, parts)] : [];
  });
  const [base] = levels;
  if (!base) {
    throw new TrefoilError(
      'file-unsupported',
      `${file.name} is a ${
        Object.keys(associatedNames)
          .find((each) => each === instances[0]?.flavour)
          ?.toLowerCase() ?? 'picture'
      } without the slide itself.`,
      'Put all DICOM files of the slide into one folder and add one of the large ones.',
      { vendor: 'dicom' },
    );
  }
  const { width, height } = base.grid;
  const objectivePower = base.first.objectivePower;
  const profile = profileOf(levels);
  const described = profile && readIccProfile(profile);
  const info: SlideInfo = {
    width,
    height,
    levels: levels.map(({ grid }, index) => ({
      width: grid.width,
      height: grid.height,
      downsample: index === 0 ? 1 : Math.max(1, (width / grid.width + height / grid.height) / 2),
      tileWidth: grid.tileWidth,
      tileHeight: grid.tileHeight,
    })),
    ...chooseMpp(mppClaims(base.first), objectivePower),
    colourProfile: described && 'name' in described ? { name: described.name, byteLength: described.byteLength } : null,
    vendor: 'dicom',
    objectivePower,
    compression: compressionOf(base.first),
    associatedImages: associated.map(({ name, grid }) => ({ name, width: grid.width, height: grid.height })),
    ...(notes.length > 0 ? { notes: [...new Set(notes)] } : {}),
  };
  return { levels, associated, info };
}

/** Instances that are parts of one, in order; others alone. */
function groupParts(instances: readonly DicomInstance[]): [DicomInstance, ...DicomInstance[]][] {
  const groups = new Map<string, [DicomInstance, ...DicomInstance[]]>();
  for (const [index, instance] of instances.entries()) {
    const key = instance.concatenation ?? `alone ${index}`;
    const group = groups.get(key);
    if (group) group.push(instance);
    else groups.set(key, [instance]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.firstFrame - b.firstFrame);
  return [...groups.values()];
}

function imageOf(name: string, parts: [DicomInstance, ...DicomInstance[]]): DicomImage {
  const grid = dicomGrid(parts);
  grid.checkInFile(name);
  return { name, first: parts[0], files: parts.map(({ file }) => file), grid };
}

function profileOf(levels: readonly DicomImage[]): Buffer | null {
  const profile = levels[0]?.first.colourProfile ?? null;
  return profile && profile.length <= maximumProfileBytes ? profile : null;
}

/** Pixels of a microscope are square; sides further apart than this share of each other are a placeholder (15 x 15 mm). */
const squareWithin = 0.05;

/** Both are stated in millimetres. The volume is the area that was scanned, so it is only nearly the image's. */
function mppClaims({ pixelSpacing, imagedVolume, width, height }: DicomInstance): MppClaim[] {
  const claims: MppClaim[] = [];
  if (pixelSpacing) {
    claims.push({ field: 'dicom.PixelSpacing', x: pixelSpacing.columnMm * 1000, y: pixelSpacing.rowMm * 1000 });
  }
  if (imagedVolume) {
    const x = (imagedVolume.widthMm * 1000) / width;
    const y = (imagedVolume.heightMm * 1000) / height;
    if (Math.abs(x / y - 1) <= squareWithin) claims.push({ field: 'dicom.ImagedVolumeWidth/Height', x, y });
  }
  return claims;
}
