/**
 * Fetches image tiles for OpenSeadragon and ends the requests for tiles that have left the view: OpenSeadragon itself only drops
 * those it has not sent. An ended request is no failure, and its tile may be asked for again.
 */
import OpenSeadragon from 'openseadragon';
import type { Rect } from './view-geometry.ts';

/** What is used of OpenSeadragon's ImageJob. */
interface TileJob {
  readonly src: string;
  readonly tile: { readonly level: number; readonly x: number; readonly y: number };
  userData: { controller?: AbortController };
  finish(data: Blob, request: null, dataType: string): void;
  fail(message: string, request: null): void;
  abort(): void;
}

export interface TileRequests {
  /** Ends what is not needed for this level-0 rectangle. */
  leave(visible: Rect): void;
  readonly runningCount: number;
}

/** `maxLevel` is the level of full resolution, `tilePx` the side of a tile. */
export function fetchTiles(source: OpenSeadragon.TileSource, maxLevel: number, tilePx: number): TileRequests {
  const running = new Set<TileJob>();
  Object.assign(source, {
    downloadTileStart: (job: TileJob): void => {
      const controller = new AbortController();
      job.userData = { controller };
      running.add(job);
      void load(job, controller.signal).finally(() => running.delete(job));
    },
    downloadTileAbort: (job: TileJob): void => {
      running.delete(job);
      job.userData.controller?.abort();
    },
  });
  return {
    get runningCount() {
      return running.size;
    },
    leave: (visible) => {
      for (const job of [...running]) if (!overlaps(tileRect(job.tile, maxLevel, tilePx), visible)) job.abort();
    },
  };
}

async function load(job: TileJob, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(job.src, { signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    job.finish(await response.blob(), null, 'rasterBlob');
  } catch (error) {
    // Whoever aborted has told OpenSeadragon.
    if (!signal.aborted) job.fail(error instanceof Error ? error.message : String(error), null);
  }
}

export function tileRect(
  tile: { readonly level: number; readonly x: number; readonly y: number },
  maxLevel: number,
  tilePx: number,
): Rect {
  const side = tilePx * 2 ** (maxLevel - tile.level);
  return { x: tile.x * side, y: tile.y * side, width: side, height: side };
}

function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** OpenSeadragon's message for a job that was aborted. */
export const abortedMessage = 'Image load aborted.';

/* eslint-disable no-console -- the library's own messages are passed on, but for one */
/** It also writes that to the console as an error, which it is not. */
export function quietAborts(): void {
  const library = OpenSeadragon as unknown as { console: Pick<Console, 'log' | 'info' | 'warn' | 'error' | 'assert'> };
  library.console = {
    log: console.log,
    info: console.info,
    warn: console.warn,
    assert: console.assert,
    error: (...words: unknown[]) => {
      if (!words.includes(abortedMessage)) console.error(...words);
    },
  };
}
