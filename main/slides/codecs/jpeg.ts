/**
 * One JPEG tile through sharp (libjpeg-turbo, off the main thread). Colour is converted as the tile's meaning says; tiles
 * without tables or colour markers are completed first (jpeg-stream.ts).
 */
import sharp from 'sharp';
import { UndecodableTile, type CodedTile, type SampleMeaning } from './coded-tile.ts';
import { assembleJpeg } from './jpeg-stream.ts';

/** Pixels of the coded image; a last strip may be coded with all rows of a full one. */
const maximumCodedPixels = 64 * 1024 * 1024;

const componentsOf = { 1: 'b-w', 3: 'srgb', 4: 'cmyk' } as const;

/** width * height * samples bytes, and what the samples now mean. Throws UndecodableTile. */
export async function decodeJpeg(
  stored: Uint8Array,
  tile: Pick<CodedTile, 'width' | 'height' | 'jpegTables' | 'meaning'>,
  samples: number,
): Promise<{ bytes: Uint8Array; meaning: SampleMeaning }> {
  const converted = samples === 3 && tile.meaning === 'ycbcr';
  const frame = assembleJpeg(stored, tile.jpegTables, samples === 3 ? (converted ? 'ycbcr' : 'rgb') : 'untransformed');
  if (!frame) throw new UndecodableTile('is no readable JPEG');
  const { width, height, components } = frame;
  const fits = width === tile.width && height >= tile.height && width * height <= maximumCodedPixels;
  const space = componentsOf[samples as 1 | 3 | 4] as (typeof componentsOf)[1 | 3 | 4] | undefined;
  if (!fits || components !== samples || !space) {
    throw new UndecodableTile(`holds a ${width} x ${height} JPEG of ${components} components`);
  }
  try {
    const decoder = sharp(frame.stream, { failOn: 'error', limitInputPixels: width * height, sequentialRead: true });
    if (height > tile.height) decoder.extract({ left: 0, top: 0, width, height: tile.height });
    // Without a colour space of its own sharp would make three samples of grey.
    const { data, info } = await decoder
      .pipelineColourspace(space)
      .toColourspace(space)
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width === width && info.height === tile.height && info.channels === samples) {
      // libvips takes all CMYK for Photoshop's, which is stored inverted; TIFF's is not.
      if (samples === 4) for (let at = 0; at < data.length; at++) data[at] = 255 - (data[at] as number);
      return { bytes: data, meaning: converted ? 'rgb' : tile.meaning };
    }
  } catch (error) {
    throw new UndecodableTile('cannot be decoded as JPEG', { cause: error });
  }
  throw new UndecodableTile('decodes to another size than declared');
}

/** width * height * 3 bytes, RGB, of a stream of three components with its colour markers. Rejects as the decoder does. */
export async function decodeJpegRows(stream: Buffer, width: number, height: number): Promise<Uint8Array> {
  const { data, info } = await sharp(stream, {
    failOn: 'error',
    limitInputPixels: width * height,
    sequentialRead: true,
  })
    .pipelineColourspace('srgb')
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width === width && info.height === height && info.channels === 3) return data;
  throw new UndecodableTile(`decodes to ${info.width} x ${info.height} pixels`);
}
