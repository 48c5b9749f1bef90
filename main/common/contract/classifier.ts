/** The few-label classifier: trained on frozen embeddings, judged by held-out groups, always beside its baselines. */
import { z } from 'zod';

/** A figure with its 95 % interval; null limits carry the reason. */
export const figure = z.object({
  value: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  intervalNote: z.string().nullable(),
});
export type Figure = z.output<typeof figure>;

export const evaluationRow = z.object({
  /** "SimTriplet", "Random weights", "Colour and texture", "SimSiam" */
  features: z.string(),
  balancedAccuracy: figure,
  macroF1: figure,
  accuracy: z.number(),
});

export const evaluationSummary = z.object({
  classifier: z.string(),
  run: z.string(),
  createdAt: z.string(),
  seed: z.number().int(),
  fraction: z.number().nullable(),
  trainingLabels: z.number().int(),
  evaluatedTiles: z.number().int(),
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  groupReason: z.string(),
  folds: z.number().int(),
  classes: z.array(z.object({ name: z.string(), colour: z.string(), trainingLabels: z.number().int() })),
  rows: z.array(evaluationRow),
  /** Rows are truth, columns prediction, in the order of `classes`; of the first row's features. */
  confusion: z.array(z.array(z.number().int())),
  perClass: z.array(
    z.object({
      name: z.string(),
      precision: z.number(),
      recall: z.number(),
      f1: z.number(),
      support: z.number().int(),
    }),
  ),
  /** Results on slides held out of all folds (`testSlides`); null when none were. */
  test: z.object({ slides: z.array(z.string()), tiles: z.number().int(), rows: z.array(evaluationRow) }).nullable(),
  /** What it means, in sentences, also when pretraining does not win. */
  sentences: z.array(z.string()),
});
export type EvaluationSummary = z.output<typeof evaluationSummary>;

export const classAreas = z.object({
  slide: z.string(),
  name: z.string(),
  classes: z.array(z.object({ name: z.string(), tiles: z.number().int(), areaMm2: z.number(), percent: z.number() })),
});

export const classifierCalls = {
  finetune: {
    input: z.object({
      project: z.string(),
      run: z.string().optional(),
      /** Share of the kept tiles whose labels may be used for training; left out: every label is used. */
      fraction: z.number().positive().max(1).optional(),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
      group: z.enum(['image', 'specimen', 'patient']).optional(),
      /** Number of group folds; left out: one group is held out at a time. */
      folds: z.number().int().min(2).max(1000).optional(),
      ensemble: z.enum(['l2-normalised-logits', 'softmax-mean']).default('l2-normalised-logits'),
      /** Slide names or ids, or `patient:NAME`, held out of everything as a final test. */
      testSlides: z.array(z.string()).default([]),
    }),
    output: evaluationSummary,
  },
  classify: {
    input: z.object({ project: z.string(), classifier: z.string().optional() }),
    output: z.object({ classifier: z.string(), tiles: z.number().int(), slides: z.array(classAreas) }),
  },
} as const;
