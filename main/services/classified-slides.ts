/** The classified tiles of a project as every export takes them, with class names and colours as the project has them now. */
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import type { SlideLikeness } from '#common/contract/trust.ts';
import { normalisedEntropy } from '#common/entropy.ts';
import { TrefoilError } from '#common/errors.ts';
import { distinctNames } from '#common/slide-names.ts';
import { uniqueFileName } from '../exports/file-name.ts';
import type { ExportTile } from '../exports/geojson.ts';
import {
  latestClassifier,
  loadPredictions,
  type ClassifierRow,
  type SlidePrediction,
} from '../store/classifier-rows.ts';
import { findRun } from '../store/run-rows.ts';
import { listSlides } from '../store/slide-rows.ts';
import type { OpenProject } from './open-projects.ts';
import type { StoredRun } from './runs-service.ts';
import type { SlideMaps } from './slide-maps.ts';
import { loadTileSet, tilesBySlide, type TileSet, type TileSetSlide } from './tile-sets.ts';

export interface ClassifiedSlide {
  readonly name: string;
  /** Unique within the export, safe in any file system. */
  readonly fileName: string;
  readonly slide: TileSetSlide;
  readonly tiles: readonly ExportTile[];
  /** Whether it looks like the training slides; null where that is not known. */
  readonly likeness: SlideLikeness | null;
}

export interface Classified {
  readonly classifier: ClassifierRow<EvaluationSummary>;
  readonly set: TileSet;
  readonly slides: readonly ClassifiedSlide[];
}

/** Throws `not-found` without a classifier or before it was applied to every slide. */
export async function classifiedProject(
  project: OpenProject,
  maps: SlideMaps,
  classifier: string | undefined,
): Promise<{ readonly classified: Classified; readonly run: StoredRun }> {
  const { id } = latestClassifier(project.database, classifier);
  const loaded = loadClassified(project, id);
  const { classes } = await maps.require(project.id, id);
  const { summary } = loaded.classifier;
  // Names and colours as the project has them now: a class renamed since the training goes out under its new name.
  const renamed = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
    items.map((item, index) => ({ ...item, name: classes[index]?.name ?? item.name }));
  const current: EvaluationSummary = {
    ...summary,
    classes: renamed(summary.classes).map((item, index) => ({
      ...item,
      colour: classes[index]?.colour ?? item.colour,
    })),
    perClass: renamed(summary.perClass),
  };
  return {
    classified: { ...loaded, classifier: { ...loaded.classifier, summary: current } },
    run: findRun(project.database, loaded.classifier.run, (_: StoredRun) => true, 'finished'),
  };
}

function loadClassified(project: OpenProject, wanted: string | undefined): Classified {
  const classifier = latestClassifier<EvaluationSummary>(project.database, wanted);
  const predictions = loadPredictions(project.database, classifier.id);
  if (predictions === null) {
    throw new TrefoilError(
      'not-found',
      'This classifier was not applied to the slides yet.',
      'Run "trefoil classify PROJECT" first.',
    );
  }
  const set = loadTileSet(project, predictions.tileSet);
  const names = distinctNames(listSlides(project.database));
  const bySlide = new Map(predictions.slides.map((item) => [item.slide, item]));
  const classCount = classifier.summary.classes.length;
  const taken = new Set<string>();
  // A slide removed from the project since is no part of any export.
  const present = tilesBySlide(set).filter(({ slide }) => names.has(slide.slide));
  const slides = present.map(({ slide, tiles }): ClassifiedSlide => {
    const name = names.get(slide.slide) ?? slide.slide;
    const predicted = bySlide.get(slide.slide);
    if (predicted === undefined || predicted.prediction.length !== tiles.length) {
      throw new TrefoilError(
        'not-found',
        `${name} was not classified completely.`,
        'Run "trefoil classify PROJECT" again.',
      );
    }
    return {
      name,
      fileName: uniqueFileName(name, slide.slide, taken),
      slide,
      likeness: predicted.likeness,
      tiles: tiles.map(({ column, row, rect }, index) => ({
        column,
        row,
        ...rect,
        classIndex: predicted.prediction[index] ?? 0,
        probabilities: Array.from(
          { length: classCount },
          (_, k) => predicted.probabilities[index * classCount + k] ?? 0,
        ),
        measures: measuresOf(predicted, index, classCount),
      })),
    };
  });
  return { classifier, set, slides };
}

/** What the map says about its own answer on a tile. */
function measuresOf(
  { probabilities, disagreement, distance }: SlidePrediction,
  tile: number,
  classCount: number,
): Record<string, number> {
  return {
    uncertainty: normalisedEntropy(probabilities, tile * classCount, classCount),
    ...(disagreement === null ? {} : { disagreement: disagreement[tile] ?? 0 }),
    ...(distance === null ? {} : { distance: distance[tile] ?? 0 }),
  };
}
