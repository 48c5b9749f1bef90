/**
 * A classifier on disk: classes, and per fold the standardisation and the linear model. Plain JSON, so that any program can
 * read it and none can hide code in it; read back through a schema, because a project file is input from outside.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { TrefoilError } from '#common/errors.ts';
import type { EnsembleKind } from './ensemble.ts';
import type { FoldClassifier } from './evaluate.ts';

export interface StoredClassifier {
  readonly classes: readonly { readonly name: string; readonly colour: string }[];
  /** Name of the features it was trained on. */
  readonly features: string;
  /** Pretraining run whose encoder makes them. */
  readonly run: string;
  readonly ensemble: EnsembleKind;
  readonly folds: readonly FoldClassifier[];
  readonly trefoilVersion: string;
}

const finite = z.array(z.number());
const schema = z.object({
  format: z.literal('trefoil-classifier'),
  version: z.literal(1),
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
});

export function storedClassifierJson(classifier: StoredClassifier): string {
  const { folds, ...rest } = classifier;
  const file: z.output<typeof schema> = {
    format: 'trefoil-classifier',
    version: 1,
    trefoilVersion: rest.trefoilVersion,
    classes: rest.classes.map(({ name, colour }) => ({ name, colour })),
    features: rest.features,
    run: rest.run,
    ensemble: rest.ensemble,
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
  return {
    classes,
    features,
    run,
    ensemble,
    trefoilVersion,
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
