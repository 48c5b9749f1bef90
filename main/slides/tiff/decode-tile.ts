/**
 * From a TIFF page to a coded tile (codecs/coded-tile.ts): which codec and layout a page has, and the stored bytes of one
 * tile or strip. Lengths are checked here, before they are read; pixels are the codecs' matter.
 */
import { TrefoilError } from '#common/errors.ts';
import { UndecodableTile, type Codec, type CodedTile, type SampleMeaning } from '../codecs/coded-tile.ts';
import { readJpeg2000Header } from '../codecs/jpeg2000-header.ts';
import { colourSamples } from '../codecs/samples-to-rgb.ts';
import { ycbcrUnitBytes } from '../codecs/ycbcr.ts';
import type { SlideFile } from '../slide-file.ts';
import type { TiffPage } from './tiff-page.ts';

const codecs: Readonly<Record<number, Codec>> = {
  1: 'none',
  5: 'lzw',
  7: 'jpeg',
  8: 'deflate',
  32773: 'packbits',
  32946: 'deflate',
  33003: 'jpeg2000',
  33004: 'jpeg2000',
  33005: 'jpeg2000',
  34712: 'jpeg2000',
  34887: 'lerc',
  50000: 'zstd',
  50001: 'webp',
};

const meanings: Readonly<Record<number, SampleMeaning>> = {
  0: 'grey-inverted',
  1: 'grey',
  2: 'rgb',
  3: 'palette',
  5: 'cmyk',
  6: 'ycbcr',
};

type Layout = Omit<CodedTile, 'planes' | 'height' | 'window'>;

/** How the page's tiles are coded, or in words what about it cannot be decoded here. */
export function codedLayout(page: TiffPage): Layout | { readonly unsupported: string } {
  const { bits: allBits, samples, compression } = page;
  const codec =
    page.lercWrapping && compression === 34887 ? (`lerc-${page.lercWrapping}` as const) : codecs[compression];
  if (!codec) return { unsupported: 'its compression' };
  const [bits] = allBits;
  if ((bits !== 8 && bits !== 16 && bits !== 32) || allBits.some((each) => each !== bits)) {
    return { unsupported: `${allBits.join('/')} bits a sample` };
  }
  if (allBits.length !== samples && allBits.length !== 1)
    return { unsupported: `bits for ${allBits.length} of its samples` };
  const { sampleFormat } = page;
  if (sampleFormat === null || (sampleFormat === 'float' && bits !== 32)) {
    return { unsupported: `a sample format of ${bits} bits it does not know` };
  }
  // Aperio's own numbers say what the components are; the photometric tag then speaks of the decoded image.
  const aperio = compression === 33003 ? 'ycbcr' : compression === 33005 ? 'rgb' : null;
  const meaning = samples >= 3 && aperio ? aperio : meanings[page.photometric];
  if (!meaning) return { unsupported: `photometric interpretation ${page.photometric}` };
  if (samples < colourSamples[meaning]) return { unsupported: `${samples} samples a pixel for ${meaning} colours` };
  // The tag belongs to these codecs; where it stands beside others it was left behind, and libtiff ignores it too.
  const predictor = ['lzw', 'deflate', 'zstd'].includes(codec) ? page.predictor : 1;
  if (predictor !== 1 && predictor !== 2 && predictor !== 3) return { unsupported: `predictor ${predictor}` };
  if (predictor === 3 && sampleFormat !== 'float') return { unsupported: 'predictor 3 for whole numbers' };
  const perPlane = page.planar ? 1 : samples;
  if (codec === 'jpeg' && (bits !== 8 || ![1, 3, 4].includes(perPlane))) {
    return { unsupported: `JPEG of ${perPlane} samples of ${bits} bits` };
  }
  if (codec === 'jpeg2000' && (bits === 32 || (perPlane !== 1 && (perPlane !== 3 || bits !== 8)))) {
    return { unsupported: `JPEG 2000 of ${perPlane} samples of ${bits} bits` };
  }
  if (codec === 'webp' && (bits !== 8 || (perPlane !== 3 && perPlane !== 4))) {
    return { unsupported: `WebP of ${perPlane} samples of ${bits} bits` };
  }
  const colours = colourSamples[meaning];
  const alphaKind = page.extraSamples[0];
  const subsampled = meaning === 'ycbcr' && !['jpeg', 'jpeg2000', 'webp'].includes(codec);
  if (subsampled && page.planar && page.chromaSubsampling.some((step) => step !== 1)) {
    return { unsupported: 'subsampled colour in separate planes' };
  }
  return {
    codec,
    width: page.tileWidth,
    samples,
    bits,
    sampleFormat,
    littleEndian: page.littleEndian,
    meaning,
    predictor,
    alpha: samples <= colours ? 'none' : alphaKind === 1 ? 'premultiplied' : alphaKind === 2 ? 'straight' : 'none',
    jpegTables: page.jpegTables,
    palette: page.palette,
    chromaSubsampling: subsampled ? page.chromaSubsampling : [1, 1],
  };
}

