/**
 * Exports: what leaves the project, in forms other programs open. `export` writes to a folder a person named; `make` writes to
 * the project's own exports folder, from where a page fetches each file: /exports/{project}/{export}/{name}.
 */
import { z } from 'zod';

export const exportKind = z.enum(['geojson', 'csv', 'png', 'safetensors', 'onnx', 'report']);
export type ExportKind = z.output<typeof exportKind>;

const wanted = {
  project: z.string(),
  kinds: z.array(exportKind).min(1),
  classifier: z.string().optional(),
};
const writtenFile = z.object({ name: z.string(), byteLength: z.number().int() });

export const exportsCalls = {
  export: {
    input: z.object({ ...wanted, out: z.string().min(1) }),
    output: z.object({ directory: z.string(), files: z.array(z.string()) }),
  },
  /** What `export` and `make` would write, without writing it. */
  preview: {
    input: z.object(wanted),
    output: z.object({
      files: z.array(
        z.object({
          name: z.string(),
          kind: exportKind.or(z.literal('method-card')),
          /** Rows of a table, features of a GeoJSON; null for other files. */
          rows: z.number().int().nullable(),
          /** Estimated from a sample; null where only writing tells. */
          byteLength: z.number().int().nullable(),
          firstLines: z.array(z.string()),
        }),
      ),
      notes: z.array(z.string()),
    }),
  },
  make: {
    input: z.object(wanted),
    output: z.object({ export: z.string(), files: z.array(writtenFile) }),
  },
  /** Newest first. */
  list: {
    input: z.object({ project: z.string() }),
    output: z.array(z.object({ export: z.string(), createdAt: z.string(), files: z.array(writtenFile) })),
  },
} as const;
