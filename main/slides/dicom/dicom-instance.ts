/**
 * What one DICOM file says about its image, as far as a slide needs it: VL Whole Slide Microscopy Image (PS3.3 A.32.8 and
 * C.8.12.4). No element that names a person, a date or an institution is read.
 */
import type { SlideFile } from '../slide-file.ts';
import { BrokenElements, elementsIn, firstItem, itemsOf, type DicomElement, type DicomTag } from './dicom-elements.ts';
import { readFramePositions, type FramePositions } from './frame-positions.ts';
import { asSequence, damagedDicom, readDicomHeader, type DicomHeader } from './read-header.ts';

export const wholeSlideClass = '1.2.840.10008.5.1.4.1.1.77.1.6';

export const tags = {
  imageType: 0x0008_0008,
  sopClass: 0x0008_0016,
  sopInstance: 0x0008_0018,
  study: 0x0020_000d,
  series: 0x0020_000e,
  frameOfReference: 0x0020_0052,
  concatenation: 0x0020_9161,
  concatenationFrameOffset: 0x0020_9228,
  organisation: 0x0020_9311,
  samples: 0x0028_0002,
  photometric: 0x0028_0004,
  planar: 0x0028_0006,
  frames: 0x0028_0008,
  rows: 0x0028_0010,
  columns: 0x0028_0011,
  bitsAllocated: 0x0028_0100,
  bitsStored: 0x0028_0101,
  pixelRepresentation: 0x0028_0103,
  container: 0x0040_0512,
  imagedVolumeWidth: 0x0048_0001,
  imagedVolumeHeight: 0x0048_0002,
  totalColumns: 0x0048_0006,
  totalRows: 0x0048_0007,
  opticalPaths: 0x0048_0105,
  focalPlaneCount: 0x0048_0303,
  sharedGroups: 0x5200_9229,
  frameGroups: 0x5200_9230,
  extendedOffsets: 0x7fe0_0001,
  extendedLengths: 0x7fe0_0002,
} as const;

const iccProfileTag = 0x0028_2000;
const objectivePowerTag = 0x0048_0112;
const pixelMeasuresTag = 0x0028_9110;
const pixelSpacingTag = 0x0028_0030;

export interface DicomInstance {
  readonly file: SlideFile;
  readonly transferSyntax: string;
  readonly pixelData: { readonly offset: number; readonly byteLength: number | null };
  readonly sopInstance: string;
  readonly study: string;
  readonly series: string;
  readonly frameOfReference: string;
  readonly container: string;
  /** Third value of the image type: VOLUME, LABEL, OVERVIEW, THUMBNAIL; VOLUME where the file does not say. */
  readonly flavour: string;
  /** Instances that are parts of one; null for a whole one. */
  readonly concatenation: string | null;
  readonly firstFrame: number;
  readonly isSparse: boolean;
  readonly samples: number;
  readonly photometric: string;
  readonly planar: boolean;
  readonly frameCount: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly bits: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  readonly width: number;
  readonly height: number;
  readonly focalPlanes: number;
  /** Millimetres of the whole image; null when it is not said. */
  readonly imagedVolume: { readonly widthMm: number; readonly heightMm: number } | null;
  /** Millimetres from row to row and from column to column. */
  readonly pixelSpacing: { readonly rowMm: number; readonly columnMm: number } | null;
  readonly objectivePower: number | null;
  readonly colourProfile: Buffer | null;
  readonly positions: FramePositions | null;
  readonly extendedOffsets: Buffer | null;
  readonly extendedLengths: Buffer | null;
}

/** Whose files are asked for; a file of another study, or no slide, ends early. */
export interface WantedSlide {
  readonly study: string;
}

/** Null for DICOM files that are no whole-slide image or of another study. Does not take the file over. */
export async function readInstance(
  file: SlideFile,
  wanted: WantedSlide | null,
  signal?: AbortSignal,
): Promise<DicomInstance | null> {
  const header = await readDicomHeader(
    file,
    {
      tags: new Set<DicomTag>(Object.values(tags)),
      goOn: (tag, value) =>
        !(tag === tags.sopClass && textOf(value) !== wholeSlideClass) &&
        !(tag === tags.study && wanted !== null && textOf(value) !== wanted.study),
    },
    signal,
  );
  if (!header?.pixelData || !header.values.has(tags.sopClass)) return null;
  try {
    return describe(file, header, header.pixelData);
  } catch (error) {
    throw error instanceof BrokenElements ? damagedDicom(file, error.message) : error;
  }
}

