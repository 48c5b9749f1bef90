/**
 * LERC (Limited Error Raster Compression) through Esri's own WebAssembly decoder, one blob a tile. The blob's header is
 * checked against the tile before it is decoded.
 */
import { decode, getBlobInfo, isLoaded, load } from 'lerc';
import { UndecodableTile, type CodedTile } from './coded-tile.ts';
import { samplesLike, type Samples } from './predictor.ts';

const pixelTypes = {
  unsigned: { 8: 'U8', 16: 'U16', 32: 'U32' },
  signed: { 8: 'S8', 16: 'S16', 32: 'S32' },
  float: { 8: null, 16: null, 32: 'F32' },
} as const;

/** width * height * samples interleaved samples of the tile's own type. Throws UndecodableTile. */
export async function decodeLerc(
  stored: Uint8Array,
  tile: Pick<CodedTile, 'width' | 'height' | 'bits' | 'sampleFormat'>,
  samples: number,
): Promise<Samples> {
  if (!isLoaded()) await load();
  try {
    const info = getBlobInfo(stored);
    const values = info.depthCount * info.bandCount;
    if (info.width !== tile.width || info.height !== tile.height || values !== samples) {
      throw new UndecodableTile(`holds a ${info.width} x ${info.height} LERC image of ${values} samples`);
    }
    const { pixels, pixelType } = decode(stored, { returnInterleaved: true });
    if (pixelType !== pixelTypes[tile.sampleFormat][tile.bits]) {
      throw new UndecodableTile(`holds LERC samples of type ${pixelType}`);
    }
    return interleaved(pixels as Samples[], tile.width * tile.height, samples);
  } catch (error) {
    if (error instanceof UndecodableTile) throw error;
    throw new UndecodableTile('cannot be decoded as LERC', { cause: error });
  }
}

/** One array with every sample of a pixel together; several bands come as one array each. */
function interleaved(bands: readonly Samples[], pixels: number, samples: number): Samples {
  const [first] = bands;
  if (!first || bands.some((band) => band.length * bands.length !== pixels * samples)) {
    throw new UndecodableTile('decodes to another size than declared');
  }
  if (bands.length === 1) return first;
  const output = samplesLike(first, pixels * samples);
  const each = samples / bands.length;
  bands.forEach((band, index) => {
    for (let at = 0; at < band.length; at++) {
      output[Math.floor(at / each) * samples + index * each + (at % each)] = band[at] as number;
    }
  });
  return output;
}
