/**
 * One page of a TIFF with every number checked: sizes, tile grid, where each tile lies. A strip is a tile as wide as the
 * page. Whether the page is a level, a label or a macro is decided elsewhere (classify-pages.ts).
 */
import { maximumTileBytes } from '../codecs/coded-tile.ts';
import type { SlideFile } from '../slide-file.ts';
import { damaged, ndpiFormatTag, tiffLimits, tooMany, type TiffDirectory } from './tiff-directory.ts';

/** Pixels of one side; the largest scanners make some 500,000. */
export const maximumSidePx = 4_000_000;
/** Philips puts label and macro into the description, as text. */
const maximumDescriptionBytes = 32 * 1024 * 1024;
/** Uncompressed strips above this are read in slices of rows. */
const largeStripBytes = 1024 * 1024;

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  readonly tiled: boolean;
  readonly tileWidth: number;
  /** Rows of a tile; the last strip of a stripped page has fewer. */
  readonly tileHeight: number;
  readonly tilesAcross: number;
  readonly tilesDown: number;
  /** Position and length of each tile, row by row; planar pages hold one grid per sample. Length 0: not stored, white. */
  readonly offsets: Float64Array;
  readonly byteCounts: Float64Array;
  readonly compression: number;
  readonly photometric: number;
  readonly samples: number;
  readonly bits: readonly number[];
  readonly planar: boolean;
  readonly predictor: number;
  readonly sampleFormat: 'unsigned' | 'signed' | 'float' | null;
  readonly littleEndian: boolean;
  /** Of the samples after the colours: 0 unspecified, 1 associated (premultiplied), 2 unassociated alpha. */
  readonly extraSamples: readonly number[];
  readonly jpegTables: Buffer | null;
  /** 3 x 256 16-bit entries of the tag ColorMap. */
  readonly palette: Uint16Array | null;
  /** Pixels a chroma sample covers across and down. */
  readonly chromaSubsampling: readonly [number, number];
  /** What LERC blobs are compressed with once more. */
  readonly lercWrapping: 'deflate' | 'zstd' | null;
  readonly description: string;
  readonly software: string;
  /** XML beside the description (tag XMLPacket), which Ventana uses. */
  readonly xmlPacket: string;
  readonly subfileType: number;
  /** Pixels per unit and its unit (2 inch, 3 centimetre); null when absent. */
  readonly xResolution: number | null;
  readonly yResolution: number | null;
  readonly resolutionUnit: number;
  /** For what only some vendors need: private tags, the ICC profile. */
  readonly directory: TiffDirectory;
}

const sampleFormats: Readonly<Record<number, TiffPage['sampleFormat']>> = {
  1: 'unsigned',
  2: 'signed',
  3: 'float',
  // "Undefined" is what older writers put for whole numbers.
  4: 'unsigned',
};
const lercWrappings: Readonly<Record<number, TiffPage['lercWrapping']>> = { 1: 'deflate', 2: 'zstd' };

/** What all pages of a file may hold together: pages that point at the same long tags must not multiply them. */
export interface PageBudget {
  tiles: number;
  textBytes: number;
}

/** Four times the largest slide's tiles; 64 MiB of descriptions and XML. */
export function newPageBudget(): PageBudget {
  return { tiles: 4 * tiffLimits.valuesPerTag, textBytes: 64 * 1024 * 1024 };
}

/**
 * Takes from `budget` what the page holds. Throws `file-invalid` and `limit-exceeded`; positions beyond the end are left
 * for `checkTilesInFile`.
 */
