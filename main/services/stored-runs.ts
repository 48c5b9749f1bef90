/** What the project keeps of a pretraining run, and what follows from it alone: its folder, tiles and summary. */
import { join } from 'node:path';
import type { RunSummary } from '#common/contract/runs.ts';
import { methodLabels } from '#common/domain/pretrain.ts';
import { TrefoilError } from '#common/errors.ts';
import type { RunRow } from '../store/run-rows.ts';
import { findSlideByName, listSlides } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import type { TileSet } from './tile-sets.ts';

/** What is known of a run besides its request; kept in the database. */
export type StoredRunSummary = Pick<
  RunSummary,
  'engine' | 'steps' | 'finalLoss' | 'zStd' | 'effectiveRank' | 'knnAccuracy' | 'tripletsPerSecond' | 'verdict'
> & {
  /** Relative to the project folder; null before the first is finished. */
  readonly checkpoint: string | null;
};

export type StoredRun = RunRow<StoredRunSummary>;

/** What its features are called beside others: the method, or the name of an imported encoder. */
export function featuresName({ request }: StoredRun): string {
  return request.imported?.name ?? methodLabels[request.settings.method];
}

/** Folder of a run's metrics and checkpoints. */
export function runFolder(project: OpenProject, run: string): string {
  return join(project.directory, 'runs', run);
}

/** null for all tiles. */
export function trainingTiles(set: TileSet, excludedSlides: readonly string[]): number[] | null {
  if (excludedSlides.length === 0) return null;
  const excluded = new Set(excludedSlides);
  const tiles = set.manifest.shards
    .filter((shard) => !excluded.has(shard.slide))
    .flatMap((shard) => Array.from({ length: shard.records }, (_, index) => shard.firstIndex + index));
  if (tiles.length === 0) {
    throw new TrefoilError('no-tiles', 'Every slide with tiles is left out of pretraining.', 'Leave fewer slides out.');
  }
  return tiles;
}

export function resolveSlides(project: OpenProject, names: readonly string[]): string[] {
  const slides = listSlides(project.database);
  return names.map((name) => {
    const slide = findSlideByName(slides, name);
    if (slide === null) {
      throw new TrefoilError('not-found', `The project has no slide "${name}".`, 'List the slides to see their names.');
    }
    return slide.id;
  });
}

export function summarise(run: StoredRun): RunSummary {
  const { settings, seed, excludedSlides, imported } = run.request;
  const { checkpoint: _checkpoint, ...known } = run.summary;
  return {
    run: run.id,
    createdAt: run.createdAt,
    status: run.status,
    ...(imported === undefined
      ? {
          method: settings.method,
          neighbourWeight: settings.neighbourWeight ?? 1,
          network: settings.network,
          recipe: settings.recipe,
          epochs: settings.epochs,
        }
      : { method: 'imported', neighbourWeight: 0, network: imported.name, recipe: 'imported', epochs: 0 }),
    seed,
    excludedSlides: [...excludedSlides],
    ...known,
  };
}
