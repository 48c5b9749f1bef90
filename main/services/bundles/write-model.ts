/**
 * A project's classifier and its encoder as a portable model. Names of slides, patients and people stay behind: they are no part of
 * what another computer needs.
 */
import { join, resolve } from 'node:path';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { bundleExtension, bundleFormat, bundleVersion, type BundleManifest } from '../../bundles/model-bundle.ts';
import { writeBundle } from '../../bundles/write-bundle.ts';
import { readStoredClassifier, storedClassifierJson, type StoredClassifier } from '../../classifier/classifier-file.ts';
import { networks } from '../../engine/port.ts';
import { researchUseNotice } from '../../exports/method-card.ts';
import { latestClassifier } from '../../store/classifier-rows.ts';
import { findRun } from '../../store/run-rows.ts';
import { trefoilVersion } from '../app-service.ts';
import { encoderOnnx, encoderSafetensors, encoderState } from '../encoder-export.ts';
import type { OpenProject } from '../open-projects.ts';
import type { StoredRun } from '../stored-runs.ts';
import type { TileLookups } from '../tile-lookup.ts';
import type { TileSet } from '../tile-sets.ts';

/** Its name among the files of an export. */
export const modelFile = `model${bundleExtension}`;

export interface WrittenModel {
  readonly file: string;
  readonly sha256: string;
  readonly byteLength: number;
}

/** Throws `not-found` without a classifier, `no-run` without its encoder, `invalid-input` for another extension. */
export async function writeModel(
  project: OpenProject,
  lookups: TileLookups,
  { out, classifier: wanted }: { readonly out: string; readonly classifier?: string | undefined },
  context: StageContext,
): Promise<WrittenModel> {
  const file = resolve(out);
  if (!file.endsWith(bundleExtension)) {
    throw new TrefoilError(
      'invalid-input',
      `A model's name ends in ${bundleExtension}.`,
      `Write it to "model${bundleExtension}", say.`,
    );
  }
  const row = latestClassifier<EvaluationSummary>(project.database, wanted);
  const classifier = await readStoredClassifier(join(project.directory, row.file));
  const run = findRun(project.database, row.run, (item: StoredRun) => item.status === 'finished', 'finished');
  const { set } = lookups.of(project, run.tileSet);
  const state = await encoderState(project, run);
  context.onProgress?.({ stage: 'Checking the encoder', done: 0, total: 1 });
  const { model } = await encoderOnnx(project, run, set, state, context);
  const about = manifestOf(row.summary, run, set, classifier);
  const text = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  const written = await writeBundle(file, about, {
    'encoder.onnx': model,
    'encoder.safetensors': encoderSafetensors(run, state),
    'classifier.json': Buffer.from(storedClassifierJson(withoutNames(classifier))),
    'method-card.json': text({
      ...about,
      pretraining: { seed: run.request.seed, ...run.request.settings },
      engine: run.summary.engine,
    }),
    'README.txt': Buffer.from(readme),
  });
  return { file, ...written };
}

function manifestOf(
  summary: EvaluationSummary,
  run: StoredRun,
  set: TileSet,
  classifier: StoredClassifier,
): Omit<BundleManifest, 'files'> {
  const { settings, seed } = run.request;
  const [first, ...others] = summary.rows;
  if (first === undefined) throw new Error('an evaluation without features');
  const { sizePx, mpp, stridePx, minTissue, tissue } = set.settings;
  return {
    format: bundleFormat,
    version: bundleVersion,
    notice: researchUseNotice,
    trefoil: trefoilVersion(),
    createdAt: summary.createdAt,
    classes: classifier.classes.map(({ name, colour }, index) => ({
      name,
      colour,
      trainingLabels: summary.classes[index]?.trainingLabels ?? 0,
    })),
    tiles: { sizePx, mpp, stridePx, minTissue, tissue, colour: set.colour },
    encoder: {
      network: settings.network,
      method: settings.method,
      seed,
      viewPx: settings.viewPx,
      features: networks[settings.network].features,
      mean: [...imageNetMean],
      std: [...imageNetStandardDeviation],
    },
    evaluation: {
      balancedAccuracy: first.balancedAccuracy,
      baselines: others.map(({ features, balancedAccuracy }) => ({ features, balancedAccuracy })),
      evaluatedTiles: summary.evaluatedTiles,
      folds: summary.folds,
      groupLevel: summary.groupLevel,
      trainingLabels: summary.trainingLabels,
      trainingSlides: set.slides.length,
      sentences: summary.sentences,
    },
  };
}

/** The groups held out have the names of specimens or patients. */
function withoutNames(classifier: StoredClassifier): StoredClassifier {
  return {
    ...classifier,
    folds: classifier.folds.map((fold, index) => ({ ...fold, heldOut: [`group ${index + 1}`] })),
  };
}

const readme = `A portable model of Trefoil. ${researchUseNotice}

manifest.json        what it is: classes, tiles, figures, checksums
encoder.onnx         image -> features (any ONNX runtime; input and preparation: manifest.json, "encoder" and "tiles")
encoder.safetensors  the same weights under torchvision's names
classifier.json      features -> classes, one linear model a fold
method-card.json     how it was trained, with seeds and settings

Apply it: trefoil apply MODEL SLIDES... --out FOLDER
`;
