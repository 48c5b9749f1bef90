/**
 * Portable models: a project's classifier with its encoder in one file, and that file applied to slides anywhere, without a
 * project. `stage` is one step of `apply` for one slide, for workflow managers: it reads the files it is given, writes `out`
 * whole or not at all, and leaves it alone where it still holds.
 */
import { z } from 'zod';
import { errorReport } from './jobs.ts';

/** A path on the command line, a reference from a page: see file-reference.ts. */
const path = z.string().min(1);
const file = z.object({ file: path });
const figure = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  intervalNote: z.string().nullable(),
});
const mpp = z.number().positive().max(100).optional();
/** Threads for pixels and features; left out: all processors. Changes no result. */
const workers = z.number().int().min(1).max(1024).optional();

export const modelDescription = z.object({
  /** Of the file: names the model. */
  sha256: z.string(),
  byteLength: z.number().int(),
  notice: z.string(),
  trefoil: z.string(),
  createdAt: z.string(),
  classes: z.array(z.object({ name: z.string(), colour: z.string(), trainingLabels: z.number().int() })),
  tiles: z.object({ sizePx: z.number(), mpp: z.number(), stridePx: z.number(), colour: z.string() }),
  encoder: z.object({
    network: z.string(),
    method: z.string(),
    seed: z.number(),
    viewPx: z.number(),
    features: z.number(),
  }),
  evaluation: z.object({
    balancedAccuracy: figure,
    baselines: z.array(z.object({ features: z.string(), balancedAccuracy: figure })),
    evaluatedTiles: z.number().int(),
    folds: z.number().int(),
    groupLevel: z.string(),
    trainingLabels: z.number().int(),
    trainingSlides: z.number().int(),
    sentences: z.array(z.string()),
  }),
});
export type ModelDescription = z.output<typeof modelDescription>;

const slideResult = z.object({
  /** In the output folder. */
  folder: z.string(),
  name: z.string(),
  /** Done before with this model: nothing was computed. */
  wasThere: z.boolean(),
  kept: z.number().int(),
  classes: z.array(z.object({ name: z.string(), tiles: z.number().int(), areaMm2: z.number(), percent: z.number() })),
  warnings: z.array(z.string()),
  files: z.array(z.string()),
});

export const bundlesCalls = {
  write: {
    input: z.object({ project: z.string(), out: path, classifier: z.string().optional() }),
    output: z.object({ file: z.string(), sha256: z.string(), byteLength: z.number().int() }),
  },
  /** A folder in the form of WSInfer's model zoo, with ONNX in place of TorchScript. */
  writeWsinfer: {
    input: z.object({ project: z.string(), out: path, classifier: z.string().optional() }),
    output: z.object({ directory: z.string(), files: z.array(z.string()) }),
  },
  inspect: { input: z.object({ model: file }), output: modelDescription },
  apply: {
    input: z.object({
      model: file,
      slides: z.array(file).min(1).max(100_000),
      out: path,
      /** For slides that do not say; the others keep their own. */
      mpp,
      workers,
      /** Keeps tiles and features in each slide's folder "work". */
      keepWork: z.boolean().default(false),
    }),
    output: z.object({
      directory: z.string(),
      slides: z.array(slideResult),
      refused: z.array(z.object({ name: z.string(), error: errorReport })),
    }),
  },
  stage: {
    input: z.discriminatedUnion('stage', [
      z.object({ stage: z.literal('tiles'), model: file, slide: file, out: path, mpp, workers }),
      z.object({ stage: z.literal('embed'), model: file, tiles: file, out: path, workers }),
      z.object({ stage: z.literal('classify'), model: file, embeddings: file, out: path }),
      z.object({ stage: z.literal('export'), model: file, tiles: file, predictions: file, out: path }),
    ]),
    output: z.object({ out: z.string(), tiles: z.number().int() }),
  },
} as const;
export type StageInput = z.output<typeof bundlesCalls.stage.input>;
