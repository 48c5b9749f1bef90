/**
 * Studies: comparisons of methods and simulations of labelling that were made, kept with the project. `classifier.compare` and
 * `labels.simulate` make them; a page fetches their files from /studies/{project}/{study}/{name}.
 */
import { z } from 'zod';
import { methodComparison } from './classifier.ts';
import { simulation } from './labels.ts';

export const studyKinds = ['comparison', 'simulation'] as const;
export type StudyKind = (typeof studyKinds)[number];

const oneStudy = z.object({ project: z.string(), study: z.string() });
const about = {
  study: z.string(),
  createdAt: z.string(),
  /** Labels or tiles changed since: the same study would give other figures. */
  isStale: z.boolean(),
};

export const studiesCalls = {
  /** Newest first. */
  list: {
    input: z.object({ project: z.string(), kind: z.enum(studyKinds).optional() }),
    output: z.array(z.object({ ...about, kind: z.enum(studyKinds), files: z.array(z.string()) })),
  },
  comparison: { input: oneStudy, output: z.object({ ...about, result: methodComparison }) },
  simulation: { input: oneStudy, output: z.object({ ...about, result: simulation }) },
  /** For good: it cannot be undone. */
  remove: { input: oneStudy, output: z.object({}) },
} as const;
