/**
 * Slides kept for evaluation: suggestions never come from them, no classifier is trained on them, and every classifier is
 * judged on them at the end. Chosen once for the project, before anybody looks at a figure.
 */
import { z } from 'zod';

const project = z.string();

export const reserve = z.object({
  slides: z.array(z.object({ slide: z.string(), name: z.string(), labels: z.number().int() })),
  /** Labels on them, by class in the project's order. */
  perClass: z.array(z.object({ name: z.string(), reserved: z.number().int(), all: z.number().int() })),
  sentence: z.string(),
});
export type Reserve = z.output<typeof reserve>;

export const reserveCalls = {
  get: { input: z.object({ project }), output: reserve },
  /** Slide names or ids, or `patient:NAME`; exactly these are reserved from now on. */
  set: { input: z.object({ project, slides: z.array(z.string()).max(10_000) }), output: reserve },
  /** Draws whole groups by seed, so that the share holds for slides and, where labels are known, for each class. */
  draw: {
    input: z.object({
      project,
      share: z.number().gt(0).lt(1),
      seed: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(1),
      /** What stays together; left out: the coarsest of which there are at least five. */
      group: z.enum(['image', 'specimen', 'patient']).optional(),
    }),
    output: reserve.extend({ group: z.enum(['image', 'specimen', 'patient']) }),
  },
} as const;
