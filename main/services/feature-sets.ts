/**
 * The feature tables a result is shown for, all for the same labelled tiles: the run's encoder first, then its baselines
 * (colour and texture, the same network untrained) and SimSiam when such a run is finished.
 */
import type { StageContext } from '#common/stage.ts';
import { throwIfCancelled } from '#common/errors.ts';
import { colourTexture, colourTextureDim } from '../classifier/baselines/colour-texture.ts';
import type { FeatureTable } from '../classifier/feature-table.ts';
import { listRuns } from '../store/run-rows.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { embeddingsOf } from './embeddings.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun, StoredRunSummary } from './runs-service.ts';
import type { TileSet } from './tile-sets.ts';

const methodNames = { simtriplet: 'SimTriplet', simsiam: 'SimSiam' } as const;
const tilesPerRead = 256;

/** Row i of every table belongs to tiles[i]. The first table is the run's. */
export async function featureTables(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  tiles: readonly number[],
  context: StageContext,
): Promise<FeatureTable[]> {
  const tables: FeatureTable[] = [await trainedTable(project, run, set, tiles, context)];
  const untrained = await embeddingsOf(project, { run, set, weights: 'untrained', tiles }, context);
  tables.push({ name: 'Random weights', dim: untrained.dimension, values: untrained.values });
  tables.push(await colourTable(set, tiles, context));
  const other = listRuns<StoredRunSummary>(project.database).findLast(
    (item) => item.status === 'finished' && item.request.settings.method === 'simsiam',
  );
  if (run.request.settings.method === 'simtriplet' && other !== undefined) {
    tables.push(await trainedTable(project, other, set, tiles, context));
  }
  return tables;
}

/** The encoder's features of every tile of the set; the labelled ones are rows of it, so nothing is computed twice. */
async function trainedTable(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  tiles: readonly number[],
  context: StageContext,
): Promise<FeatureTable> {
  const all = await embeddingsOf(project, { run, set, weights: 'trained', tiles: null }, context);
  const values = new Float32Array(tiles.length * all.dimension);
  tiles.forEach((tile, row) => {
    values.set(all.values.subarray(tile * all.dimension, (tile + 1) * all.dimension), row * all.dimension);
  });
  return { name: methodNames[run.request.settings.method], dim: all.dimension, values };
}

async function colourTable(set: TileSet, tiles: readonly number[], context: StageContext): Promise<FeatureTable> {
  const values = new Float32Array(tiles.length * colourTextureDim);
  const { sizePx } = set.manifest;
  const tileBytes = sizePx * sizePx * 3;
  const store = openTileStore(set.manifest);
  try {
    for (let start = 0; start < tiles.length; start += tilesPerRead) {
      throwIfCancelled(context.signal);
      const part = tiles.slice(start, start + tilesPerRead);
      const pixels = await store.read(part);
      part.forEach((_, index) => {
        const tile = pixels.subarray(index * tileBytes, (index + 1) * tileBytes);
        colourTexture(tile, sizePx, values, (start + index) * colourTextureDim);
      });
      context.onProgress?.({ stage: 'Measuring colour and texture', done: start + part.length, total: tiles.length });
    }
  } finally {
    await store.close();
  }
  return { name: 'Colour and texture', dim: colourTextureDim, values };
}