export async function readPage(file: SlideFile, directory: TiffDirectory, budget: PageBudget): Promise<TiffPage> {
  spend(file, directory, budget);
  const width = await size(file, directory, 256, 'width');
  const height = await size(file, directory, 257, 'height');
  const tiled = directory.has(322) || directory.has(324);
  const tileWidth = tiled ? await size(file, directory, 322, 'tile width') : width;
  const rows = tiled
    ? await size(file, directory, 323, 'tile height')
    : Math.min(height, (await directory.integer(278)) ?? height);
  if (rows < 1) throw damaged(file, 'its strips have no rows');

  const samples = (await directory.integer(277)) ?? 1;
  if (samples < 1 || samples > 16) throw damaged(file, `it claims ${samples} samples a pixel`);
  const bits = [...((await directory.integers(258, 16)) ?? [1])];
  const planar = (await directory.integer(284)) === 2 && samples > 1;
  const compression = (await directory.integer(259)) ?? 1;
  const offsets = await directory.integers(tiled ? 324 : 273);
  let byteCounts = await directory.integers(tiled ? 325 : 279);
  if (!offsets) throw damaged(file, 'it does not say where its pixels are');
  // Very old writers leave out the length of an uncompressed single strip.
  if (!byteCounts && compression === 1 && offsets.length === 1) {
    byteCounts = Float64Array.of((width * height * samples * Math.max(...bits)) / 8);
  }
  if (!byteCounts) throw damaged(file, 'it does not say how long its pixel data are');

  const page: TiffPage = {
    width,
    height,
    tiled,
    tileWidth,
    tileHeight: rows,
    tilesAcross: Math.ceil(width / tileWidth),
    tilesDown: Math.ceil(height / rows),
    offsets,
    byteCounts,
    compression,
    photometric: (await directory.integer(262)) ?? 1,
    samples,
    bits,
    planar,
    predictor: (await directory.integer(317)) ?? 1,
    sampleFormat: sampleFormats[(await directory.integer(339)) ?? 1] ?? null,
    littleEndian: directory.littleEndian,
    extraSamples: [...((await directory.integers(338, 16)) ?? [])],
    jpegTables: compression === 7 ? await directory.bytes(347, 65_536) : null,
    palette: await palette(directory),
    chromaSubsampling: await chromaSubsampling(directory),
    lercWrapping: lercWrappings[(await directory.integers(50_674, 16))?.[1] ?? 0] ?? null,
    description: await directory.text(270, maximumDescriptionBytes),
    software: await directory.text(305, 65_536),
    xmlPacket: await directory.text(700, maximumDescriptionBytes),
    subfileType: (await directory.integer(254)) ?? 0,
    xResolution: await directory.rational(282),
    yResolution: await directory.rational(283),
    resolutionUnit: (await directory.integer(296)) ?? 2,
    directory,
  };
  const tiles = page.tilesAcross * page.tilesDown * (planar ? samples : 1);
  if (tiles > tiffLimits.valuesPerTag || offsets.length !== tiles || byteCounts.length !== tiles) {
    throw damaged(
      file,
      `its ${width} x ${height} px need ${tiles} tiles, but it lists ${offsets.length} and ${byteCounts.length}`,
    );
  }
  const sliced = sliceLargeStrips(page);
  const tileBytes = sliced.tileWidth * sliced.tileHeight * Math.max(3, (samples * Math.max(...bits)) / 8);
  // An NDPI level is one strip of gigabytes, which is read piecewise.
  if (tileBytes > maximumTileBytes && !directory.has(ndpiFormatTag)) {
    file.memory.check(Number.POSITIVE_INFINITY, `a ${tileWidth} x ${rows} px tile`, file.name);
  }
  return sliced;
}

/** Throws `file-truncated` when a tile lies beyond the end of the file. */
export function checkTilesInFile(file: SlideFile, page: TiffPage, what: string): void {
  for (let index = 0; index < page.offsets.length; index++) {
    const end = (page.offsets[index] ?? 0) + (page.byteCounts[index] ?? 0);
    if ((page.byteCounts[index] ?? 0) > 0 && end > file.byteLength)
      throw file.truncated(end, `tile ${index} of ${what}`);
  }
}

function spend(file: SlideFile, directory: TiffDirectory, budget: PageBudget): void {
  const tiles = [273, 279, 324, 325].reduce((sum, tag) => sum + directory.count(tag), 0);
  const textBytes = [270, 305, 700].reduce((sum, tag) => sum + directory.count(tag), 0);
  if (tiles > budget.tiles) throw tooMany(file, 'tiles', tiles, budget.tiles);
  if (textBytes > budget.textBytes) throw tooMany(file, 'bytes of text', textBytes, budget.textBytes);
  budget.tiles -= tiles;
  budget.textBytes -= textBytes;
}

async function palette(directory: TiffDirectory): Promise<Uint16Array | null> {
  const colours = await directory.integers(320, 3 * 65_536);
  return colours?.length === 768 ? Uint16Array.from(colours) : null;
}

/** 2, 2 when the tag is absent, as TIFF 6.0 has it. */
async function chromaSubsampling(directory: TiffDirectory): Promise<readonly [number, number]> {
  const [across = 2, down = 2] = (await directory.integers(530, 2)) ?? [];
  return [across, down].every((step) => [1, 2, 4].includes(step)) ? [across, down] : [2, 2];
}

async function size(file: SlideFile, directory: TiffDirectory, tag: number, what: string): Promise<number> {
  const value = await directory.integer(tag);
  if (value === null || value < 1 || value > maximumSidePx)
    throw damaged(file, `its ${what} is ${value ?? 'not given'}`);
  return value;
}

/** Uncompressed rows follow one another, so a huge strip can be read a few rows at a time. */
function sliceLargeStrips(page: TiffPage): TiffPage {
  const rowBytes = page.width * page.samples * ((page.bits[0] ?? 8) / 8);
  if (page.tiled || page.planar || page.compression !== 1 || page.bits.some((bits) => bits % 8 !== 0)) return page;
  // Rows of subsampled colour do not follow one another.
  if (page.photometric === 6 && page.chromaSubsampling.some((step) => step !== 1)) return page;
  if (page.tileHeight * rowBytes <= largeStripBytes || page.tilesDown !== 1) return page;
  // A strip that claims fewer bytes than its rows need is left whole, so that reading it fails instead of giving white.
  if ((page.byteCounts[0] ?? 0) < page.height * rowBytes) return page;
  const tileHeight = Math.max(1, Math.floor(largeStripBytes / 4 / rowBytes));
  const tilesDown = Math.ceil(page.height / tileHeight);
  const offsets = new Float64Array(tilesDown);
  const byteCounts = new Float64Array(tilesDown);
  for (let index = 0; index < tilesDown; index++) {
    const start = index * tileHeight * rowBytes;
    offsets[index] = (page.offsets[0] ?? 0) + start;
    byteCounts[index] = Math.min(tileHeight, page.height - index * tileHeight) * rowBytes;
  }
  return { ...page, tileHeight, tilesDown, offsets, byteCounts };
}
