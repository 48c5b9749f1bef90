/**
 * The feature tables a result is shown for, all for the same labelled tiles: the run's encoder first, then its baselines
 * (colour and texture, the same network untrained) and SimSiam when such a run is finished, which learns without the neighbour.
 */
import type { StageContext } from '#common/stage.ts';
import { throwIfCancelled } from '#common/errors.ts';
import { colourTexture, colourTextureDim } from '../classifier/baselines/colour-texture.ts';
import type { FeatureTable } from '../classifier/feature-table.ts';
import { listRuns } from '../store/run-rows.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { embeddingsOf, readyEmbeddings, type TileEmbeddings } from './embeddings.ts';
import type { OpenProject } from './open-projects.ts';
import { featuresName, type StoredRun, type StoredRunSummary } from './stored-runs.ts';
import type { TileSet } from './tile-sets.ts';

const tilesPerRead = 256;

/** Row i of every table belongs to tiles[i]. The first table is the run's. */
export async function featureTables(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  tiles: readonly number[],
  context: StageContext,
  baselines: 'all' | 'ready' = 'all',
): Promise<FeatureTable[]> {
  const tables: FeatureTable[] = [await trainedTable(project, run, set, tiles, context)];
  const untrained = await untrainedTable(project, run, set, tiles, context, baselines);
  if (untrained !== null) tables.push(untrained);
  tables.push(await colourTable(set, tiles, context));
  const other = listRuns<StoredRunSummary>(project.database).findLast(
    (item) => item.status === 'finished' && item.request.settings.method === 'simsiam',
  );
  const isReady =
    other !== undefined &&
    (baselines === 'all' ||
      (await readyEmbeddings(project, { run: other, set, weights: 'trained', tiles: null })) !== null);
  if (run.request.settings.method !== 'simsiam' && other !== undefined && isReady) {
    tables.push(await trainedTable(project, other, set, tiles, context));
  }
  return tables;
}

/** 'ready': null unless these, or those of every tile, were computed before; a refresh must not start the network. */
async function untrainedTable(
  project: OpenProject,
  run: StoredRun,
  set: TileSet,
  tiles: readonly number[],
  context: StageContext,
  baselines: 'all' | 'ready',
): Promise<FeatureTable | null> {
  const name = 'Random weights';
  const request = { run, set, weights: 'untrained' } as const;
  const all = await readyEmbeddings(project, { ...request, tiles: null });
  if (all !== null) return { name, dim: all.dimension, values: rowsOf(all, tiles) };
  const own =
    baselines === 'all'
      ? await embeddingsOf(project, { ...request, tiles }, context)
      : await readyEmbeddings(project, { ...request, tiles });
  return own === null ? null : { name, dim: own.dimension, values: own.values };
}

/** Features of the named tiles out of those of every tile. */
export function rowsOf({ dimension, values }: TileEmbeddings, tiles: readonly number[]): Float32Array {
  const result = new Float32Array(tiles.length * dimension);
  tiles.forEach((tile, row) => {
    result.set(values.subarray(tile * dimension, (tile + 1) * dimension), row * dimension);
  });
  return result;
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
  return { name: featuresName(run), dim: all.dimension, values: rowsOf(all, tiles) };
}

/** Measured on the tiles' pixels; reads every tile asked for. */
export async function colourTable(
  set: TileSet,
  tiles: readonly number[],
  context: StageContext,
): Promise<FeatureTable> {
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
