/**
 * Pictures for the page: slide tiles, thumbnails, associated images, tiles with their surroundings, all as JPEG. Keeps a few
 * slides and tile sets open, least recently used out first, renders a bounded number at once, and stops when the signal
 * says that nobody waits any more. Not a cache of files: what it holds is gone with the process.
 */
import sharp from 'sharp';
import { showsPatientData } from '#common/domain/slide.ts';
import type { Level0Rect } from '#common/domain/tile.ts';
import { throwIfCancelled, TrefoilError, type ErrorCode } from '#common/errors.ts';
import { pyramidTile, pyramidTilePx, storedLevelOf } from '#common/slide-pyramid.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import type { RgbImage, SlideReader } from '../slides/slide-reader.ts';
import { readProjectSettings } from '../store/project-settings.ts';
import { findSlide, type SlideRow } from '../store/slide-rows.ts';
import { tileRect } from '../tiles/tile-grid.ts';
import { locateTile } from '../tiles/tile-set.ts';
import { openTileStore, type TileStore } from '../tiles/tile-store.ts';
import { BoundedWork } from './bounded-work.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import { ResourcePool } from './resource-pool.ts';
import { openProjectSlide, pictureTagOf } from './slides-service.ts';
import { loadTileSet, type TileSet } from './tile-sets.ts';

/** Their decoded tiles share one budget: main/services/slide-reading.ts. */
const openSlides = 12;
const openTileSets = 4;
const parallelRenders = 6;
const waitingRenders = 2000;
/** Largest side of a picture anyone may ask for. */
export const maximumPicturePx = 2048;

export interface Picture {
  readonly bytes: Uint8Array;
  /** Changes when the pixels do. */
  readonly tag: string;
}

export class SlideImages {
  private readonly projects: OpenProjects;
  private readonly readers = new ResourcePool<SlideReader>(openSlides, (reader) => reader.close(), isOfTheRequest);
  private readonly tileSets = new ResourcePool<{ set: TileSet; store: TileStore }>(
    openTileSets,
    ({ store }) => store.close(),
    isOfTheRequest,
  );
  private readonly renders = new BoundedWork(parallelRenders, waitingRenders);
  private readonly unsubscribe: () => void;
  /** Tiles sent as they are stored, without decoding. */
  storedTileCount = 0;

  constructor(projects: OpenProjects) {
    this.projects = projects;
    this.unsubscribe = projects.subscribe((event) => {
      if (event.type === 'project-closed') {
        void this.readers.drop((key) => key.startsWith(`${event.project}/`));
        void this.tileSets.drop((key) => key.startsWith(`${event.project}/`));
      }
    });
  }

  /** What a picture of the slide is tagged with, without opening the file. */
  tagOf(project: string, slide: string): string {
    return pictureTagOf(this.projects.get(project), this.slideRow(project, slide));
  }

