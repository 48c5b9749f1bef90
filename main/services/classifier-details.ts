/** What stands behind a classifier's figures: folds and their slides, the tiles of any cell, and the labels it doubts. */
import type { z } from 'zod';
import type { classifierCalls, EvaluationSummary } from '#common/contract/classifier.ts';
import { TrefoilError } from '#common/errors.ts';
import { confusionMatrix } from '../classifier/metrics.ts';
import { classifiedSlides, latestClassifier, listClassifiers } from '../store/classifier-rows.ts';
import { listRuns } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { labelsVersion, readEfficiency, readLeak, readEvaluation, type StoredEvaluation } from './classifier-files.ts';
import { keptTiles } from './label-changes.ts';
import { labelledTiles } from './labelled-tiles.ts';
import type { OpenProject } from './open-projects.ts';
import { currentTileSetId } from './tile-sets.ts';
import { tileReference, type TileLookup, type TileLookups } from './tile-lookup.ts';

type Calls = typeof classifierCalls;
type Output<Name extends keyof Calls> = z.output<Calls[Name]['output']>;
type Input<Name extends keyof Calls> = z.output<Calls[Name]['input']>;
type JudgedTiles = Output<'tiles'>;

export async function classifierState(project: OpenProject, lookups: TileLookups): Promise<Output<'state'>> {
  const version = labelsVersion(project.database);
  const newest = listClassifiers<EvaluationSummary>(project.database)[0];
  const evaluation = newest === undefined ? null : await evaluationOrNull(project, newest.id);
  const current = currentTileSetId(project);
  const reason = whyNotTrain(project, lookups);
  return {
    classifier: newest?.id ?? null,
    labelsVersion: version,
    trainedVersion: evaluation?.labelsVersion ?? null,
    isStale: evaluation?.labelsVersion !== version || evaluation.tileSet !== current,
    isApplied: newest !== undefined && isApplied(project, newest.id, current),
    canTrain: reason === '',
    reason,
  };
}

/** The first thing that is missing, in words; '' when the classifier can be trained. */
function whyNotTrain(project: OpenProject, lookups: TileLookups): string {
  if (currentTileSetId(project) === null) {
    return listSlides(project.database).length === 0 ? 'Add slides first.' : 'Make tiles first.';
  }
  if (!listRuns(project.database).some((run) => run.status === 'finished')) {
    return 'Finish a pretraining run first: the classifier stands on its encoder.';
  }
  const { set, find } = lookups.current(project);
  const { classOf, slideOf } = labelledTiles(project.database, set, find);
  if (new Set(classOf).size < 2) return 'Label tiles of at least two classes.';
  if (new Set(slideOf).size < 2) return 'Label tiles on at least two slides: one slide is held out at a time.';
  return '';
}

export function listForPage(project: OpenProject): Output<'list'> {
  const current = currentTileSetId(project);
  return listClassifiers<EvaluationSummary>(project.database).map(({ id, createdAt, run, summary }) => ({
    classifier: id,
    createdAt,
    run,
    trainingLabels: summary.trainingLabels,
    balancedAccuracy: summary.rows[0]?.balancedAccuracy ?? { value: 0, low: null, high: null, intervalNote: null },
    isApplied: isApplied(project, id, current),
  }));
}

/** Whether its map covers every slide of the current tile set. */
function isApplied(project: OpenProject, classifier: string, tileSet: string | null): boolean {
  const sets = [...classifiedSlides(project.database, classifier).values()];
  return sets.length > 0 && sets.every((set) => set === tileSet);
}

export async function classifierDetails(
  project: OpenProject,
  lookups: TileLookups,
  wanted: string | undefined,
): Promise<Output<'details'>> {
  const { id, summary } = latestClassifier<EvaluationSummary>(project.database, wanted);
  const evaluation = await readEvaluation(project, id);
  const lookup = lookups.of(project, evaluation.tileSet);
  const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
  return {
    summary,
    tileSet: evaluation.tileSet,
    classIds: evaluation.classIds,
    folds: evaluation.heldOut.map((heldOut, fold) => {
      const rows = [...evaluation.foldOf.keys()].filter((row) => evaluation.foldOf[row] === fold);
      const bySlide = new Map<string, number>();
      for (const row of rows) {
        const { slide } = lookup.place(evaluation.tiles[row] ?? -1).slide;
        bySlide.set(slide, (bySlide.get(slide) ?? 0) + 1);
      }
      return {
        fold,
        heldOut,
        slides: [...bySlide].map(([slide, tiles]) => ({ slide, name: names.get(slide) ?? slide, tiles })),
        tiles: rows.length,
        correct: rows.filter((row) => evaluation.truth[row] === evaluation.predicted[row]).length,
        confusion: confusionMatrix(
          rows.map((row) => evaluation.truth[row] ?? 0),
          rows.map((row) => evaluation.predicted[row] ?? 0),
          evaluation.classIds.length,
        ),
      };
    }),
    efficiency: await readEfficiency(project, id),
    leak: await readLeak(project, id),
    isStale: evaluation.labelsVersion !== labelsVersion(project.database),
  };
}

