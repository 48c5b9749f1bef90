/**
 * Asks the fold classifiers of the current map, one by one, about the tiles that they are least sure of together. Bounded, so
 * that the queue answers at once; tiles of which the map is sure count as agreed on.
 */
import { join } from 'node:path';
import { readStoredClassifier } from '../classifier/classifier-file.ts';
import { logitsOf, softmaxRows } from '../classifier/logistic-regression.ts';
import { standardisedRows } from '../classifier/standardise.ts';
import { committeeOf, type Committee } from '../labels/suggest/committee.ts';
import { bestTwo } from '../labels/suggest/mixed.ts';
import { latestClassifier } from '../store/classifier-rows.ts';
import type { OpenProject } from './open-projects.ts';

const mostRows = 2000;
const mostMembers = 10;

export interface CommitteeQuestion {
  readonly classifier: string;
  /** Run that the features are of; a classifier of another run has nothing to say about them. */
  readonly run: string;
  readonly features: { readonly dim: number; readonly values: Float32Array };
  /** [rows, classes]: the map's. */
  readonly probabilities: ArrayLike<number>;
  readonly classCount: number;
  readonly candidateCount: number;
}

/** Candidates are the first rows of the features. null with fewer than two classifiers, or none for these features. */
export async function committeeFor(project: OpenProject, question: CommitteeQuestion): Promise<Committee | null> {
  const { features, probabilities, classCount, candidateCount } = question;
  const stored = latestClassifier(project.database, question.classifier);
  if (stored.run !== question.run) return null;
  const { folds } = await readStoredClassifier(join(project.directory, stored.file));
  const step = Math.max(1, folds.length / mostMembers);
  const members = Array.from(
    { length: Math.min(mostMembers, folds.length) },
    (_, index) => folds[Math.floor(index * step)],
  ).filter((fold) => fold !== undefined && fold.standardisation.mean.length === features.dim);
  if (members.length < 2) return null;
  const rows = Array.from({ length: candidateCount }, (_, row) => row)
    .map((row) => ({ row, margin: bestTwo(probabilities, classCount, row).margin }))
    .sort((a, b) => a.margin - b.margin || a.row - b.row)
    .slice(0, mostRows)
    .map(({ row }) => row);
  const table = { name: '', dim: features.dim, values: features.values };
  const answers = members.flatMap((member) =>
    member === undefined
      ? []
      : [softmaxRows(logitsOf(member.model, standardisedRows(table, rows, member.standardisation)), classCount)],
  );
  return committeeOf(answers, classCount, rows, probabilities.length / classCount);
}
