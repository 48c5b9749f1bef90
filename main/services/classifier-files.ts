/**
 * What is kept beside a classifier: its evaluation tile by tile (out-of-fold predictions, folds, the labels it was judged on)
 * and the two checks. Read back through a schema, as every project file.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import {
  efficiencyCurve,
  leakComparison,
  type EfficiencyCurve,
  type LeakComparison,
} from '#common/contract/classifier.ts';
import { TrefoilError } from '#common/errors.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { readReservedSlides } from '../store/reserved-slides.ts';
import type { OpenProject } from './open-projects.ts';

const integers = z.array(z.number().int());
const storedEvaluation = z.object({
  tileSet: z.string(),
  labelsVersion: z.string(),
  /** In the order of the classifier's classes. */
  classIds: z.array(z.string()),
  request: z.object({
    fraction: z.number().optional(),
    group: z.enum(['image', 'specimen', 'patient']).optional(),
    folds: z.number().int().optional(),
    seed: z.number().int(),
    ensemble: z.enum(['l2-normalised-logits', 'softmax-mean']),
    testSlides: z.array(z.string()),
  }),
  /** Groups held out, per fold. */
  heldOut: z.array(z.array(z.string())),
  /** Judged tiles; the lists below are parallel. */
  tiles: integers,
  truth: integers,
  /** 1 where the label was allowed in training. */
  isTraining: integers,
  foldOf: integers,
  predicted: integers,
  /** [tiles, classes], by the classifiers that did not see the tile's group. */
  probabilities: z.array(z.number()),
});
export type StoredEvaluation = z.output<typeof storedEvaluation>;

export async function saveEvaluation(project: OpenProject, id: string, evaluation: StoredEvaluation): Promise<void> {
  await write(project, `${id}.evaluation.json`, evaluation);
}

/** Throws `file-not-found` for a classifier of an earlier Trefoil, and `file-invalid`. */
export async function readEvaluation(project: OpenProject, id: string): Promise<StoredEvaluation> {
  const evaluation = await read(project, `${id}.evaluation.json`, storedEvaluation);
  if (evaluation === null) {
    throw new TrefoilError(
      'file-not-found',
      'This classifier was trained before tiles were kept with its figures.',
      'Train it again to see the tiles behind each figure.',
    );
  }
  const count = evaluation.tiles.length;
  const parallel = [evaluation.truth, evaluation.isTraining, evaluation.foldOf, evaluation.predicted];
  if (
    parallel.some((list) => list.length !== count) ||
    evaluation.probabilities.length !== count * evaluation.classIds.length
  ) {
    throw damaged(`${id}.evaluation.json`);
  }
  return evaluation;
}

export async function saveEfficiency(project: OpenProject, id: string, curve: EfficiencyCurve): Promise<void> {
  await write(project, `${id}.efficiency.json`, curve);
}

/** null until the curve was measured. */
export async function readEfficiency(project: OpenProject, id: string): Promise<EfficiencyCurve | null> {
  return await read(project, `${id}.efficiency.json`, efficiencyCurve);
}

export async function saveLeak(project: OpenProject, id: string, comparison: LeakComparison): Promise<void> {
  await write(project, `${id}.leak.json`, comparison);
}

/** null until it was compared. */
export async function readLeak(project: OpenProject, id: string): Promise<LeakComparison | null> {
  return await read(project, `${id}.leak.json`, leakComparison);
}

/** Changes with every label, every class and every reserved slide, and comes back on undo. */
export function labelsVersion(database: DatabaseSync): string {
  const hash = createHash('sha256');
  for (const row of database.prepare('SELECT id, name FROM classes ORDER BY id').iterate()) {
    hash.update(`${String(row['id'])}\n${String(row['name'])}\n`);
  }
  const labels = database.prepare('SELECT slide_id, x, y, class_id FROM labels ORDER BY slide_id, x, y, reader');
  for (const row of labels.iterate()) {
    hash.update(`${String(row['slide_id'])} ${Number(row['x'])} ${Number(row['y'])} ${String(row['class_id'])}\n`);
  }
  const reserved = [...readReservedSlides(database)].sort();
  if (reserved.length > 0) hash.update(`reserved ${reserved.join(' ')}`);
  return hash.digest('hex').slice(0, 16);
}

async function write(project: OpenProject, name: string, value: unknown): Promise<void> {
  await writeFileAtomically(join(project.directory, 'classifiers', name), Buffer.from(`${JSON.stringify(value)}\n`));
}

/** Names come from ids in the database, which is hostile input too: one that leaves the folder is a missing file. */
async function read<T>(project: OpenProject, name: string, schema: z.ZodType<T>): Promise<T | null> {
  if (!/^[\w.-]+$/.test(name)) return null;
  let text: string;
  try {
    text = await readFile(join(project.directory, 'classifiers', name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(name, error);
  }
}

function damaged(name: string, cause?: unknown): TrefoilError {
  return new TrefoilError('file-invalid', `classifiers/${name} is damaged.`, 'Train the classifier again.', {}, cause);
}