export async function judgedTiles(
  project: OpenProject,
  lookups: TileLookups,
  input: Input<'tiles'>,
): Promise<JudgedTiles> {
  const { id, evaluation, lookup } = await open(project, lookups, input.classifier);
  const { tiles, truth, predicted, foldOf } = evaluation;
  const rows = [...tiles.keys()].filter(
    (row) =>
      (input.truth === undefined || truth[row] === input.truth) &&
      (input.predicted === undefined || predicted[row] === input.predicted) &&
      (input.fold === undefined || foldOf[row] === input.fold) &&
      (!input.onlyWrong || truth[row] !== predicted[row]) &&
      (input.slide === undefined || lookup.place(tiles[row] ?? -1).slide.slide === input.slide),
  );
  const wrong = rows.filter((row) => truth[row] !== predicted[row]).length;
  const sentence = `${rows.length} judged ${rows.length === 1 ? 'tile' : 'tiles'}, ${wrong} of them wrong.`;
  return pageOf(id, evaluation, lookup, rows, input, sentence);
}

/** The person's label now counts: a tile that was relabelled or kept since is not listed again. */
export async function suspectLabels(
  project: OpenProject,
  lookups: TileLookups,
  input: Input<'suspects'>,
): Promise<JudgedTiles> {
  const { id, evaluation, lookup } = await open(project, lookups, input.classifier);
  const { tiles, truth, predicted, classIds } = evaluation;
  const now = labelledTiles(project.database, lookup.set, lookup.find);
  const classNow = new Map(now.tiles.map((tile, row) => [tile, now.classes[now.classOf[row] ?? -1]?.id]));
  const limits = classIds.map((_, label) => input.minimumProbability ?? selfConfidence(evaluation, label));
  const contradicted = [...tiles.keys()].filter(
    (row) =>
      truth[row] !== predicted[row] &&
      probabilityOf(evaluation, row, predicted[row] ?? 0) >= (limits[predicted[row] ?? 0] ?? 1) &&
      classNow.get(tiles[row] ?? -1) === classIds[truth[row] ?? -1],
  );
  const kept = keptTiles(project.database, lookup.find);
  const rows = contradicted.filter((row) => !kept.has(tiles[row] ?? -1));
  const keptCount = contradicted.length - rows.length;
  const keptSentence =
    keptCount === 0 ? '' : ` ${keptCount} more ${keptCount === 1 ? 'was' : 'were'} looked at again and kept.`;
  const found =
    rows.length === 0
      ? `No ${keptCount === 0 ? '' : 'other '}label is contradicted with confidence.`
      : `${rows.length} ${rows.length === 1 ? 'label is' : 'labels are'} contradicted with confidence: look at ${rows.length === 1 ? 'it' : 'them'} again. A contradicted label may be right and the tile merely hard.`;
  return pageOf(id, evaluation, lookup, rows, input, `${found}${keptSentence}`);
}

/** Mean probability of a class over the tiles the person gave that class; 1 for a class without any. */
function selfConfidence(evaluation: StoredEvaluation, label: number): number {
  const own = [...evaluation.truth.keys()].filter((row) => evaluation.truth[row] === label);
  return own.length === 0 ? 1 : own.reduce((sum, row) => sum + probabilityOf(evaluation, row, label), 0) / own.length;
}

async function open(project: OpenProject, lookups: TileLookups, wanted: string | undefined) {
  const { id } = latestClassifier<EvaluationSummary>(project.database, wanted);
  const evaluation = await readEvaluation(project, id);
  return { id, evaluation, lookup: lookups.of(project, evaluation.tileSet) };
}

/** Wrong before right, the surest first. */
function pageOf(
  classifier: string,
  evaluation: StoredEvaluation,
  lookup: TileLookup,
  rows: readonly number[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
  sentence: string,
): JudgedTiles {
  const { tiles, truth, predicted, foldOf, tileSet } = evaluation;
  const isWrong = (row: number): number => (truth[row] === predicted[row] ? 0 : 1);
  const sureness = (row: number): number => probabilityOf(evaluation, row, predicted[row] ?? 0);
  const sorted = [...rows].sort((a, b) => isWrong(b) - isWrong(a) || sureness(b) - sureness(a) || a - b);
  return {
    classifier,
    tileSet,
    total: rows.length,
    tiles: sorted.slice(offset, offset + limit).map((row) => ({
      ...tileReference(lookup, tiles[row] ?? -1),
      truth: truth[row] ?? 0,
      predicted: predicted[row] ?? 0,
      probability: sureness(row),
      truthProbability: probabilityOf(evaluation, row, truth[row] ?? 0),
      fold: foldOf[row] ?? 0,
    })),
    sentence,
  };
}

function probabilityOf({ probabilities, classIds }: StoredEvaluation, row: number, label: number): number {
  return probabilities[row * classIds.length + label] ?? 0;
}

async function evaluationOrNull(project: OpenProject, id: string): Promise<StoredEvaluation | null> {
  try {
    return await readEvaluation(project, id);
  } catch (error) {
    if (error instanceof TrefoilError && error.code === 'file-not-found') return null;
    throw error;
  }
}
