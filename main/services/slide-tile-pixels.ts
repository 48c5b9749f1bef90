/** Opens a slide for the tile extraction's worker threads: `openTilePixels` is called by name in each thread. */
import type { OpenTilePixels } from '../tiles/tile-pixels.ts';
import { openSlide } from '../slides/open-slide.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';

export interface SlideTilePixelsArgument {
  readonly path: string;
}

/** Where this module is, for `TilePixelsSource.module`. */
export const slideTilePixelsModule = import.meta.url;

export const openTilePixels: OpenTilePixels = async (argument) => {
  const { path } = argument as SlideTilePixelsArgument;
  const reader = await openSlide(path);
  return {
    readTile: async (rect, sizePx, signal) => (await readScaledRegion(reader, rect, sizePx, sizePx, signal)).data,
    close: () => reader.close(),
  };
};