  /**
   * One tile of the page's pyramid (common/slide-pyramid.ts), tiles `tilePx` wide; null where there is none. A tile that the file
   * stores as it is asked for is sent undecoded.
   */
  async slideTile(
    project: string,
    slide: string,
    { level, column, row: tileRow }: { readonly level: number; readonly column: number; readonly row: number },
    { tilePx = pyramidTilePx, signal }: { readonly tilePx?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Picture | null> {
    const row = this.slideRow(project, slide);
    const tile = pyramidTile(row.info, level, column, tileRow, tilePx);
    if (tile === null) return null;
    const { rect, widthPx, heightPx } = tile;
    return this.picture(project, row, signal, async (reader) => {
      const stored = storedLevelOf(reader.info, level, tilePx);
      if (stored !== null && widthPx === tilePx && heightPx === tilePx) {
        // A reader that changes colours has none of these, so the switch needs no second look here.
        const bytes = (await reader.readStoredJpegTile?.(stored, column, tileRow, signal))?.bytes;
        if (bytes !== undefined) {
          this.storedTileCount += 1;
          return bytes;
        }
      }
      return jpegOf(await readScaledRegion(reader, rect, widthPx, heightPx, signal), signal);
    });
  }

  /** The whole slide, `widthPx` wide or less for slides that are high and narrow. */
  async thumbnail(project: string, slide: string, widthPx: number, signal?: AbortSignal): Promise<Picture> {
    const row = this.slideRow(project, slide);
    const { width, height } = row.info;
    const scale = Math.min(1, widthPx / width, maximumPicturePx / height);
    const [outWidth, outHeight] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
    const rect = { x: 0, y: 0, width, height };
    return this.picture(project, row, signal, async (reader) =>
      jpegOf(await readScaledRegion(reader, rect, outWidth ?? 1, outHeight ?? 1, signal), signal),
    );
  }

  /** As listed with the slide. What can show patient data is refused ('not-allowed') unless a person asked: `isAskedFor`. */
  async associatedImage(
    project: string,
    slide: string,
    { name, isAskedFor }: { readonly name: string; readonly isAskedFor: boolean },
    signal?: AbortSignal,
  ): Promise<Picture> {
    const row = this.slideRow(project, slide);
    if (!row.info.associatedImages.some((image) => image.name === name)) {
      throw new TrefoilError(
        'not-found',
        `The slide has no image "${name}".`,
        'Choose one that is listed with the slide.',
      );
    }
    if (showsPatientData(name) && !isAskedFor) {
      throw new TrefoilError(
        'not-allowed',
        `The ${name} image may show whose slide this is, so it is hidden.`,
        'Ask for it by name if you need to see it.',
      );
    }
    return this.renders.run(
      () =>
        this.readers.use(
          readerKey(this.projects.get(project), row),
          () => this.openReader(project, row),
          async (reader) => ({
            bytes: await jpeg(await reader.readAssociatedImage(name)),
            tag: row.fingerprint.slice(0, 24),
          }),
        ),
      signal,
    );
  }

  /**
   * A kept tile: the very pixels the network gets, or with `context` > 0 its surroundings, `context` tile sizes on each
   * side, read from the slide.
   */
  async tile(
    project: string,
    tileSet: string,
    index: number,
    context: number,
    signal?: AbortSignal,
  ): Promise<Picture & { readonly sizePx: number }> {
    const open = this.projects.get(project);
    const load = async (): Promise<{ set: TileSet; store: TileStore }> => {
      const set = loadTileSet(open, tileSet);
      return { set, store: openTileStore(set.manifest) };
    };
    const tag = `${tileSet}-${index}-${context}`;
    return this.renders.run(
      () =>
        this.tileSets.use(`${project}/${tileSet}`, load, async ({ set, store }) => {
          const { sizePx } = set.settings;
          if (context === 0) {
            const data = await store.read([index]);
            return { bytes: await jpeg({ width: sizePx, height: sizePx, data }), tag, sizePx };
          }
          const { slide, column, row } = locateTile(set.manifest, index);
          const grid = set.slides.find((item) => item.slide === slide)?.grid;
          if (grid === undefined) throw new Error(`tile set ${tileSet} has no grid of ${slide}`);
          const rect = surroundings(tileRect(grid, column, row), context);
          const side = Math.min(maximumPicturePx / 2, Math.round(sizePx * (1 + 2 * context)));
          const slideRow = this.slideRow(project, slide);
          const image = await this.readers.use(
            readerKey(this.projects.get(project), slideRow),
            () => this.openReader(project, slideRow),
            (reader) => readScaledRegion(reader, rect, side, side, signal),
          );
          return { bytes: await jpeg(image), tag, sizePx: side };
        }),
      signal,
    );
  }

  async close(): Promise<void> {
    this.unsubscribe();
    await this.readers.drop(() => true);
    await this.tileSets.drop(() => true);
  }

  private slideRow(project: string, slide: string): SlideRow {
    return findSlide(this.projects.get(project).database, slide);
  }

  private openReader(project: string, row: SlideRow): Promise<SlideReader> {
    return openProjectSlide(this.projects.get(project), row);
  }

  private picture(
    project: string,
    row: SlideRow,
    signal: AbortSignal | undefined,
    render: (reader: SlideReader) => Promise<Uint8Array>,
  ): Promise<Picture> {
    return this.renders.run(async () => {
      const bytes = await this.readers.use(
        readerKey(this.projects.get(project), row),
        () => this.openReader(project, row),
        render,
      );
      throwIfCancelled(signal);
      return { bytes, tag: pictureTagOf(this.projects.get(project), row) };
    }, signal);
  }
}

function jpegOf(image: RgbImage, signal: AbortSignal | undefined): Promise<Uint8Array> {
  // Encoding costs as much as decoding; nobody may be waiting any more.
  throwIfCancelled(signal);
  return jpeg(image);
}

/** Failures that say nothing about the open file: it and its decoded tiles are kept. */
function isOfTheRequest(error: unknown): boolean {
  const harmless: readonly ErrorCode[] = ['cancelled', 'not-found', 'invalid-input', 'limit-exceeded'];
  return error instanceof TrefoilError && harmless.includes(error.code);
}

/** With the path: a slide linked to a moved file is another reader. With the colours: so is one that applies the profile. */
function readerKey(project: OpenProject, row: SlideRow): string {
  return `${project.id}/${row.id}/${readProjectSettings(project.database).colour}/${row.path}`;
}

function surroundings(rect: Level0Rect, context: number): Level0Rect {
  const { x, y, width, height } = rect;
  return {
    x: x - context * width,
    y: y - context * height,
    width: width * (1 + 2 * context),
    height: height * (1 + 2 * context),
  };
}

/** Quality 90 without colour subsampling: thin stained structures keep their colour. */
async function jpeg({ width, height, data }: RgbImage): Promise<Uint8Array> {
  if (width * height === 0) throw new TrefoilError('invalid-input', 'The picture is empty.', 'Ask for a larger one.');
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toBuffer();
}
