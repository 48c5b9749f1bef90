/** Labels: a person's class for a tile, kept as a point in level-0 pixels so that it outlives a change of the tile grid. */
import { z } from 'zod';

export const rowProblem = z.object({ line: z.number().int(), reason: z.string() });

export const labelsCalls = {
  import: {
    input: z.object({ project: z.string(), file: z.string().min(1), reader: z.string().max(200).optional() }),
    output: z.object({
      imported: z.number().int(),
      classes: z.array(z.object({ name: z.string(), labels: z.number().int() })),
      /** Rows with an error, an unknown slide, or no kept tile under the point. */
      unmatched: z.array(rowProblem),
    }),
  },
  counts: {
    input: z.object({ project: z.string() }),
    output: z.array(z.object({ class: z.string(), colour: z.string(), labels: z.number().int() })),
  },
} as const;
