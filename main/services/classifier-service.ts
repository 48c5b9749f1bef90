/**
 * The few-label classifier of a project: trained on frozen embeddings in seconds, judged on held-out groups beside its
 * baselines, kept as a file, applied to every kept tile.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { classifierCalls, type EvaluationSummary } from '#common/contract/classifier.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import type { ClassifierId } from '#common/domain/identifiers.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { ClassifierThread } from '../classifier/classifier-thread.ts';
import { defaultEvaluationSettings } from '../classifier/evaluate.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { cellAreaMm2, classAreas } from '../maps/areas.ts';
import {
  latestClassifier,
  listClassifiers,
  saveClassifier,
  savePredictions,
  type SlidePrediction,
} from '../store/classifier-rows.ts';
import { readReservedSlides } from '../store/reserved-slides.ts';
import { findRun } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import { readStoredClassifier, storedClassifierJson } from '../classifier/classifier-file.ts';
import { trefoilVersion } from './app-service.ts';
import { classifierDetails, classifierState, judgedTiles, listForPage, suspectLabels } from './classifier-details.ts';
import { compareRuns } from './method-comparison.ts';
import { compareWithLeak, measureEfficiency } from './classifier-checks.ts';
import { labelsVersion, readEvaluation, saveEvaluation } from './classifier-files.ts';
import { embeddingsOf } from './embeddings.ts';
import { summariseEvaluation } from './evaluation-summary.ts';
import { featureTables } from './feature-sets.ts';
import { groupsOf } from './labelled-tiles.ts';
import { newId, type OpenProjects } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import type { TileLookups } from './tile-lookup.ts';
import { tilesBySlide, type TileSet } from './tile-sets.ts';
import { trainingReference, trainingSlides } from './training-reference.ts';
import { describeLikeness, describeReference, measureTrust } from './trust-figures.ts';
import { chooseTrainingLabels, labelNotes, requireLabels, resolveTestSlides } from './training-labels.ts';

type FinetuneInput = z.output<typeof classifierCalls.finetune.input>;
type Classified = z.output<typeof classifierCalls.classify.output>;

export function createClassifierService(
  projects: OpenProjects,
  lookups: TileLookups,
  now: () => Date,
): ClientOf<typeof classifierCalls> {
  const finetune = async (input: FinetuneInput, context: StageContext): Promise<EvaluationSummary> => {
    const project = projects.get(input.project);
    const { set, find } = lookups.current(project);
    const version = labelsVersion(project.database);
    const labelled = requireLabels(project, set, find);
    const finished = (run: StoredRun): boolean => run.status === 'finished';
    const run = findRun(project.database, input.run ?? 'last', finished, 'finished');
    const slides = listSlides(project.database);
    const extra = resolveTestSlides(slides, input.testSlides);
    const testSlides = new Set([...readReservedSlides(project.database), ...extra]);
    const isTest = labelled.slideOf.map((slide) => (testSlides.has(slide) ? 1 : 0));
    const groups = groupsOf(labelled, slides);
    const trainMask = chooseTrainingLabels(labelled, groups, isTest, set, input.fraction, input.seed);
    const features = await featureTables(project, run, set, labelled.tiles, context, input.baselines);
    await using thread = new ClassifierThread();
    const evaluation = await thread.run(
      'evaluate',
      {
        features,
        classCount: labelled.classes.length,
        labels: labelled.classOf,
        trainMask,
        testMask: isTest,
        groups,
        settings: {
          ...defaultEvaluationSettings,
          seed: input.seed,
          ensemble: input.ensemble,
          level: input.group,
          foldCount: input.folds,
        },
      },
      context,
    );
    const first = evaluation.rows[0];
    if (first === undefined) throw new Error('an evaluation without features');
    const classCount = labelled.classes.length;
    const trust = await measureTrust(
      thread,
      evaluation,
      { classOf: labelled.classOf, groups, classCount, seed: input.seed },
      context,
    );
    const training = new Set(labelled.slideOf.filter((_, row) => trainMask[row] === 1 && isTest[row] === 0));
    const reference = await trainingReference(
      project,
      thread,
      { run, set, training, seed: input.seed },
      evaluation,
      context,
    );

    const id = newId('classifier') as ClassifierId;
    const createdAt = now().toISOString();
    const used = labelled.classOf.filter((_, row) => trainMask[row] === 1 && isTest[row] === 0);
    const summary: EvaluationSummary = {
      ...summariseEvaluation(evaluation, {
        classifier: id,
        run: run.id,
        createdAt,
        seed: input.seed,
        fraction: input.fraction ?? null,
        classes: labelled.classes,
        trainingLabels: labelled.classes.map((_, index) => used.filter((label) => label === index).length),
        testSlides: slides.filter((slide) => testSlides.has(slide.id)).map((slide) => slide.name),
        heldOutSlidesWerePretrained:
          run.request.imported === undefined &&
          labelled.slideOf.some((slide) => !run.request.excludedSlides.includes(slide)),
        notes: [...labelNotes(labelled), ...baselineNotes(features), ...importedNotes(run)],
      }),
      calibration: trust.calibration,
      abstention: trust.abstention,
      ...(reference === null ? {} : { reference: describeReference(reference, evaluation.plan.level) }),
    };
    const file = `classifiers/${id}.json`;
    await mkdir(join(project.directory, 'classifiers'), { recursive: true });
    const json = storedClassifierJson({
      classes: labelled.classes.map(({ name, colour }) => ({ name, colour })),
      features: first.name,
      run: run.id,
      ensemble: input.ensemble,
      folds: first.classifiers,
      temperature: trust.temperature,
      reference,
      trefoilVersion: trefoilVersion(),
    });
    await writeFileAtomically(join(project.directory, file), Buffer.from(json));
    const tileOf = (row: number): number => labelled.tiles[row] ?? 0;
    await saveEvaluation(project, id, {
      tileSet: set.id,
      labelsVersion: version,
      classIds: labelled.classes.map((item) => item.id),
      request: {
        ...(input.fraction === undefined ? {} : { fraction: input.fraction }),
        ...(input.group === undefined ? {} : { group: input.group }),
        ...(input.folds === undefined ? {} : { folds: input.folds }),
        seed: input.seed,
        ensemble: input.ensemble,
        testSlides: [...extra],
      },
      heldOut: evaluation.plan.folds.map((fold) => [...fold.heldOut]),
      tiles: Array.from(evaluation.evaluatedTiles, tileOf),
      truth: Array.from(evaluation.evaluatedTiles, (row) => labelled.classOf[row] ?? 0),
      isTraining: Array.from(evaluation.evaluatedTiles, (row) => trainMask[row] ?? 0),
      foldOf: [...evaluation.foldOf],
      predicted: [...first.prediction],
      probabilities: Array.from(first.probabilities, (value) => Number(value.toFixed(4))),
    });
    saveClassifier(project.database, { id, createdAt, run: run.id, file, summary });
    return summary;
  };

  const classify = async (
    input: { readonly project: string; readonly classifier?: string | undefined },
    context: StageContext,
  ): Promise<Classified> => {
    const project = projects.get(input.project);
    const { set } = lookups.current(project);
    const stored = latestClassifier<EvaluationSummary>(project.database, input.classifier);
    const classifier = await readStoredClassifier(join(project.directory, stored.file));
    const run = findRun(project.database, stored.run, (item: StoredRun) => item.status === 'finished', 'finished');
    const embeddings = await embeddingsOf(project, { run, set, weights: 'trained', tiles: null }, context);
    const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
    const training = new Set(await trainingSlides(project, lookups, stored.id));
    await using thread = new ClassifierThread();
    const results: SlidePrediction[] = [];
    const slides = tilesBySlide(set);
    for (const { slide, firstIndex, tiles } of slides) {
      const { dimension } = embeddings;
      // A copy of this slide's rows only: the thread must not be sent the whole table once a slide.
      const values = embeddings.values.slice(firstIndex * dimension, (firstIndex + tiles.length) * dimension);
      const result = await thread.run(
        'predict',
        {
          folds: classifier.folds,
          table: { name: classifier.features, dim: dimension, values },
          classCount: classifier.classes.length,
          ensemble: classifier.ensemble,
          temperature: classifier.temperature,
          reference: classifier.reference,
        },
        { signal: context.signal },
      );
      const likeness =
        classifier.reference === null || result.likeness === null
          ? null
          : describeLikeness(result.likeness, classifier.reference.groupLevel, training.has(slide.slide));
      results.push({ slide: slide.slide, ...result, likeness });
      context.onProgress?.({ stage: 'Classifying tiles', done: results.length, total: slides.length });
    }
    savePredictions(project.database, stored.id, set.id, results);
    return {
      classifier: stored.id,
      tiles: set.manifest.count,
      slides: results.map(({ slide, prediction, likeness }) => ({
        slide,
        name: names.get(slide) ?? slide,
        likeness,
        classes: areasOf(set, classifier.classes, prediction),
      })),
    };
  };

  return implementService('classifier', classifierCalls, {
    finetune,
    classify,
    refresh: async ({ project: id }, context) => {
      const project = projects.get(id);
      const newest = listClassifiers<EvaluationSummary>(project.database)[0];
      const before = newest === undefined ? null : await readEvaluation(project, newest.id).catch(onlyMissing);
      const request = { ...defaultRequest, ...before?.request };
      const present = new Set<string>(listSlides(project.database).map((slide) => slide.id));
      // A test slide that was removed since must not stop every refresh.
      const testSlides = request.testSlides.filter((slide) => present.has(slide));
      const evaluation = await finetune({ ...request, testSlides, project: id, baselines: 'ready' }, context);
      return { evaluation, classified: await classify({ project: id, classifier: evaluation.classifier }, context) };
    },
    compare: async (input, context) => compareRuns(projects.get(input.project), lookups, input, context, now),
    state: async ({ project }) => classifierState(projects.get(project), lookups),
    list: async ({ project }) => listForPage(projects.get(project)),
    details: async ({ project, classifier }) => classifierDetails(projects.get(project), lookups, classifier),
    tiles: async (input) => judgedTiles(projects.get(input.project), lookups, input),
    suspects: async (input) => suspectLabels(projects.get(input.project), lookups, input),
    leak: async ({ project, classifier }, context) =>
      compareWithLeak(projects.get(project), lookups, classifier, context),
    efficiency: async ({ project, classifier, draws }, context) =>
      measureEfficiency(projects.get(project), lookups, classifier, draws, context),
  });
}

const defaultRequest = { seed: 1, ensemble: 'l2-normalised-logits', testSlides: [] } satisfies Partial<FinetuneInput>;

/** A classifier of an earlier Trefoil has no stored settings: the defaults count. Other failures are failures. */
function onlyMissing(error: unknown): null {
  if (error instanceof TrefoilError && (error.code === 'file-not-found' || error.code === 'file-invalid')) return null;
  throw error;
}

function importedNotes({ request: { imported } }: StoredRun): string[] {
  return imported === undefined
    ? []
    : [
        `The encoder "${imported.name}" was trained elsewhere: whether it has seen these slides is not known here. Random weights are those of Trefoil's quick network.`,
      ];
}

function baselineNotes(features: readonly { readonly name: string }[]): string[] {
  return features.some((table) => table.name === 'Random weights')
    ? []
    : ['The baseline with random weights was left out of this quick refresh; train fully to see it.'];
}

/** Tiles, area and share of each class on one slide. */
export function areasOf(
  set: TileSet,
  classes: readonly { readonly name: string }[],
  predicted: ArrayLike<number>,
): { name: string; tiles: number; areaMm2: number; percent: number }[] {
  const { sizePx, stridePx, mpp } = set.settings;
  return classAreas({
    classCount: classes.length,
    predicted: Array.from(predicted),
    cellAreaMm2: cellAreaMm2(sizePx, stridePx, mpp),
  }).map((area, index) => ({ name: classes[index]?.name ?? '', ...area }));
}