function describe(
  file: SlideFile,
  header: DicomHeader,
  pixelData: NonNullable<DicomHeader['pixelData']>,
): DicomInstance {
  const text = (tag: DicomTag): string => textOf(header.values.get(tag));
  const short = (tag: DicomTag, otherwise: number): number => uint(header.values.get(tag), 2) ?? otherwise;
  const long = (tag: DicomTag, otherwise: number): number => uint(header.values.get(tag), 4) ?? otherwise;
  const float = (tag: DicomTag): number => {
    const value = header.values.get(tag);
    return value && value.length >= 4 ? value.readFloatLE(0) : Number.NaN;
  };
  const tileWidth = short(tags.columns, 0);
  const tileHeight = short(tags.rows, 0);
  const width = long(tags.totalColumns, tileWidth);
  const height = long(tags.totalRows, tileHeight);
  const frameCount = Number(text(tags.frames) || '1');
  const sizes = [tileWidth, tileHeight, width, height, frameCount];
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw new BrokenElements(`has an image of ${width} x ${height} px in ${frameCount} frames`);
  }
  const frames = asSequence(header, tags.frameGroups);
  const sparse = text(tags.organisation) === 'TILED_SPARSE';
  const full = text(tags.organisation) === 'TILED_FULL';
  const positions = frames && !full ? readFramePositions(frames.buffer, frames.sequence, frameCount) : null;
  const volume = { widthMm: float(tags.imagedVolumeWidth), heightMm: float(tags.imagedVolumeHeight) };
  const path = opticalPathOf(header);
  return {
    file,
    transferSyntax: header.transferSyntax,
    pixelData,
    sopInstance: text(tags.sopInstance),
    study: text(tags.study),
    series: text(tags.series),
    frameOfReference: text(tags.frameOfReference),
    container: text(tags.container),
    flavour: text(tags.imageType).split('\\')[2]?.trim() || 'VOLUME',
    concatenation: text(tags.concatenation) || null,
    firstFrame: long(tags.concatenationFrameOffset, 0),
    isSparse: sparse || positions !== null,
    samples: short(tags.samples, 1),
    photometric: text(tags.photometric),
    planar: short(tags.planar, 0) === 1,
    frameCount,
    tileWidth,
    tileHeight,
    bits: short(tags.bitsAllocated, 8),
    bitsStored: short(tags.bitsStored, short(tags.bitsAllocated, 8)),
    signed: short(tags.pixelRepresentation, 0) === 1,
    width,
    height,
    focalPlanes: Math.max(1, long(tags.focalPlaneCount, 1)),
    imagedVolume: volume.widthMm > 0 && volume.heightMm > 0 ? volume : null,
    pixelSpacing: pixelSpacingOf(header),
    ...path,
    positions,
    extendedOffsets: header.values.get(tags.extendedOffsets) ?? null,
    extendedLengths: header.values.get(tags.extendedLengths) ?? null,
  };
}

function pixelSpacingOf(header: DicomHeader): DicomInstance['pixelSpacing'] {
  const shared = asSequence(header, tags.sharedGroups);
  if (!shared) return null;
  for (const group of itemsOf(shared.buffer, shared.sequence)) {
    const measures = firstItem(shared.buffer, group, pixelMeasuresTag);
    const spacing = measures && valueIn(shared.buffer, measures, pixelSpacingTag);
    const [rowMm, columnMm] = textOf(spacing ?? undefined)
      .split('\\')
      .map(Number);
    if (rowMm !== undefined && columnMm !== undefined && rowMm > 0 && columnMm > 0) return { rowMm, columnMm };
  }
  return null;
}

/** Of the first optical path, the one that is shown. */
function opticalPathOf(header: DicomHeader): Pick<DicomInstance, 'objectivePower' | 'colourProfile'> {
  const paths = asSequence(header, tags.opticalPaths);
  const item = paths && [...itemsOf(paths.buffer, paths.sequence)][0];
  if (!paths || !item) return { objectivePower: null, colourProfile: null };
  const power = Number(textOf(valueIn(paths.buffer, item, objectivePowerTag) ?? undefined));
  return { objectivePower: power > 0 ? power : null, colourProfile: valueIn(paths.buffer, item, iccProfileTag) };
}

function valueIn(buffer: Buffer, item: DicomElement, tag: DicomTag): Buffer | null {
  for (const element of elementsIn(buffer, item)) {
    if (element.tag === tag) return buffer.subarray(element.start, element.end);
  }
  return null;
}

/** Padding taken off: identifiers are padded with zero, text with spaces. */
export function textOf(value: Buffer | undefined): string {
  return value
    ? value
        .toString('latin1', 0, Math.min(value.length, 1024))
        .replace(/[\0 ]+$/, '')
        .trim()
    : '';
}

function uint(value: Buffer | undefined, bytes: 2 | 4): number | null {
  if (!value || value.length < bytes) return null;
  return bytes === 2 ? value.readUInt16LE(0) : value.readUInt32LE(0);
}
