/**
 * A finished pretraining run with embeddings planted in the project, so that classifier, maps and exports can be tested without
 * an engine: one number a tile tells its kind (by default its column), the others are seeded noise.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RunId } from '#common/domain/identifiers.ts';
import { RandomStream } from '#common/random.ts';
import { writeEmbeddings } from '#main/engine/embeddings-file.ts';
import { settingsFor } from '#main/engine/recipe.ts';
import { embeddingsPath } from '#main/services/embeddings.ts';
import type { StoredRun } from '#main/services/runs-service.ts';
import { createTileLookup } from '#main/services/tile-lookup.ts';
import { requireCurrentTileSet } from '#main/services/tile-sets.ts';
import { saveRun } from '#main/store/run-rows.ts';
import type { GeneratedProject } from './generated-project.ts';

const dimension = 8;

/** `isFirst` says of which of two kinds the tile at this place is. `isCertain`: every number tells it, so no tile is mistaken. */
export async function plantRun(
  { core, project: id }: Pick<GeneratedProject, 'core' | 'project'>,
  isFirst: (column: number, row: number) => boolean = (column) => column < 4,
  isCertain = false,
): Promise<StoredRun> {
  const project = core.openProjects.get(id);
  const set = requireCurrentTileSet(project);
  const run: StoredRun = {
    id: 'run-planted' as RunId,
    createdAt: '2026-01-01T00:00:00.000Z',
    tileSet: set.id,
    status: 'finished',
    request: {
      settings: settingsFor('quick', { method: 'simtriplet', network: undefined, epochs: undefined, batch: undefined }),
      seed: 1,
      excludedSlides: [],
    },
    summary: {
      engine: null,
      steps: 1,
      finalLoss: -1,
      zStd: 0.1,
      effectiveRank: 4,
      knnAccuracy: null,
      tripletsPerSecond: 1,
      verdict: null,
      checkpoint: 'runs/run-planted/checkpoints/none.safetensors',
    },
  };
  saveRun(project.database, run);
  const { columns, rows } = createTileLookup(set);
  for (const weights of ['trained', 'untrained'] as const) {
    const random = RandomStream.of('planted', weights);
    const block = Float32Array.from({ length: columns.length * dimension }, (_, at) => {
      const tile = Math.floor(at / dimension);
      const tells = weights === 'trained' && (isCertain || at % dimension === 0);
      if (!tells) return random.nextNormal();
      return (isFirst(columns[tile]!, rows[tile]!) ? -3 : 3) + (isCertain ? 0.1 : 1) * random.nextNormal();
    });
    const path = embeddingsPath(project, { run, set, weights, tiles: null });
    mkdirSync(dirname(path), { recursive: true });
    await writeEmbeddings(path, { count: columns.length, dimension, provenance: {} }, [block]);
  }
  return run;
}

/** Labels the left half A and the right half B on every slide, except tile 5, which is on the right and said to be A. */
export async function labelHalves({ core, project }: GeneratedProject): Promise<{ wrongTile: number }> {
  const { labels } = core;
  const [a, b] = [await labels.addClass({ project, name: 'A' }), await labels.addClass({ project, name: 'B' })];
  const columns = createTileLookup(requireCurrentTileSet(core.openProjects.get(project))).columns;
  const tiles = Array.from(columns.keys()).filter((tile) => tile % 2 === 1);
  const wrongTile = 5;
  await labels.set({
    project,
    tiles: tiles.filter((tile) => columns[tile]! < 4 || tile === wrongTile),
    class: a.class,
  });
  await labels.set({
    project,
    tiles: tiles.filter((tile) => columns[tile]! >= 4 && tile !== wrongTile),
    class: b.class,
  });
  return { wrongTile };
}
