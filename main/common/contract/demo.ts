/** The demo: the whole way on real images that ship with Trefoil, from slides to metrics and a map. */
import { z } from 'zod';
import { engineChoice } from '../domain/engine-choice.ts';
import { evaluationSummary } from './classifier.ts';
import { runSummary } from './runs.ts';

export const demoResult = z.object({
  project: z.string(),
  directory: z.string(),
  images: z.number().int(),
  tiles: z.number().int(),
  run: runSummary,
  /** At 1 % and at 10 % of the labels. */
  evaluations: z.array(evaluationSummary),
  exportedFiles: z.array(z.string()),
  /** Class counts on the real whole-slide image, which is of another tissue: it shows the path, not a finding. */
  wholeSlide: z.object({ name: z.string(), tiles: z.number().int() }),
  seconds: z.number(),
});
export type DemoResult = z.output<typeof demoResult>;

export const demoCalls = {
  run: {
    input: z.object({
      out: z.string().min(1),
      seed: z.number().int().min(0).default(1),
      epochs: z.number().int().min(1).optional(),
      engine: engineChoice.shape.engine,
      allowSoftware: engineChoice.shape.allowSoftware,
    }),
    output: demoResult,
  },
} as const;
