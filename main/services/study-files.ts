/**
 * Studies on disk: studies/<id>/ with study.json and the files a person takes away. The folder is hostile input: ids are plain
 * names, and what does not parse is damaged, not a reason to show nothing else.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { methodComparison } from '#common/contract/classifier.ts';
import { simulation } from '#common/contract/labels.ts';
import type { StudyKind } from '#common/contract/studies.ts';
import { TrefoilError } from '#common/errors.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { labelsVersion } from './classifier-files.ts';
import { newId, type OpenProject } from './open-projects.ts';
import { currentTileSetId } from './tile-sets.ts';

const common = { createdAt: z.string(), tileSet: z.string(), labelsVersion: z.string() };
const storedStudy = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('comparison'), ...common, result: methodComparison }),
  z.object({ kind: z.literal('simulation'), ...common, result: simulation }),
]);
export type StoredStudy = z.output<typeof storedStudy>;

const plainName = /^study-[\w-]+$/;
const recordName = 'study.json';

/** An id for a study that is about to be kept. */
export function newStudyId(): string {
  return newId('study');
}

/** `files` by name, beside the record. The record comes last: a folder without one is no study. */
export async function keepStudy(
  project: OpenProject,
  id: string,
  content: Pick<StoredStudy, 'kind' | 'result'>,
  files: Readonly<Record<string, string>>,
  now: Date,
): Promise<void> {
  const folder = join(project.directory, 'studies', id);
  await mkdir(folder, { recursive: true });
  const record = {
    ...content,
    createdAt: now.toISOString(),
    tileSet: currentTileSetId(project) ?? '',
    labelsVersion: labelsVersion(project.database),
  };
  for (const [name, text] of Object.entries(files)) await writeFileAtomically(join(folder, name), Buffer.from(text));
  await writeFileAtomically(join(folder, recordName), Buffer.from(`${JSON.stringify(record)}\n`));
}

export interface StudyEntry {
  readonly study: string;
  readonly createdAt: string;
  readonly kind: StudyKind;
  readonly isStale: boolean;
  readonly files: readonly string[];
}

/** Newest first; damaged ones are left out. */
export async function listStudies(project: OpenProject): Promise<StudyEntry[]> {
  const folder = join(project.directory, 'studies');
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => plainName.test(name));
  const found = await Promise.all(
    names.map(async (study): Promise<StudyEntry | null> => {
      const record = await readStudy(project, study).catch((error: unknown) => {
        if (error instanceof TrefoilError) return null;
        throw error;
      });
      if (record === null) return null;
      const files = (await readdir(join(folder, study))).filter((name) => name !== recordName).sort();
      const { kind, createdAt } = record;
      return { study, createdAt, kind, isStale: isStale(project, record), files };
    }),
  );
  return found.filter((entry) => entry !== null).sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** Throws `not-found` or `file-invalid`. */
export async function readStudy(project: OpenProject, id: string): Promise<StoredStudy> {
  const path = join(folderOf(project, id), recordName);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unknownStudy(error);
  });
  try {
    return storedStudy.parse(JSON.parse(text));
  } catch (error) {
    throw new TrefoilError('file-invalid', `The study ${id} is damaged.`, 'Delete it and make it again.', {}, error);
  }
}

export function isStale(project: OpenProject, study: Pick<StoredStudy, 'tileSet' | 'labelsVersion'>): boolean {
  return study.tileSet !== currentTileSetId(project) || study.labelsVersion !== labelsVersion(project.database);
}

export async function removeStudy(project: OpenProject, id: string): Promise<void> {
  const folder = folderOf(project, id);
  if (!existsSync(folder)) throw unknownStudy();
  await rm(folder, { recursive: true, force: true });
}

function folderOf(project: OpenProject, id: string): string {
  if (!plainName.test(id)) throw unknownStudy();
  return join(project.directory, 'studies', id);
}

function unknownStudy(cause?: unknown): TrefoilError {
  return new TrefoilError('not-found', 'This study is not in the project.', 'List the studies again.', {}, cause);
}
