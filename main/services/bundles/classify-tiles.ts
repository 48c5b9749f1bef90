/** Third stage: the class and the probabilities of every tile, by the ensemble of the model's folds. */
import type { StageContext } from '#common/stage.ts';
import type { ModelBundle } from '../../bundles/read-bundle.ts';
import { ClassifierThread } from '../../classifier/classifier-thread.ts';
import { parseStoredClassifier } from '../../classifier/classifier-file.ts';
import { readEmbeddings } from '../../engine/embeddings-file.ts';
import { writeFileAtomically } from '../../files/atomic-file.ts';
import { describeLikeness } from '../trust-figures.ts';
import { requireModel } from './embed-tiles.ts';
import { findStageFile, slidePredictions, type SlidePredictions } from './slide-files.ts';

export interface ClassifyTilesInput {
  /** File of the second stage. */
  readonly embeddings: string;
  readonly out: string;
}

export async function classifyTiles(
  model: ModelBundle,
  { embeddings: file, out }: ClassifyTilesInput,
  context: StageContext,
): Promise<SlidePredictions> {
  const { header, data } = await readEmbeddings(file);
  requireModel(header.provenance['model'] ?? '', model, file);
  const known = await findStageFile(out, slidePredictions);
  if (known?.model === model.sha256 && known.embeddings === header.sha256) return known;
  const classifier = parseStoredClassifier(
    Buffer.from(await model.read('classifier.json')).toString('utf8'),
    'classifier.json',
  );
  const classes = classifier.classes.map(({ name }) => name);
  const input = {
    folds: classifier.folds,
    table: { name: classifier.features, dim: header.dimension, values: data },
    classCount: classes.length,
    ensemble: classifier.ensemble,
    temperature: classifier.temperature,
    reference: classifier.reference,
  };
  await using thread = new ClassifierThread();
  const { prediction, probabilities, likeness } =
    header.count === 0
      ? { prediction: new Int32Array(), probabilities: new Float64Array(), likeness: null }
      : await thread.run('predict', input, context);
  const result: SlidePredictions = {
    format: 'trefoil-slide-predictions',
    version: 1,
    model: model.sha256,
    embeddings: header.sha256,
    classes,
    predicted: [...prediction],
    probabilities: Array.from(probabilities, (value) => Number(value.toFixed(6))),
    likeness:
      likeness === null || classifier.reference === null
        ? null
        : describeLikeness(likeness, classifier.reference.groupLevel, false),
  };
  await writeFileAtomically(out, Buffer.from(`${JSON.stringify(result)}\n`));
  return result;
}
