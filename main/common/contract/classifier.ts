/** The few-label classifier: trained on frozen embeddings, judged by held-out groups, always beside its baselines. */
import { z } from 'zod';
import { figure } from './figure.ts';
import { tileReference } from './labels.ts';
import { abstention, calibrationSummary, referenceSummary, slideLikeness } from './trust.ts';

export { figure, type Figure } from './figure.ts';

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
  /** These three are missing in classifiers of an earlier Trefoil; no reference: too few groups, or none asked for. */
  calibration: calibrationSummary.optional(),
  abstention: abstention.optional(),
  reference: referenceSummary.optional(),
});
export type EvaluationSummary = z.output<typeof evaluationSummary>;

export const classAreas = z.object({
  slide: z.string(),
  name: z.string(),
  classes: z.array(z.object({ name: z.string(), tiles: z.number().int(), areaMm2: z.number(), percent: z.number() })),
  /** null where the classifier does not know its training slides. */
  likeness: slideLikeness.nullable().default(null),
});

const project = z.string();
/** Left out: the newest. */
const classifier = z.string().optional();
const page = { offset: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(1000).default(200) };

/** A judged tile: what the person said and what the classifier that did not see its slide says. Class indices. */
export const judgedTile = tileReference.extend({
  truth: z.number().int(),
  predicted: z.number().int(),
  /** Of the predicted class and of the person's class. */
  probability: z.number(),
  truthProbability: z.number(),
  fold: z.number().int(),
});

const judgedTiles = z.object({
  classifier: z.string(),
  tileSet: z.string(),
  total: z.number().int(),
  tiles: z.array(judgedTile),
  sentence: z.string(),
});

export const efficiencyCurve = z.object({
  points: z.array(
    z.object({
      labels: z.number().int(),
      balancedAccuracy: z.number(),
      lowest: z.number(),
      highest: z.number(),
      /** 95 % over draws and groups; null with one group, and in curves of an earlier Trefoil. */
      low: z.number().nullable().default(null),
      high: z.number().nullable().default(null),
      /** Over the point before, which has half the labels. */
      gain: z
        .object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() })
        .nullable()
        .default(null),
    }),
  ),
  draws: z.number().int(),
  folds: z.number().int(),
  /** Whether more labels are worth it, in words; null with too few points. */
  stop: z
    .object({ reached: z.boolean(), expectedGain: z.number(), moreLabels: z.number().int(), sentence: z.string() })
    .nullable(),
  /** How the curve was made and what it is not. */
  note: z.string(),
});
export type EfficiencyCurve = z.output<typeof efficiencyCurve>;

/** Of networks trained from scratch in a comparison: enough for few labels, and bearable on a processor. */
export const defaultSupervisedSteps = 200;

export const methodComparison = z.object({
  /** Under which it is kept with the project, see studies.ts. */
  study: z.string(),
  draws: z.number().int(),
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  groupReason: z.string(),
  folds: z.number().int(),
  /** Slides, specimens or patients held out in turn, and how many slides their tiles lie on. */
  groups: z.number().int(),
  slides: z.number().int(),
  evaluatedTiles: z.number().int(),
  /** Written to `out`. */
  files: z.array(z.string()),
  at: z.array(
    z.object({
      /** Share of the kept tiles of labelled slides, and how many labels that is. */
      fraction: z.number(),
      labels: z.number().int(),
      bestBaseline: z.string().nullable(),
      methods: z.array(
        z.object({
          name: z.string(),
          /** Empty for a baseline that no run belongs to. */
          run: z.string(),
          isBaseline: z.boolean(),
          /** Mean over the draws; the interval resamples draws and groups. */
          balancedAccuracy: figure,
          lowest: z.number(),
          highest: z.number(),
          /** Over the best baseline, paired; null for a baseline. */
          gain: figure.nullable(),
        }),
      ),
      sentences: z.array(z.string()),
    }),
  ),
});
export type MethodComparison = z.output<typeof methodComparison>;
/** What a split that leaks would have claimed; kept with its classifier. */
export const leakComparison = z.object({
  warning: z.string(),
  rows: z.array(
    z.object({
      features: z.string(),
      honest: z.number(),
      leaking: z.number(),
      honestMacroF1: z.number(),
      leakingMacroF1: z.number(),
    }),
  ),
  sentence: z.string(),
});
export type LeakComparison = z.output<typeof leakComparison>;

