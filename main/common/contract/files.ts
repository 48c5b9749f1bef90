/**
 * Files of the machine the core runs on, within the folders a person allowed. The page sees names and opaque ids, and gives
 * ids back; it never writes a path. Which properties of other calls name a file is the rule in file-reference.ts.
 */
import { z } from 'zod';

export const fileKind = z.enum(['folder', 'slide', 'image', 'csv', 'geojson', 'onnx', 'model', 'other']);

export const fileEntry = z.object({
  id: z.string(),
  name: z.string(),
  kind: fileKind,
  /** A folder that holds a Trefoil project. */
  isProject: z.boolean(),
  /** 0 for folders. */
  byteLength: z.number(),
  modifiedAt: z.string(),
});
export type FileEntry = z.output<typeof fileEntry>;

export const folderName = z.object({ id: z.string(), name: z.string() });

export const filesCalls = {
  /** The allowed folders. */
  roots: { input: z.object({}), output: z.array(folderName) },
  list: {
    input: z.object({
      folder: z.string().max(200),
      /** Only entries with this in their name, capitals or not. */
      match: z.string().max(200).default(''),
      /** Only files of these kinds, and folders; left out: everything. */
      kinds: z.array(fileKind).max(8).optional(),
    }),
    output: z.object({
      /** From the allowed folder down to this one. */
      trail: z.array(folderName),
      /** Folders first, then files, by name. */
      entries: z.array(fileEntry),
      /** Entries that fit too, and are left out because the folder has more than are listed. */
      leftOut: z.number().int(),
    }),
  },
} as const;
