/** Exports: what leaves the project, in forms other programs open. */
import { z } from 'zod';

export const exportKind = z.enum(['geojson', 'csv', 'png', 'safetensors']);

export const exportsCalls = {
  export: {
    input: z.object({
      project: z.string(),
      out: z.string().min(1),
      kinds: z.array(exportKind).min(1),
      classifier: z.string().optional(),
    }),
    output: z.object({ directory: z.string(), files: z.array(z.string()) }),
  },
} as const;
