/** Which tiles are decoded in JavaScript or WebAssembly on the calling thread for long, and so belong into another one. */
import type { CodedTile } from '../codecs/coded-tile.ts';

/**
 * JPEG and WebP go through sharp, deflate and ZSTD through zlib, all on threads of their own; what is left of 8-bit RGB tiles
 * is nothing, and moving those would only add a copy. Everything else is loops over every sample here.
 */
export function holdsUpItsThread(tile: CodedTile): boolean {
  const isPlain = tile.bits === 8 && tile.predictor === 1 && tile.planes.length === 1;
  switch (tile.codec) {
    case 'jpeg':
    case 'webp':
      return !(isPlain && tile.alpha === 'none' && tile.samples !== 4);
    case 'none':
    case 'deflate':
    case 'zstd':
      return !(isPlain && tile.meaning === 'rgb' && tile.samples === 3);
    default:
      return true;
  }
}
