/** Trefoil's own extraction of tiles into shards, as a project does it, with the processor time of all its threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { SlideLevel } from '../../main/common/domain/slide.ts';
import type { TileGrid } from '../../main/common/domain/tile.ts';
import { extractionCacheBytes } from '../../main/tiles/extraction-cache.ts';
import { extractTiles } from '../../main/tiles/extract-tiles.ts';
import { planExtraction } from '../../main/tiles/extraction-plan.ts';
import { slideTilePixelsModule } from '../../main/services/slide-tile-pixels.ts';

export interface Reading {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly version: string;
}

export async function extractWithTrefoil(
  path: string,
  level: SlideLevel,
  grid: TileGrid,
  workers: number,
): Promise<Reading> {
  const directory = mkdtempSync(join(tmpdir(), 'trefoil-extract-'));
  const tiles = Array.from({ length: grid.columns * grid.rows }, (_, index) => ({
    column: index % grid.columns,
    row: Math.floor(index / grid.columns),
    dropped: null,
  }));
  const plan = planExtraction('slide', 'benchmark', grid, tiles as never, { minimum: 0, binning: 1 });
  const cacheBytes = extractionCacheBytes(level, grid, workers, totalmem());
  const source = { module: slideTilePixelsModule, argument: { path, colour: 'as-stored', cacheBytes } };
  const before = process.cpuUsage();
  const start = performance.now();
  try {
    await extractTiles({ plan, source, directory, workers });
    const wallSeconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    return { wallSeconds, cpuSeconds: (user + system) / 1e6, version: `Trefoil, ${workers} threads` };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
