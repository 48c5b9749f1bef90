/** Pretraining runs: learn the tissue's look without labels. */
import { z } from 'zod';
import { colourChoices } from '#common/domain/slide.ts';
import { methodNames } from '#common/domain/pretrain.ts';
import { importedEncoder } from '../domain/encoder-card.ts';
import { engineChoice } from '../domain/engine-choice.ts';
import { pretrainSettings, recipeNames } from '#common/domain/pretrain.ts';

export const engineSummary = z.object({
  engine: z.string(),
  backend: z.string(),
  reason: z.string(),
  precision: z.string(),
  /** Planned for one training step; runs of before it was kept have none. */
  memoryBytes: z.number().optional(),
});

export const runSummary = z.object({
  run: z.string(),
  createdAt: z.string(),
  status: z.enum(['running', 'stopped', 'finished', 'failed']),
  /** 'imported': an encoder of one's own, see encoders.ts; nothing was trained. */
  method: z.enum([...methodNames, 'imported']),
  /** Of the term that compares tile and neighbour: 1 as published. */
  neighbourWeight: z.number(),
  network: z.string(),
  recipe: z.string(),
  epochs: z.number().int(),
  seed: z.number().int(),
  engine: engineSummary.nullable(),
  /** Slides left out of pretraining, by id. */
  excludedSlides: z.array(z.string()),
  steps: z.number().int(),
  finalLoss: z.number().nullable(),
  zStd: z.number().nullable(),
  effectiveRank: z.number().nullable(),
  knnAccuracy: z.number().nullable(),
  tripletsPerSecond: z.number().nullable(),
  /** The collapse guard's last word. */
  verdict: z.object({ level: z.string(), sentence: z.string() }).nullable(),
});
export type RunSummary = z.output<typeof runSummary>;

