/**
 * Takes a pretraining run out of a project with everything that stands on it: checkpoints and curves, embeddings, classifiers
 * and their maps. Files of this size are not kept for an undo, so what is lost is said first. Labels, tiles and other runs stay.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunRemoval } from '#common/contract/runs.ts';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { counted } from '#common/counted.ts';
import { TrefoilError } from '#common/errors.ts';
import { classifiedSlides, deleteRun, listClassifiers } from '../store/classifier-rows.ts';
import { findRun } from '../store/run-rows.ts';
import { embeddingsPath } from './embeddings.ts';
import type { OpenProject, OpenProjects } from './open-projects.ts';
import type { RunningRuns } from './running-runs.ts';
import { runFolder, type StoredRun, type StoredRunSummary } from './stored-runs.ts';
import { loadTileSet } from './tile-sets.ts';

/** Ids name files to be deleted, and a project file is hostile input: nothing but a plain name may be one. */
const plainName = /^[a-z]+-[\w-]+$/;

export async function describeRunRemoval(project: OpenProject, id: string): Promise<RunRemoval> {
  const run = requireRun(project, id);
  const classifiers = listClassifiers<EvaluationSummary>(project.database);
  const own = classifiers.filter((classifier) => classifier.run === run.id);
  const maps = new Set(own.flatMap((classifier) => [...classifiedSlides(project.database, classifier.id).keys()]));
  const sizes = await Promise.all(filesOf(project, run, own).map(byteLengthOf));
  return {
    run: run.id,
    classifiers: own.length,
    mappedSlides: maps.size,
    byteLength: sizes.reduce((sum, size) => sum + size, 0),
    isInUse: classifiers[0]?.run === run.id,
  };
}

/**
 * Throws 'project-busy' while it trains or another job works in the project, and 'not-allowed' for the run behind the current
 * classifier unless `confirmed`.
 */
export async function removeRun(
  projects: OpenProjects,
  running: RunningRuns,
  input: { readonly project: string; readonly run: string; readonly confirmed: boolean },
): Promise<RunRemoval> {
  const project = projects.get(input.project);
  const run = requireRun(project, input.run);
  const busy = running.find(project.id, run.id) === null ? projects.heldBy(project.id) : 'Pretraining';
  if (busy !== null) {
    throw new TrefoilError(
      'project-busy',
      `The run ${run.id} cannot be deleted while a job is running (${busy}).`,
      'Wait until the job is finished or stop it, then delete the run.',
    );
  }
  const lost = await describeRunRemoval(project, run.id);
  if (lost.isInUse && !input.confirmed) {
    throw new TrefoilError(
      'not-allowed',
      `The current classifier stands on the run ${run.id}. Deleted with it: ${counted(lost.classifiers, 'classifier')}, the maps of ${counted(lost.mappedSlides, 'slide')}.`,
      'Train a classifier on another run first, or confirm that these may be lost.',
      { run: run.id, classifiers: lost.classifiers },
    );
  }
  const classifiers = listClassifiers<EvaluationSummary>(project.database).filter((each) => each.run === run.id);
  const files = filesOf(project, run, classifiers);
  deleteRun(project.database, run.id);
  projects.notify(project.id, ['runs', 'classifiers', 'maps']);
  await Promise.all(files.map((file) => deleteFile(project, run.id, file)));
  return lost;
}

function requireRun(project: OpenProject, id: string): StoredRun {
  return findRun<StoredRunSummary>(project.database, id, () => true, '');
}

function filesOf(project: OpenProject, run: StoredRun, classifiers: readonly { readonly id: string }[]): string[] {
  const plain = [run.id as string, ...classifiers.map(({ id }) => id)].filter((name) => plainName.test(name));
  const kept = ['.json', '.evaluation.json', '.efficiency.json', '.leak.json'];
  return [
    ...(plain.includes(run.id) ? [runFolder(project, run.id)] : []),
    ...plain
      .filter((name) => name !== run.id)
      .flatMap((name) => kept.map((ending) => join(project.directory, 'classifiers', `${name}${ending}`))),
    ...tileSetIds(project).flatMap((set) => embeddingsIn(project, run, set)),
  ];
}

function tileSetIds(project: OpenProject): string[] {
  return project.database
    .prepare('SELECT id FROM tile_sets')
    .all()
    .map((row) => String(row['id']));
}

/** The trained network's vectors; those of the untrained one may be another run's baseline. */
function embeddingsIn(project: OpenProject, run: StoredRun, id: string): string[] {
  try {
    const path = embeddingsPath(project, { run, set: loadTileSet(project, id), weights: 'trained', tiles: null });
    // The second holds what a stopped attempt of an imported encoder finished.
    return [path, `${path}.rows`];
  } catch (error) {
    // Tiles that cannot be read any more have no vectors that could be found.
    if (error instanceof TrefoilError) return [];
    throw error;
  }
}

async function byteLengthOf(path: string): Promise<number> {
  const status = await stat(path).catch(() => null);
  if (status === null) return 0;
  if (!status.isDirectory()) return status.size;
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name)).catch(() => null)) ?? null));
  return sizes.reduce((sum, each) => sum + (each?.isFile() === true ? each.size : 0), 0);
}

async function deleteFile(project: OpenProject, run: string, path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    throw new TrefoilError(
      'file-unreadable',
      `The run ${run} is out of the project ${project.name}, but ${path} could not be deleted.`,
      'Check that no other program uses it, and delete it by hand.',
      {},
      error,
    );
  }
}
