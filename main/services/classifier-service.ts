/**
 * The few-label classifier of a project: trained on frozen embeddings in seconds, judged on held-out groups beside its
 * baselines, kept as a file, applied to every kept tile.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { classifierCalls, type EvaluationSummary } from '#common/contract/classifier.ts';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import type { ClassifierId } from '#common/domain/identifiers.ts';
import { TrefoilError } from '#common/errors.ts';
import { drawLabels } from '../classifier/draw-labels.ts';
import { defaultEvaluationSettings, evaluateClassifier, predictWithEnsemble } from '../classifier/evaluate.ts';
import type { TileGroups } from '../classifier/folds.ts';
import { writeFileAtomically } from '../files/atomic-file.ts';
import { cellAreaMm2, classAreas } from '../maps/areas.ts';
import { latestClassifier, saveClassifier, savePredictions } from '../store/classifier-rows.ts';
import { findRun } from '../store/run-rows.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { readStoredClassifier, storedClassifierJson } from '../classifier/classifier-file.ts';
import { trefoilVersion } from './app-service.ts';
import { embeddingsOf } from './embeddings.ts';
import { summariseEvaluation } from './evaluation-summary.ts';
import { featureTables } from './feature-sets.ts';
import { labelledTiles, type LabelledTiles } from './labelled-tiles.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import { requireCurrentTileSet, tilesBySlide, type TileSet } from './tile-sets.ts';

export function createClassifierService(projects: OpenProjects, now: () => Date): ClientOf<typeof classifierCalls> {
  return implementService('classifier', classifierCalls, {
    finetune: async (input, context) => {
      const project = projects.get(input.project);
      const set = requireCurrentTileSet(project);
      const labelled = requireLabels(project, set);
      const finished = (run: StoredRun): boolean => run.status === 'finished';
      const run = findRun(project.database, input.run ?? 'last', finished, 'finished');
      const slides = listSlides(project.database);
      const testSlides = resolveTestSlides(slides, input.testSlides);
      const isTest = labelled.slideOf.map((slide) => (testSlides.has(slide) ? 1 : 0));
      const groups = groupsOf(labelled, slides);
      const trainMask = chooseTrainingLabels(labelled, groups, isTest, set, input.fraction, input.seed);
      const features = await featureTables(project, run, set, labelled.tiles, context);
      const evaluation = evaluateClassifier(
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

      const id = newId('classifier') as ClassifierId;
      const createdAt = now().toISOString();
      const used = labelled.classOf.filter((_, row) => trainMask[row] === 1 && isTest[row] === 0);
      const summary = summariseEvaluation(evaluation, {
        classifier: id,
        run: run.id,
        createdAt,
        seed: input.seed,
        fraction: input.fraction ?? null,
        classes: labelled.classes,
        trainingLabels: labelled.classes.map((_, index) => used.filter((label) => label === index).length),
        testSlides: slides.filter((slide) => testSlides.has(slide.id)).map((slide) => slide.name),
        heldOutSlidesWerePretrained: labelled.slideOf.some((slide) => !run.request.excludedSlides.includes(slide)),
        notes: labelNotes(labelled),
      });
      const file = `classifiers/${id}.json`;
      await mkdir(join(project.directory, 'classifiers'), { recursive: true });
      const json = storedClassifierJson({
        classes: labelled.classes.map(({ name, colour }) => ({ name, colour })),
        features: first.name,
        run: run.id,
        ensemble: input.ensemble,
        folds: first.classifiers,
        trefoilVersion: trefoilVersion(),
      });
      await writeFileAtomically(join(project.directory, file), Buffer.from(json));
      saveClassifier(project.database, { id, createdAt, run: run.id, file, summary });
      return summary;
    },

    classify: async (input, context) => {
      const project = projects.get(input.project);
      const set = requireCurrentTileSet(project);
      const stored = latestClassifier<EvaluationSummary>(project.database, input.classifier);
      const classifier = await readStoredClassifier(join(project.directory, stored.file));
      const run = findRun(project.database, stored.run, (item: StoredRun) => item.status === 'finished', 'finished');
      const embeddings = await embeddingsOf(project, { run, set, weights: 'trained', tiles: null }, context);
      const table = { name: classifier.features, dim: embeddings.dimension, values: embeddings.values };
      const names = new Map(listSlides(project.database).map((slide) => [slide.id as string, slide.name]));
      const results = tilesBySlide(set).map(({ slide, firstIndex, tiles }, index, all) => {
        const indices = tiles.map((_, position) => firstIndex + position);
        const classCount = classifier.classes.length;
        const result = predictWithEnsemble(classifier.folds, table, indices, classCount, classifier.ensemble);
        context.onProgress?.({ stage: 'Classifying tiles', done: index + 1, total: all.length });
        return { slide: slide.slide, ...result };
      });
      savePredictions(project.database, stored.id, set.id, results);
      return {
        classifier: stored.id,
        tiles: set.manifest.count,
        slides: results.map(({ slide, prediction }) => ({
          slide,
          name: names.get(slide) ?? slide,
          classes: areasOf(set, classifier.classes, prediction),
        })),
      };
    },
  });
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

function requireLabels(project: OpenProject, set: TileSet): LabelledTiles {
  const labelled = labelledTiles(project.database, set);
  if (labelled.tiles.length > 0) return labelled;
  throw new TrefoilError(
    'no-labels',
    labelled.withoutTile === 0
      ? 'The project has no labels yet.'
      : `None of the project's ${labelled.withoutTile} labels lies on a kept tile.`,
    'Label some tiles of each class, or import labels: trefoil labels import PROJECT CSV.',
  );
}

function groupsOf(labelled: LabelledTiles, slides: readonly SlideRow[]): TileGroups {
  const byId = new Map(slides.map((slide) => [slide.id as string, slide]));
  const name = (pick: (slide: SlideRow) => string): string[] =>
    labelled.slideOf.map((id) => {
      const slide = byId.get(id);
      return slide === undefined ? id : pick(slide);
    });
  return {
    image: [...labelled.slideOf],
    // Two patients may both have a specimen "A1".
    specimen: name((slide) => `${slide.patient} / ${slide.specimen}`),
    patient: name((slide) => slide.patient),
  };
}

/** `fraction` is a share of the kept tiles on labelled slides; without it every label is used. */
function chooseTrainingLabels(
  labelled: LabelledTiles,
  groups: TileGroups,
  isTest: readonly number[],
  set: TileSet,
  fraction: number | undefined,
  seed: number,
): Uint8Array {
  if (fraction === undefined) return new Uint8Array(labelled.tiles.length).fill(1);
  const slidesWithLabels = new Set(labelled.slideOf);
  const tiles = set.slides
    .filter((slide) => slidesWithLabels.has(slide.slide))
    .reduce((sum, slide) => sum + slide.kept, 0);
  const count = Math.max(1, Math.round(fraction * tiles));
  return drawLabels({ labels: labelled.classOf, groups: groups.specimen, count, seed, excluded: isTest });
}

function resolveTestSlides(slides: readonly SlideRow[], names: readonly string[]): ReadonlySet<string> {
  const chosen = names.flatMap((name) => {
    const patient = /^patient:(.+)$/.exec(name)?.[1];
    const found =
      patient === undefined
        ? [findSlideByName(slides, name)].filter((slide) => slide !== null)
        : slides.filter((slide) => slide.patient === patient);
    if (found.length > 0) return found.map((slide) => slide.id);
    throw new TrefoilError(
      'not-found',
      `The project has no ${patient === undefined ? `slide "${name}"` : `patient "${patient}"`}.`,
      'List the slides to see their names and patients: trefoil slides list PROJECT.',
    );
  });
  return new Set<string>(chosen);
}

function labelNotes(labelled: LabelledTiles): string[] {
  const notes: string[] = [];
  if (labelled.conflicting > 0) {
    notes.push(`${labelled.conflicting} tiles have labels of different classes; the label given last counts.`);
  }
  if (labelled.withoutTile > 0) notes.push(`${labelled.withoutTile} labels lie on no kept tile and are not used.`);
  return notes;
}
