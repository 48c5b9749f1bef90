/** One WebP tile through sharp (libwebp, off the main thread), held to the size the file declares. */
import sharp from 'sharp';
import { UndecodableTile } from './coded-tile.ts';

/** width * height * samples bytes of RGB or RGB and straight alpha. Throws UndecodableTile. */
export async function decodeWebp(
  stored: Uint8Array,
  width: number,
  height: number,
  samples: number,
): Promise<Uint8Array> {
  if (samples !== 3 && samples !== 4) throw new UndecodableTile(`is a WebP of ${samples} samples a pixel`);
  if (Buffer.from(stored.buffer, stored.byteOffset, Math.min(12, stored.length)).toString('latin1', 8) !== 'WEBP') {
    throw new UndecodableTile('is no WebP');
  }
  try {
    const decoder = sharp(stored, { failOn: 'error', limitInputPixels: width * height, pages: 1 });
    // Files with alpha leave it out of tiles that are opaque throughout, and the other way round.
    const shaped = samples === 4 ? decoder.ensureAlpha() : decoder.removeAlpha();
    const { data, info } = await shaped.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    if (info.width === width && info.height === height && info.channels === samples) return data;
  } catch (error) {
    throw new UndecodableTile('cannot be decoded as WebP', { cause: error });
  }
  throw new UndecodableTile('decodes to another size than declared');
}
