/**
 * One image of a DICOM slide as a grid of tiles: an instance, or the parts of a concatenation (PS3.3 C.7.6.16.1.4). Frames
 * lie in rows (TILED_FULL, C.7.6.17.3: columns first, then rows, focal planes, optical paths) or where their positions say.
 * Of several optical paths the first is shown, of several focal planes the middle one. What is not stored is white.
 */
import type { CodedTile } from '../codecs/coded-tile.ts';
import { maximumTileBytes } from '../codecs/coded-tile.ts';
import { assembleJpeg } from '../codecs/jpeg-stream.ts';
import type { StoredJpegTile } from '../slide-reader.ts';
import type { TileGrid } from '../tiff/tile-grid.ts';
import type { DicomInstance } from './dicom-instance.ts';
import { framesByCell } from './frame-positions.ts';
import { frameLayout, jpegMeaning, nativeFrameBytes, type FrameLayout } from './frame-layout.ts';
import { FrameSource } from './frame-source.ts';
import { damagedDicom, unsupportedDicom } from './read-header.ts';

/** Cells of one level; their frame numbers take 4 bytes each. */
const maximumCells = 4_000_000;

interface Stored {
  readonly source: FrameSource;
  readonly frame: number;
}

/** `parts` in order of their first frames. Throws `file-unsupported`, `file-invalid`. */
export function dicomGrid(parts: readonly [DicomInstance, ...DicomInstance[]]): TileGrid {
  const [first] = parts;
  const { file, width, height, tileWidth, tileHeight } = first;
  const layout = frameLayout(first);
  if ('unsupported' in layout) throw unsupportedDicom(file, layout.unsupported);
  const tileBytes = tileWidth * tileHeight * Math.max(3, first.samples * (first.bits / 8));
  if (tileBytes > maximumTileBytes) throw unsupportedDicom(file, `frames of ${tileWidth} x ${tileHeight} px`);
  const across = Math.ceil(width / tileWidth);
  const down = Math.ceil(height / tileHeight);
  if (across * down > maximumCells) throw damagedDicom(file, `has ${across} x ${down} tiles`);
  const sources = parts.map((part) => new FrameSource(part, nativeFrameBytes(part)));
  const find = first.isSparse
    ? sparseFrames(parts, sources, { across, down })
    : fullFrames(parts, sources, { across, down });
  const coded = (bytes: Uint8Array | null): CodedTile => codedFrame(layout, first, bytes);
  const read = async (column: number, row: number): Promise<CodedTile> => {
    const stored = find(column, row);
    return coded(stored && (await stored.source.read(stored.frame)));
  };
  return {
    width,
    height,
    tileWidth,
    tileHeight,
    needsWindow: false,
    read,
    readStoredJpeg: async (column, row) => storedJpeg(layout, await read(column, row)),
    checkInFile: () => {
      const { byteLength, offset } = first.pixelData;
      if (byteLength !== null && offset + byteLength > file.byteLength) {
        throw file.truncated(offset + byteLength, 'the pixel data');
      }
    },
  };
}

type Find = (column: number, row: number) => Stored | null;

function fullFrames(
  parts: readonly DicomInstance[],
  sources: readonly FrameSource[],
  { across, down }: { across: number; down: number },
): Find {
  // Planes are a fact of the whole image; an image of one plane may leave the count away.
  const planes = parts[0]?.focalPlanes ?? 1;
  const plane = Math.floor((planes - 1) / 2);
  return (column, row) => {
    const index = (plane * down + row) * across + column;
    const part = parts.findLastIndex(({ firstFrame }) => index >= firstFrame);
    const { firstFrame, frameCount } = parts[part] ?? { firstFrame: 0, frameCount: 0 };
    const source = sources[part];
    return source && index - firstFrame < frameCount ? { source, frame: index - firstFrame } : null;
  };
}

function sparseFrames(
  parts: readonly DicomInstance[],
  sources: readonly FrameSource[],
  cells: { across: number; down: number },
): Find {
  const grids = parts.map(({ file, positions, tileWidth, tileHeight }) => {
    if (!positions) throw damagedDicom(file, 'does not say where its frames lie');
    const frames = framesByCell(positions, { width: tileWidth, height: tileHeight }, cells);
    if ('unsupported' in frames) throw unsupportedDicom(file, frames.unsupported);
    return frames;
  });
  return (column, row) => {
    for (const [part, frames] of grids.entries()) {
      const frame = frames[row * cells.across + column] ?? -1;
      const source = sources[part];
      if (frame >= 0 && source) return { source, frame };
    }
    return null;
  };
}

function codedFrame(layout: FrameLayout, instance: DicomInstance, bytes: Uint8Array | null): CodedTile {
  const { tileWidth: width, tileHeight: height, samples } = instance;
  if (bytes && layout.codec === 'none' && instance.planar && samples > 1) {
    const plane = bytes.length / samples;
    const planes = Array.from({ length: samples }, (_, sample) => bytes.subarray(sample * plane, (sample + 1) * plane));
    return { ...layout, planes, width, height };
  }
  const meaning = bytes && layout.codec === 'jpeg' ? jpegMeaning(bytes, layout.meaning) : layout.meaning;
  return { ...layout, meaning, planes: [bytes], width, height };
}

/** Grey and colour alike, with the markers that say which colours they are. */
function storedJpeg(layout: FrameLayout, tile: CodedTile): StoredJpegTile | null {
  const [bytes] = tile.planes;
  if (layout.codec !== 'jpeg' || !bytes || tile.meaning === 'grey-inverted') return null;
  const colour = tile.meaning === 'grey' ? 'untransformed' : tile.meaning === 'rgb' ? 'rgb' : 'ycbcr';
  const frame = assembleJpeg(bytes, null, colour);
  const fits = frame?.width === tile.width && frame.height === tile.height;
  if (!frame || !fits || frame.progressive || frame.components !== tile.samples) return null;
  return { bytes: frame.stream, width: frame.width, height: frame.height };
}
