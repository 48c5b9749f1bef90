/**
 * A classifier on disk: classes, per fold the standardisation and the linear model, the temperature of its probabilities and what
 * its training slides look like. Version 1 had neither of the last two and still opens. Plain JSON, so that any program can
 * read it and none can hide code in it; read back through a schema, because a project file is input from outside.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TrefoilError } from '#common/errors.ts';
import { highestTemperature, lowestTemperature } from './calibration/temperature.ts';
import type { EnsembleKind } from './ensemble.ts';
import type { FoldClassifier } from './evaluate.ts';
import { referenceFromStore, referenceToStore, storedReference, type KnownReference } from './unlike/reference-file.ts';

export interface StoredClassifier {
  readonly classes: readonly { readonly name: string; readonly colour: string }[];
  /** Name of the features it was trained on. */
  readonly features: string;
  /** Pretraining run whose encoder makes them. */
  readonly run: string;
  readonly ensemble: EnsembleKind;
  readonly folds: readonly FoldClassifier[];
  /** See calibration/temperature.ts; 1 changes nothing. */
  readonly temperature: number;
  /** null: slides cannot be compared with the training slides. */
  readonly reference: KnownReference | null;
  readonly trefoilVersion: string;
}

const finite = z.array(z.number());
const common = {
  format: z.literal('trefoil-classifier'),
  trefoilVersion: z.string(),
  classes: z.array(z.object({ name: z.string(), colour: z.string() })).min(2),
  features: z.string(),
  run: z.string(),
  ensemble: z.enum(['l2-normalised-logits', 'softmax-mean']),
  dimension: z.number().int().min(1),
  folds: z
    .array(
      z.object({
        heldOut: z.array(z.string()),
        mean: finite,
        scale: finite,
        /** [classes][dimension] */
        weights: finite,
        intercept: finite,
      }),
    )
    .min(1),
};
const current = z.object({
  ...common,
  version: z.literal(2),
  temperature: z.number().min(lowestTemperature).max(highestTemperature),
  reference: storedReference.nullable(),
});
const schema = z.discriminatedUnion('version', [z.object({ ...common, version: z.literal(1) }), current]);

export function storedClassifierJson(classifier: StoredClassifier): string {
  const { folds, reference, ...rest } = classifier;
  const file: z.output<typeof current> = {
    format: 'trefoil-classifier',
    version: 2,
    trefoilVersion: rest.trefoilVersion,
    classes: rest.classes.map(({ name, colour }) => ({ name, colour })),
    features: rest.features,
    run: rest.run,
    ensemble: rest.ensemble,
    temperature: rest.temperature,
    reference: reference === null ? null : referenceToStore(reference),
    dimension: folds[0]?.model.dim ?? 0,
    folds: folds.map(({ heldOut, standardisation, model }) => ({
      heldOut: [...heldOut],
      mean: [...standardisation.mean],
      scale: [...standardisation.scale],
      weights: [...model.weights],
      intercept: [...model.intercept],
    })),
  };
  return `${JSON.stringify(file)}\n`;
}

/** Throws `file-not-found` and `file-invalid`, the latter also when the numbers do not fit the classes. */
export async function readStoredClassifier(path: string): Promise<StoredClassifier> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new TrefoilError('file-not-found', `The classifier ${path} cannot be read.`, again, {}, error);
  }
  return parseStoredClassifier(text, path);
}

/** From the file's text; `path` names it in messages. Throws `file-invalid`. */
export function parseStoredClassifier(text: string, path: string): StoredClassifier {
  const parsed = schema.safeParse(parseJson(text, path));
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new TrefoilError('file-invalid', `${path} is not a Trefoil classifier (${where}).`, again);
  }
  const { classes, dimension, folds, features, run, ensemble, trefoilVersion } = parsed.data;
  for (const fold of folds) {
    const fits =
      fold.mean.length === dimension &&
      fold.scale.length === dimension &&
      fold.intercept.length === classes.length &&
      fold.weights.length === classes.length * dimension;
    if (!fits)
      throw new TrefoilError('file-invalid', `${path} has a fold whose numbers do not fit its classes.`, again);
  }
  const stored = parsed.data.version === 1 ? null : parsed.data.reference;
  const reference = stored === null ? null : referenceFromStore(stored);
  if (stored !== null && (reference === null || stored.featureDim !== dimension)) {
    throw new TrefoilError('file-invalid', `${path} has a reference whose numbers do not fit its features.`, again);
  }
  return {
    classes,
    features,
    run,
    ensemble,
    trefoilVersion,
    temperature: parsed.data.version === 1 ? 1 : parsed.data.temperature,
    reference,
    folds: folds.map(({ heldOut, mean, scale, weights, intercept }) => ({
      heldOut,
      standardisation: { mean: Float64Array.from(mean), scale: Float64Array.from(scale) },
      model: {
        dim: dimension,
        classCount: classes.length,
        weights: Float64Array.from(weights),
        intercept: Float64Array.from(intercept),
        // A stored model was trained to its end; these two describe the training, not the model.
        iterations: 0,
        converged: true,
      },
    })),
  };
}

const again = 'Train the classifier again: trefoil finetune PROJECT.';

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TrefoilError('file-invalid', `${path} is not JSON.`, again, {}, error);
  }
}
