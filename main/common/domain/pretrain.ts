/**
 * Settings of a pretraining run: everything that decides its result besides the tiles and the seed. Pure schema, shared by
 * the core, the engine process and the page. The recipes that fill it are in main/engine/recipe.ts.
 */
import { z } from 'zod';

export const recipeNames = ['quick', 'standard', 'paper'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** The parent SimSiam recipe as method.md lists it, plus the turns that tissue allows. */
export const augmentationSettings = z.object({
  cropScale: z.tuple([z.number().gt(0).max(1), z.number().gt(0).max(1)]),
  cropAspect: z.tuple([z.number().gt(0), z.number().gt(0)]),
  horizontalFlipProbability: z.number().min(0).max(1),
  verticalFlipProbability: z.number().min(0).max(1),
  /** Turn by 0, 90, 180 or 270 degrees, each as likely. */
  quarterTurns: z.boolean(),
  /**
   * Strength s of the stain jitter in HED space: factors 1 - s .. 1 + s, offsets -s/10 .. s/10; 0 switches it off. Tellez et al.
   * call 0.05 light and 0.2 strong. Not part of the published recipe; left out by runs made before it was there.
   */
  stainJitter: z.number().min(0).max(1).default(0),
  jitterProbability: z.number().min(0).max(1),
  brightness: z.number().min(0).max(1),
  contrast: z.number().min(0).max(1),
  saturation: z.number().min(0).max(1),
  hue: z.number().min(0).max(0.5),
  greyProbability: z.number().min(0).max(1),
  blurProbability: z.number().min(0).max(1),
  /** Standard deviation range of the Gaussian in pixels of the view. */
  blurSigma: z.tuple([z.number().gt(0), z.number().gt(0)]),
});
export type AugmentationSettings = z.output<typeof augmentationSettings>;

/** The parent SimSiam augmentation at 128 px; the published code lost its own file. */
export const simsiamAugmentation: AugmentationSettings = {
  cropScale: [0.2, 1],
  cropAspect: [3 / 4, 4 / 3],
  horizontalFlipProbability: 0.5,
  verticalFlipProbability: 0,
  quarterTurns: false,
  stainJitter: 0,
  jitterProbability: 0.8,
  brightness: 0.4,
  contrast: 0.4,
  saturation: 0.4,
  hue: 0.1,
  greyProbability: 0.2,
  blurProbability: 0.5,
  blurSigma: [0.1, 2],
};

/** Tissue has no up: our recipes also flip vertically and turn by quarters. */
export const tissueAugmentation: AugmentationSettings = {
  ...simsiamAugmentation,
  verticalFlipProbability: 0.5,
  quarterTurns: true,
};

/** SimTriplet and SimSiam predict one view from another; VICReg and Barlow Twins also keep the features apart. */
export const methodNames = ['simtriplet', 'simsiam', 'vicreg', 'barlow-twins'] as const;
export type MethodName = (typeof methodNames)[number];

/** As the publications write them, in every language. */
export const methodLabels: Readonly<Record<MethodName, string>> = {
  simtriplet: 'SimTriplet',
  simsiam: 'SimSiam',
  vicreg: 'VICReg',
  'barlow-twins': 'Barlow Twins',
};

export const pretrainSettings = z.object({
  recipe: z.enum(recipeNames),
  method: z.enum(methodNames),
  /** Of the term that compares tile and neighbour; the second view's is 1. Left out: 1, as published. SimSiam has none. */
  neighbourWeight: z.number().min(0).max(4).optional(),
  network: z.enum(['resnet18-narrow', 'resnet18', 'resnet50']),
  /** Side of an augmented view in pixels: what the network sees. */
  viewPx: z.number().int().min(16).max(1024),
  /** Triplets a step. */
  batch: z.number().int().min(2).max(4096),
  /** Equal parts a batch is worked through in, where a step does not fit the GPU; batch norm sees a part at a time. Left out: 1. */
  parts: z.number().int().min(1).max(64).optional(),
  epochs: z.number().int().min(1).max(100_000),
  /** Epochs of linear warm-up; clipped to the run's length. */
  warmupEpochs: z.number().min(0),
  /** Learning rate at batch 256; the rate used is baseLearningRate * batch / 256. */
  baseLearningRate: z.number().gt(0),
  momentum: z.number().min(0).lt(1),
  weightDecay: z.number().min(0),
  /** 'drawn': one of the existing neighbours anew each epoch; 'fixed': the first existing one, as published. */
  neighbour: z.enum(['drawn', 'fixed']),
  /** How many tiles away a neighbour lies, in any of the eight directions. Left out: 1, the adjacent tile. */
  neighbourDistance: z.number().int().min(1).max(16).optional(),
  /** 'base': the prediction MLP keeps the base rate, as published; 'schedule': it follows the others. Left out: base. */
  predictorRate: z.enum(['base', 'schedule']).optional(),
  augmentation: augmentationSettings,
  /** Every how many steps a line is written and the spread of z is measured. */
  monitorEverySteps: z.number().int().min(1),
  /** Tiles in the fixed sample behind effective rank and embedding spread. */
  monitorTiles: z.number().int().min(2).max(2048),
  checkpointEveryEpochs: z.number().int().min(1),
  /** Also every so many steps. */
  checkpointEverySteps: z.number().int().min(1),
  /** Also when so many minutes have passed since the last one. */
  checkpointEveryMinutes: z.number().gt(0),
});
export type PretrainSettings = z.output<typeof pretrainSettings>;
