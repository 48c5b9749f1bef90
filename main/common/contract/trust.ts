/**
 * How far a classifier's probabilities and maps can be trusted: calibration, abstention, and slides unlike the training slides.
 * What each figure means to a person: docs/figures.md.
 */
import { z } from 'zod';
import { figure } from './figure.ts';

export const reliabilityBin = z.object({
  from: z.number(),
  to: z.number(),
  tiles: z.number().int(),
  /** Mean stated probability and share of right answers; null without tiles. */
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});

export const calibrationSummary = z.object({
  /** Logits are divided by it before they become the map's probabilities; 1 unless `decision` is 'fitted'. */
  temperature: z.number().positive(),
  decision: z.enum(['fitted', 'too-few-tiles', 'too-few-groups', 'too-few-mistakes', 'no-better']),
  tiles: z.number().int(),
  groups: z.number().int(),
  mistakes: z.number().int(),
  crossFitted: z.object({ lowest: z.number(), highest: z.number() }).nullable(),
  /** Expected calibration error on held-out tiles; "after" with temperatures chosen on other groups, null without. */
  errorBefore: figure,
  errorAfter: figure.nullable(),
  improvement: figure.nullable(),
  logLossBefore: z.number(),
  logLossAfter: z.number().nullable(),
  /** Of the reliability diagram. */
  binsBefore: z.array(reliabilityBin),
  binsAfter: z.array(reliabilityBin).nullable(),
  sentence: z.string(),
});
export type CalibrationSummary = z.output<typeof calibrationSummary>;

/** Accuracy on held-out labels when only tiles of at least a probability are named. */
export const abstention = z.object({
  points: z.array(
    z.object({
      confidence: z.number(),
      tiles: z.number().int(),
      coverage: z.number(),
      accuracy: figure.nullable(),
    }),
  ),
  /** Area under the risk-coverage curve, and what it would be if the probability said nothing. */
  area: figure,
  areaWithoutOrder: figure,
});
export type Abstention = z.output<typeof abstention>;

/** What slides are compared with. */
export const referenceSummary = z.object({
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  groups: z.number().int(),
  slides: z.number().int(),
  /** Whether there are enough of them for a verdict. */
  isTelling: z.boolean(),
  sentence: z.string(),
});
export type ReferenceSummary = z.output<typeof referenceSummary>;

export const slideLikeness = z.object({
  /** 'training': one of the slides that the others are compared with. */
  verdict: z.enum(['like', 'unlike', 'cannot-tell', 'training']),
  /** Distance of the tile in the middle; about 1 for a training slide. */
  score: z.number(),
  /** Share of the tiles beyond the limit that 95 % of the training slides' tiles keep. */
  shareBeyond: z.number(),
  referenceSlides: z.number().int(),
  /** Slides, specimens or patients that they come from. */
  referenceGroups: z.number().int(),
  /** Training slides that lie at least as far from those of other groups. */
  fartherSlides: z.number().int(),
  /** How often a usual slide is called unlike by chance, at most. */
  chance: z.number(),
  groupLevel: z.enum(['image', 'specimen', 'patient']),
  sentence: z.string(),
});
export type SlideLikeness = z.output<typeof slideLikeness>;
