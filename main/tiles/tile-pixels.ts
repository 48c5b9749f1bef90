/**
 * Where extraction gets pixels from: a module that opens a slide by a plain value, so that each worker thread opens its
 * own reader. Not the slide port itself: one rectangle in, one square RGB tile out.
 */
import { TrefoilError } from '#common/errors.ts';
import type { Level0Rect } from '#common/domain/tile.ts';

export interface TilePixels {
  /** sizePx * sizePx * 3 bytes, RGB, row-major, of a level-0 rectangle. */
  readTile(rect: Level0Rect, sizePx: number, signal?: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

export type OpenTilePixels = (argument: unknown) => Promise<TilePixels>;

/** `module` (a file URL) exports `openTilePixels`; `argument` is handed to it and must survive structured cloning. */
export interface TilePixelsSource {
  readonly module: string;
  readonly argument: unknown;
}

/** Loads the module and opens the slide. Throws `internal` when the module does not have the export. */
export async function openTilePixelsSource(source: TilePixelsSource): Promise<TilePixels> {
  const module = (await import(source.module)) as { openTilePixels?: OpenTilePixels };
  if (typeof module.openTilePixels !== 'function') {
    throw new TrefoilError(
      'internal',
      `The module ${source.module} has no function openTilePixels.`,
      'This is a defect in Trefoil. Please report it together with the log.',
    );
  }
  return module.openTilePixels(source.argument);
}
