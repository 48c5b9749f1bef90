/** A whole JPEG that lies in a tag, as a level of one tile. */
import { TrefoilError } from '#common/errors.ts';
import { maximumTileBytes, type CodedTile } from '../codecs/coded-tile.ts';
import { assembleJpeg, jpegColour } from '../codecs/jpeg-stream.ts';
import type { SlideFile } from '../slide-file.ts';
import { wholeGrid, type TiffLevel } from './tile-grid.ts';

/** Throws `file-invalid` when it is no readable JPEG or too large. */
export function embeddedJpegLevel(file: SlideFile, bytes: Uint8Array, what: string): TiffLevel {
  const frame = assembleJpeg(bytes, null, 'untransformed');
  if (!frame || frame.width * frame.height * 3 > maximumTileBytes || frame.width * frame.height === 0) {
    throw new TrefoilError(
      'file-invalid',
      `${file.name} is damaged: ${what} is no readable JPEG.`,
      'The slide itself can be read; copy the file again from its source if you need this image.',
    );
  }
  const { width, height, components } = frame;
  const tile: CodedTile = {
    codec: 'jpeg',
    planes: [bytes],
    width,
    height,
    samples: components,
    bits: 8,
    sampleFormat: 'unsigned',
    littleEndian: true,
    meaning: components === 1 ? 'grey' : components === 4 ? 'cmyk' : jpegColour(bytes),
    predictor: 1,
    alpha: 'none',
    jpegTables: null,
    palette: null,
    window: null,
    chromaSubsampling: [1, 1],
  };
  const grid = {
    width,
    height,
    tileWidth: width,
    tileHeight: height,
    needsWindow: false,
    read: async () => tile,
    readStoredJpeg: async () => null,
    checkInFile: () => undefined,
  };
  return { width, height, downsample: null, parts: [wholeGrid(grid)] };
}