/** Rows that are stored for tile `row`: strips end with the page, tiles are padded. */
export function storedRows(page: TiffPage, row: number): number {
  return page.tiled ? page.tileHeight : Math.min(page.tileHeight, page.height - row * page.tileHeight);
}

/** The window is left for the reader to add. Throws `file-invalid`, `file-truncated`, `limit-exceeded`. */
export async function readCodedTile(
  file: SlideFile,
  page: TiffPage,
  layout: Layout,
  column: number,
  row: number,
): Promise<CodedTile> {
  const height = storedRows(page, row);
  file.memory.check(page.tileWidth * height * Math.max(3, (page.samples * layout.bits) / 8), 'a tile', file.name);
  const index = row * page.tilesAcross + column;
  const planes: (Uint8Array | null)[] = [];
  const planeCount = page.planar ? page.samples : 1;
  for (let plane = 0; plane < planeCount; plane++) {
    const at = index + plane * page.tilesAcross * page.tilesDown;
    planes.push(await readPlane(file, page, layout, at, height));
  }
  return { ...layout, meaning: meaningOf(page, layout.meaning, planes), height, planes, window: null };
}

/**
 * 33004 holds RGB when Bio-Formats writes it and YCbCr when libvips does, with the same tags. Only libvips uses OpenJPEG,
 * which signs its streams.
 */
function meaningOf(page: TiffPage, meaning: SampleMeaning, planes: readonly (Uint8Array | null)[]): SampleMeaning {
  const [stored] = planes;
  if (page.compression !== 33004 || page.samples !== 3 || planes.length !== 1 || !stored) return meaning;
  return readJpeg2000Header(stored)?.comment.includes('OpenJPEG') ? 'ycbcr' : meaning;
}

/** Bytes as stored; null when the tile is not stored. */
async function readPlane(
  file: SlideFile,
  page: TiffPage,
  layout: Layout,
  index: number,
  rows: number,
): Promise<Uint8Array | null> {
  const byteCount = page.byteCounts[index] ?? 0;
  if (byteCount === 0) return null;
  const samples = page.planar ? 1 : page.samples;
  const packed = layout.meaning === 'ycbcr' && layout.chromaSubsampling.some((step) => step !== 1);
  const wanted = packed
    ? ycbcrUnitBytes(page.tileWidth, rows, layout.chromaSubsampling)
    : page.tileWidth * rows * samples * (layout.bits / 8);
  const uncompressed = layout.codec === 'none';
  // Compressed data far larger than the pixels is a lie about the length, not a slide.
  if (!uncompressed && byteCount > 2 * wanted + 65_536) {
    throw damagedTile(file, index, `claims ${byteCount} bytes for ${wanted} bytes of pixels`);
  }
  if (uncompressed && byteCount < wanted) throw damagedTile(file, index, `has ${byteCount} of ${wanted} bytes`);
  return file.read(page.offsets[index] ?? 0, uncompressed ? wanted : byteCount, `tile ${index}`);
}

/** What a decoder threw, as an error that names the file; anything but UndecodableTile is passed on. */
export function namedTileError(file: SlideFile, index: number, error: unknown): unknown {
  return error instanceof UndecodableTile ? damagedTile(file, index, error.message, error) : error;
}

function damagedTile(file: SlideFile, index: number, what: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file.name} is damaged: tile ${index} ${what}.`,
    'Copy the slide again from its source. If the damage stays, scan or export it again.',
    { tile: index },
    cause,
  );
}
