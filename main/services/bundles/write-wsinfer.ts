/**
 * A model folder in the form of WSInfer's zoo (Kaczmarzyk et al., npj Precision Oncology 2024): the configuration its programs
 * read, and encoder and classifier as one ONNX model. docs/bundles.md says which programs take it.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { EvaluationSummary } from '#common/contract/classifier.ts';
import { imageNetMean, imageNetStandardDeviation } from '#common/domain/view-parameters.ts';
import { readStoredClassifier, type StoredClassifier } from '../../classifier/classifier-file.ts';
import { encoderModel, type ClassifierHead } from '../../engine/onnx/encoder-model.ts';
import { networks } from '../../engine/port.ts';
import { researchUseNotice } from '../../exports/method-card.ts';
import { asDiskFull, writeFileAtomically } from '../../files/atomic-file.ts';
import { latestClassifier } from '../../store/classifier-rows.ts';
import { findRun } from '../../store/run-rows.ts';
import { trefoilVersion } from '../app-service.ts';
import { encoderState } from '../encoder-export.ts';
import type { OpenProject } from '../open-projects.ts';
import type { StoredRun } from '../stored-runs.ts';
import type { TileLookups } from '../tile-lookup.ts';

/** Throws `not-found` without a classifier, `no-run` without its encoder, `disk-full`. */
export async function writeWsinferFolder(
  project: OpenProject,
  lookups: TileLookups,
  { out, classifier: wanted }: { readonly out: string; readonly classifier?: string | undefined },
): Promise<{ directory: string; files: string[] }> {
  const row = latestClassifier<EvaluationSummary>(project.database, wanted);
  const classifier = await readStoredClassifier(join(project.directory, row.file));
  const run = findRun(project.database, row.run, (item: StoredRun) => item.status === 'finished', 'finished');
  const { set } = lookups.of(project, run.tileSet);
  const { settings } = run.request;
  const names = classifier.classes.map(({ name }) => name);
  const model = encoderModel({
    network: networks[settings.network],
    state: await encoderState(project, run),
    viewPx: settings.viewPx,
    producerVersion: trefoilVersion(),
    metadata: { classes: JSON.stringify(names), use: researchUseNotice },
    head: headOf(classifier),
  });
  const configuration = {
    spec_version: '1.0',
    architecture: settings.network,
    num_classes: names.length,
    class_names: names,
    name: `Trefoil ${row.summary.createdAt}`,
    patch_size_pixels: set.settings.sizePx,
    spacing_um_px: set.settings.mpp,
    transform: [
      { name: 'Resize', arguments: { size: settings.viewPx } },
      { name: 'ToTensor' },
      { name: 'Normalize', arguments: { mean: imageNetMean, std: imageNetStandardDeviation } },
    ],
  };
  const directory = resolve(out);
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw asDiskFull(directory, error);
  }
  await writeFileAtomically(join(directory, 'model.onnx'), model);
  await writeFileAtomically(join(directory, 'config.json'), Buffer.from(`${JSON.stringify(configuration, null, 2)}\n`));
  return { directory, files: ['config.json', 'model.onnx'] };
}

/** Each fold's standardisation folded into its weights: logit = W ((f - mean) / scale) + b. */
function headOf({ folds, classes, temperature }: StoredClassifier): ClassifierHead {
  const classCount = classes.length;
  return {
    classCount,
    members: folds.map(({ standardisation: { mean, scale }, model }) => {
      const { dim } = model;
      const weights = new Float32Array(dim * classCount);
      const bias = model.intercept.map((value) => value / temperature);
      for (let k = 0; k < classCount; k += 1) {
        for (let j = 0; j < dim; j += 1) {
          const weight = (model.weights[k * dim + j] as number) / (scale[j] as number) / temperature;
          weights[j * classCount + k] = weight;
          bias[k] = (bias[k] as number) - weight * (mean[j] as number);
        }
      }
      return { weights, bias: Float32Array.from(bias) };
    }),
  };
}
