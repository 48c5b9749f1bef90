/** A plan of 5 shards over a generated slide, for extraction tests. */
import type { GridTile, TileGrid } from '#common/domain/tile.ts';
import { planExtraction } from '#main/tiles/extraction-plan.ts';
import type { ExtractionPlan } from '#main/tiles/extraction-plan.ts';
import type { TilePixelsSource } from '#main/tiles/tile-pixels.ts';
import type { GeneratedPixels } from './generated-pixels.ts';

export const generatedGrid: TileGrid = { level: 0, columns: 80, rows: 60, downsample: 2, sizePx: 16, stridePx: 16 };

export function generatedTiles(columns = generatedGrid.columns, rows = generatedGrid.rows): GridTile[] {
  return Array.from({ length: columns * rows }, (_, i) => ({
    column: i % columns,
    row: Math.floor(i / columns),
    dropped: i % 11 === 3 ? 'little-tissue' : null,
    tissue: 1,
  }));
}

export function generatedPlan(fingerprint = 'f', minFocus = 4, tiles = generatedTiles()): ExtractionPlan {
  return planExtraction('slide-1', fingerprint, generatedGrid, tiles, { minimum: minFocus, binning: 1 });
}

export function generatedSource(argument: GeneratedPixels = { flatEvery: 32 * 7 }): TilePixelsSource {
  return { module: new URL('./generated-pixels.ts', import.meta.url).href, argument };
}
