/**
 * Exports: what leaves the project, in forms other programs open. `export` writes to a folder a person named; `make` writes to
 * the project's own exports folder, from where a page fetches each file: /exports/{project}/{export}/{name}.
 */
import { z } from 'zod';

export const exportKind = z.enum([
  'geojson',
  'csv',
  'png',
  'safetensors',
  'onnx',
  'report',
  'report-pdf',
  'ome-tiff',
  'coco',
  'model',
]);
export type ExportKind = z.output<typeof exportKind>;

export const pictureLayer = z.enum(['uncertainty', 'disagreement', 'distance']);
export type PictureLayer = z.output<typeof pictureLayer>;

/** How the chosen kinds are written; each option concerns one kind. */
export const exportOptions = z.object({
  /** geojson: an outline a class, an object a tile, or both in a file each. */
  objects: z.enum(['both', 'outlines', 'tiles']).default('both'),
  /** geojson: what QuPath makes of a tile. */
  tileObject: z.enum(['detection', 'tile']).default('detection'),
  /** geojson: `.geojson.gz`. */
  gzip: z.boolean().default(false),
  /** png: pictures of what a map says about its own answers, beside class and confidence; those it does not have are left out. */
  pictureLayers: z.array(pictureLayer).default(['uncertainty']),
  /** coco: tiles with a label, or every tile. */
  tiles: z.enum(['labelled', 'all']).default('labelled'),
  /** coco: PNG keeps the pixels as they are, JPEG is smaller. */
  imageFormat: z.enum(['png', 'jpeg']).default('png'),
  /** coco: names of specimens and patients; left out unless asked for. */
  withPatients: z.boolean().default(false),
});
export type ExportOptions = z.output<typeof exportOptions>;

const wanted = {
  project: z.string(),
  kinds: z.array(exportKind).min(1),
  classifier: z.string().optional(),
  options: exportOptions.prefault({}),
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
