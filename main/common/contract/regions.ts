/** Regions a person drew or imported, per slide, include or exclude. */
import { z } from 'zod';

export const regionsCalls = {
  import: {
    input: z.object({
      project: z.string(),
      file: z.string().min(1),
      /** Slide id or name; may be left out when the features name theirs or the project has one slide. */
      slide: z.string().optional(),
    }),
    output: z.object({
      imported: z.array(z.object({ slide: z.string(), kind: z.enum(['include', 'exclude']), name: z.string() })),
      /** Features without an area. */
      skipped: z.number().int(),
    }),
  },
  list: {
    input: z.object({ project: z.string() }),
    output: z.array(
      z.object({ region: z.string(), slide: z.string(), kind: z.enum(['include', 'exclude']), name: z.string() }),
    ),
  },
} as const;