export const pretrainInput = z.object({
  project: z.string(),
  /** Left out: the recipe's; SimTriplet as published is that of `paper`. */
  method: z.enum(methodNames).optional(),
  /** Weight of the term that compares tile and neighbour; left out: 1, as published. */
  neighbourWeight: z.number().min(0).max(4).optional(),
  recipe: z.enum(['quick', 'standard', 'paper']).default('standard'),
  network: z.enum(['resnet18-narrow', 'resnet18', 'resnet50']).optional(),
  epochs: z.number().int().min(1).max(100_000).optional(),
  batch: z.number().int().min(2).max(4096).optional(),
  /** 'drawn': another neighbour each epoch; 'fixed': always the first, as in the published code. Left out: the recipe's. */
  neighbour: z.enum(['drawn', 'fixed']).optional(),
  /** Strength of the stain jitter in HED space; left out: the recipe's. */
  stainJitter: z.number().min(0).max(1).optional(),
  /** Factor on the random changes of brightness, contrast, saturation, hue and to grey; left out: 1, as published. */
  colourJitter: z.number().min(0).max(2).optional(),
  /** Tiles between a tile and its neighbour; left out: 1, adjacent. */
  neighbourDistance: z.number().int().min(1).max(16).optional(),
  /** Of the prediction MLP; left out: base, as published. */
  predictorRate: z.enum(['base', 'schedule']).optional(),
  /** At batch 256; left out: the recipe's. */
  baseLearningRate: z.number().gt(0).max(10).optional(),
  /** Equal parts a batch is worked through in, where a step does not fit the GPU. */
  parts: z.number().int().min(1).max(64).optional(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
  /** auto: WebGPU on a real GPU, else TensorFlow.js. Like the next three no part of the run: it may go on with others. */
  engine: engineChoice.shape.engine,
  adapter: engineChoice.shape.adapter,
  precision: engineChoice.shape.precision,
  allowSoftware: engineChoice.shape.allowSoftware,
  /** Rests after each step as long as it took: the computer stays usable, the run takes twice as long. */
  gentle: z.boolean().default(false),
  /** A run's id, or 'last'. The run's own settings count; other inputs are ignored. */
  resume: z.string().optional(),
  excludeSlides: z.array(z.string()).default([]),
});

export type PretrainInput = z.output<typeof pretrainInput>;

const oneRun = z.object({ project: z.string(), run: z.string() });
const numbers = z.array(z.number());
const measured = z.array(z.number().nullable());

/** A run as the page shows it. */
export const runState = runSummary.extend({
  tileSet: z.string(),
  /** False: its tiles were made again since; its encoder can still be used on them only after embedding anew. */
  isOfCurrentTiles: z.boolean(),
  /** 'interrupted': the process ended in mid-run (power, crash); goes on with `pretrain({ resume })` like 'stopped'. */
  state: z.enum(['running', 'paused', 'interrupted', 'stopped', 'finished', 'failed']),
  canResume: z.boolean(),
  /** Numbers the network has for one tile: the most that the effective rank can be. */
  features: z.number().int(),
  /** Spread of z of a network that has not collapsed: 1 / sqrt(width of z). */
  healthyZStd: z.number(),
  sentence: z.string(),
});
export type RunState = z.output<typeof runState>;

/** What goes with a run. */
export const runRemoval = z.object({
  run: z.string(),
  /** Trained on it. */
  classifiers: z.number().int(),
  /** Slides whose maps those classifiers made. */
  mappedSlides: z.number().int(),
  /** Freed on disk. */
  byteLength: z.number(),
  /** The current classifier stands on it. */
  isInUse: z.boolean(),
});
export type RunRemoval = z.output<typeof runRemoval>;

export const runsCalls = {
  pretrain: { input: pretrainInput, output: runSummary },
  list: { input: z.object({ project: z.string() }), output: z.array(runSummary) },

  /** Newest first. */
  states: { input: z.object({ project: z.string() }), output: z.array(runState) },
  details: {
    input: oneRun,
    output: z.object({
      state: runState,
      settings: pretrainSettings,
      /** Of the tiles it learnt from; null when those are not there any more. */
      colour: z.enum(colourChoices).nullable(),
      /** An encoder from elsewhere: `settings` are then those of its untrained baseline. */
      imported: importedEncoder.nullable(),
    }),
  },
  /**
   * What was written since `after` (the `cursor` of the answer before), as columns. A run that goes on from a checkpoint
   * writes its last steps again; then everything comes anew with `isFromStart`.
   */
  metrics: {
    input: oneRun.extend({
      after: z.string().max(100).optional(),
      limit: z.number().int().min(1).max(1000).default(1000),
    }),
    output: z.object({
      cursor: z.string(),
      isFromStart: z.boolean(),
      /** More is there already: ask again at once. */
      hasMore: z.boolean(),
      state: runState.shape.state,
      steps: z.object({
        step: numbers,
        epoch: numbers,
        loss: measured,
        zStd: measured,
        learningRate: numbers,
        tripletsPerSecond: measured,
      }),
      /** Epoch 0 is the untrained network. */
      epochs: z.object({
        step: numbers,
        epoch: numbers,
        loss: measured,
        zStd: measured,
        effectiveRank: measured,
        embeddingStd: measured,
        knnAccuracy: measured,
        knnBalancedAccuracy: measured,
        /** Steps left out so far because 16-bit numbers overflowed. */
        skippedSteps: numbers,
        tripletsPerSecond: measured,
      }),
      /** Steps at which the run went on after an interruption. */
      resumedAt: numbers,
      /** The last in this answer; null when none came. */
      verdict: z
        .object({ step: z.number().int(), level: z.string(), sentence: z.string(), advice: z.array(z.string()) })
        .nullable(),
    }),
  },
  /** Holds a running run after its current step, with a checkpoint; its job goes on waiting. */
  pause: { input: oneRun, output: runState },
  /** Lets a paused run go on. A stopped one goes on with `pretrain({ resume })`. */
  continue: { input: oneRun, output: runState },
  /** Ends a running run after its current step, with a checkpoint; its job ends as cancelled. */
  stop: { input: oneRun, output: runState },
  /** What `remove` would take away; changes nothing. */
  removal: { input: oneRun, output: runRemoval },
  /** For good: it cannot be undone. The run behind the current classifier only when `confirmed`. */
  remove: { input: oneRun.extend({ confirmed: z.boolean().default(false) }), output: runRemoval },
  compare: {
    input: z.object({ project: z.string(), runs: z.array(z.string()).min(2).max(8) }),
    output: z.object({
      runs: z.array(runState),
      /** Settings that are not the same in all, as text, one value a run. */
      differences: z.array(z.object({ setting: z.string(), values: z.array(z.string()) })),
      sentence: z.string(),
    }),
  },
  recipes: {
    input: z.object({}),
    output: z.array(
      z.object({
        name: z.enum(recipeNames),
        description: z.string(),
        origin: z.enum(['published', 'trefoil']),
        settings: pretrainSettings,
      }),
    ),
  },
  estimate: {
    input: pretrainInput
      .pick({
        project: true,
        method: true,
        recipe: true,
        network: true,
        epochs: true,
        batch: true,
        neighbourWeight: true,
        excludeSlides: true,
      })
      .extend({
        /** Train a few steps now, thrown away after; else only what earlier runs of the same kind took is used. */
        measure: z.boolean().default(false),
      }),
    output: z.object({
      triplets: z.number().int(),
      stepsPerEpoch: z.number().int(),
      steps: z.number().int(),
      tripletsPerSecond: z.number().nullable(),
      seconds: z.number().nullable(),
      source: z.enum(['measured-now', 'earlier-run', 'unknown']),
      sentence: z.string(),
    }),
  },
} as const;
