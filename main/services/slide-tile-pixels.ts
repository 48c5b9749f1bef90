/** Opens a slide for the tile extraction's worker threads: `openTilePixels` is called by name in each thread. */
import type { ColourChoice } from '#common/domain/slide.ts';
import type { OpenTilePixels } from '../tiles/tile-pixels.ts';
import { JoinedJpegDecoder } from '../slides/codecs/joined-jpeg-decoder.ts';
import { withColourProfile } from '../slides/colour/with-colour-profile.ts';
import { openSlide } from '../slides/open-slide.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';

export interface SlideTilePixelsArgument {
  readonly path: string;
  readonly colour: ColourChoice;
  /** Decoded stored tiles this thread keeps (tiles/extraction-cache.ts). */
  readonly cacheBytes?: number;
}

/** Where this module is, for `TilePixelsSource.module`. */
export const slideTilePixelsModule = import.meta.url;

export const openTilePixels: OpenTilePixels = async (argument) => {
  const { path, colour, cacheBytes } = argument as SlideTilePixelsArgument;
  const { decode } = new JoinedJpegDecoder();
  const options = { decode, ...(cacheBytes === undefined ? {} : { tileCache: cacheBytes }) };
  const reader = await withColourProfile(await openSlide(path, options), colour);
  return {
    readTile: async (rect, sizePx, signal) => (await readScaledRegion(reader, rect, sizePx, sizePx, signal)).data,
    close: () => reader.close(),
  };
};
