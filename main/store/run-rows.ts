/** Rows of the runs table as typed values. */
import type { DatabaseSync } from 'node:sqlite';
import type { ImportedEncoder } from '#common/domain/encoder-card.ts';
import type { PretrainSettings } from '#common/domain/pretrain.ts';
import type { RunId } from '#common/domain/identifiers.ts';
import { TrefoilError } from '#common/errors.ts';

export type RunStatus = 'running' | 'stopped' | 'finished' | 'failed';

/** What a run was asked to do; fixed for its life, so that a resume cannot drift. */
export interface RunRequest {
  readonly settings: PretrainSettings;
  readonly seed: number;
  readonly excludedSlides: readonly string[];
  /** Nothing was trained: the encoder came from elsewhere. `settings` and `seed` are then those of its untrained baseline. */
  readonly imported?: ImportedEncoder;
}

export interface RunRow<Summary> {
  readonly id: RunId;
  readonly createdAt: string;
  readonly tileSet: string;
  readonly status: RunStatus;
  readonly request: RunRequest;
  readonly summary: Summary;
}

export function listRuns<Summary>(database: DatabaseSync): RunRow<Summary>[] {
  return database
    .prepare('SELECT * FROM runs ORDER BY created_at, rowid')
    .all()
    .map((row) => ({
      id: String(row['id']) as RunId,
      createdAt: String(row['created_at']),
      tileSet: String(row['tile_set_id']),
      status: String(row['status']) as RunStatus,
      request: JSON.parse(String(row['settings'])) as RunRequest,
      summary: JSON.parse(String(row['summary'])) as Summary,
    }));
}

/** By id, or 'last' for the newest that `accepts`. */
export function findRun<Summary>(
  database: DatabaseSync,
  id: string,
  accepts: (run: RunRow<Summary>) => boolean,
  wanted: string,
): RunRow<Summary> {
  const runs = listRuns<Summary>(database);
  const run = id === 'last' ? runs.findLast(accepts) : runs.find((item) => item.id === id);
  if (run === undefined) {
    throw new TrefoilError(
      'no-run',
      id === 'last' ? `The project has no ${wanted} pretraining run.` : `The project has no run "${id}".`,
      'Start one with "trefoil pretrain PROJECT", or list them with "trefoil runs PROJECT".',
    );
  }
  if (!accepts(run)) {
    throw new TrefoilError('invalid-input', `Run ${run.id} is ${run.status}, not ${wanted}.`, 'Choose another run.');
  }
  return run;
}

export function saveRun<Summary>(database: DatabaseSync, run: RunRow<Summary>): void {
  database
    .prepare(
      `INSERT INTO runs (id, created_at, tile_set_id, status, settings, summary) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, summary = excluded.summary`,
    )
    .run(run.id, run.createdAt, run.tileSet, run.status, JSON.stringify(run.request), JSON.stringify(run.summary));
}