const classified = z.object({ classifier: z.string(), tiles: z.number().int(), slides: z.array(classAreas) });

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
      /** 'ready': only baselines that need no new pass of a network; a quick refresh says which it left out. */
      baselines: z.enum(['all', 'ready']).default('all'),
    }),
    output: evaluationSummary,
  },
  /** Runs against each other and against the baselines, on the same labels drawn many times, with the same folds. */
  compare: {
    input: z.object({
      project,
      /** Finished runs; left out: every one of the current tiles. */
      runs: z.array(z.string()).max(50).optional(),
      fractions: z.array(z.number().positive().max(1)).min(1).max(10).default([0.01, 0.1]),
      draws: z.number().int().min(2).max(200).default(20),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
      group: z.enum(['image', 'specimen', 'patient']).optional(),
      /** Left out: one group is held out at a time. */
      folds: z.number().int().min(2).max(1000).optional(),
      /** Also every table with each slide's own mean and deviation taken out. */
      bySlide: z.boolean().default(false),
      /**
       * Also trains the runs' networks from scratch on the drawn labels alone, so many steps each: one network a draw, fold and
       * share of labels. Left out: none.
       */
      supervisedSteps: z.number().int().min(10).max(100_000).optional(),
      /** Folder for comparison.csv and .json; left out: kept with the project only. */
      out: z.string().min(1).optional(),
    }),
    output: methodComparison,
  },
  classify: {
    input: z.object({ project: z.string(), classifier: z.string().optional() }),
    output: classified,
  },

  /** Trains with the settings of the newest classifier on the labels as they are now, then maps every slide. */
  refresh: {
    input: z.object({ project }),
    output: z.object({ evaluation: evaluationSummary, classified }),
  },
  /** What a page needs to decide on a refresh; see common/refresh-schedule.ts. */
  state: {
    input: z.object({ project }),
    output: z.object({
      classifier: z.string().nullable(),
      /** Changes with every label and class; compare, never read. */
      labelsVersion: z.string(),
      /** Of the newest classifier; null without one. */
      trainedVersion: z.string().nullable(),
      isStale: z.boolean(),
      isApplied: z.boolean(),
      canTrain: z.boolean(),
      /** What is missing, in words; empty when nothing is. */
      reason: z.string(),
    }),
  },
  list: {
    input: z.object({ project }),
    output: z.array(
      z.object({
        classifier: z.string(),
        createdAt: z.string(),
        run: z.string(),
        trainingLabels: z.number().int(),
        balancedAccuracy: figure,
        isApplied: z.boolean(),
      }),
    ),
  },
  details: {
    input: z.object({ project, classifier }),
    output: z.object({
      summary: evaluationSummary,
      tileSet: z.string(),
      /** In the order of `summary.classes`; a class removed since then has no row in the project. */
      classIds: z.array(z.string()),
      folds: z.array(
        z.object({
          fold: z.number().int(),
          /** Groups held out: slides, specimens or patients. */
          heldOut: z.array(z.string()),
          slides: z.array(z.object({ slide: z.string(), name: z.string(), tiles: z.number().int() })),
          tiles: z.number().int(),
          correct: z.number().int(),
          /** Rows truth, columns prediction. */
          confusion: z.array(z.array(z.number().int())),
        }),
      ),
      efficiency: efficiencyCurve.nullable(),
      /** null until it was compared. */
      leak: leakComparison.nullable(),
      isStale: z.boolean(),
    }),
  },
  /** Judged tiles of a cell, class, fold or slide; the surest mistakes first. */
  tiles: {
    input: z.object({
      project,
      classifier,
      truth: z.number().int().min(0).optional(),
      predicted: z.number().int().min(0).optional(),
      fold: z.number().int().min(0).optional(),
      slide: z.string().optional(),
      onlyWrong: z.boolean().default(false),
      ...page,
    }),
    output: judgedTiles,
  },
  /**
   * Labels the held-out classifiers contradict more surely than they are of the other class's own labels on average (confident
   * learning; Northcutt, Jiang and Chuang 2021): likely slips of the hand, or hard tiles. Or above a probability of your own.
   */
  suspects: {
    input: z.object({ project, classifier, minimumProbability: z.number().min(0).max(1).optional(), ...page }),
    output: judgedTiles,
  },
  /** The same labels split at random by tile: the figure a leaking evaluation would show. Never a result. */
  leak: {
    input: z.object({ project, classifier }),
    output: leakComparison,
  },
  efficiency: {
    input: z.object({ project, classifier, draws: z.number().int().min(1).max(10).default(3) }),
    output: efficiencyCurve,
  },
} as const;
