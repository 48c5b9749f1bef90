/** Pixels for extraction tests: every tile is a pure function of its position, some flat (out of focus). */
import type { TilePixels } from '#main/tiles/tile-pixels.ts';

export interface GeneratedPixels {
  /** Tiles whose x is a multiple of this many level-0 pixels are flat; 0 for none. */
  readonly flatEvery: number;
  /** Fails on the tile that starts here. */
  readonly failAt?: { readonly x: number; readonly y: number };
}

export function openTilePixels(argument: unknown): Promise<TilePixels> {
  const { flatEvery, failAt } = argument as GeneratedPixels;
  return Promise.resolve({
    readTile({ x, y }, sizePx) {
      if (x === failAt?.x && y === failAt.y) return Promise.reject(new Error('planted failure'));
      const flat = flatEvery > 0 && x % flatEvery === 0;
      const tile = new Uint8Array(sizePx * sizePx * 3);
      for (let i = 0; i < tile.length; i += 1) {
        tile[i] = flat ? 200 : Math.imul((x * 31 + y * 17 + i) | 1, 2654435761) >>> 24;
      }
      return Promise.resolve(tile);
    },
    close: () => Promise.resolve(),
  });
}
