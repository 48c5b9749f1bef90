/**
 * What the stages of applying a model write and read: one file a stage, each naming the model and the input it was made from, so
 * that a stage that is asked again knows whether its file still holds. Read back through a schema, as every file from outside.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { mppProvenance, mppSource } from '#common/contract/slides.ts';
import { slideLikeness } from '#common/contract/trust.ts';
import { TrefoilError } from '#common/errors.ts';

const integer = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Of the slide itself, without where it lies. */
const slide = z.object({ name: z.string(), fingerprint: sha256, width: integer, height: integer });

export const slideTiles = z.object({
  format: z.literal('trefoil-slide-tiles'),
  version: z.literal(1),
  /** SHA-256 of the model. */
  model: sha256,
  slide,
  /** Set by hand for a slide that does not say; null otherwise. */
  mppByHand: z.number().positive().nullable(),
  mpp: z.number().positive(),
  mppSource,
  mppProvenance,
  grid: z.object({
    level: integer,
    columns: integer,
    rows: integer,
    downsample: z.number(),
    sizePx: integer,
    stridePx: integer,
  }),
  kept: integer,
  dropped: z.record(z.string(), integer),
  warnings: z.array(z.string()),
  colourProfile: z.string().nullable(),
  /** Files in the folder "tiles" beside this file. */
  shards: z.array(
    z.object({
      slide: z.string(),
      file: z.string().regex(/^[\w-]+\.rgb$/),
      firstIndex: integer,
      records: integer,
      sha256,
      tiles: z.array(z.tuple([integer, integer])),
    }),
  ),
});
export type SlideTiles = z.output<typeof slideTiles>;

export const slidePredictions = z.object({
  format: z.literal('trefoil-slide-predictions'),
  version: z.literal(1),
  model: sha256,
  /** SHA-256 of the embeddings they were made from. */
  embeddings: sha256,
  classes: z.array(z.string()),
  /** Class index of each tile, in the order of the tiles. */
  predicted: z.array(integer),
  /** [tiles, classes] */
  probabilities: z.array(z.number()),
  /** null where the model does not know its training slides. */
  likeness: slideLikeness.nullable().default(null),
});
export type SlidePredictions = z.output<typeof slidePredictions>;

export const appliedSlide = z.object({
  format: z.literal('trefoil-applied'),
  version: z.literal(1),
  notice: z.string(),
  trefoil: z.string(),
  model: z.object({ sha256, createdAt: z.string(), network: z.string(), method: z.string() }),
  slide,
  mppByHand: z.number().nullable(),
  mpp: z.number(),
  mppSource,
  mppProvenance,
  colourProfile: z.string().nullable(),
  tiles: z.object({ planned: integer, kept: integer, dropped: z.record(z.string(), integer) }),
  warnings: z.array(z.string()),
  classes: z.array(z.object({ name: z.string(), tiles: integer, areaMm2: z.number(), percent: z.number() })),
  likeness: slideLikeness.nullable().default(null),
  files: z.array(z.object({ name: z.string().regex(/^[\w.-]+$/), byteLength: integer, sha256 })),
});
export type AppliedSlide = z.output<typeof appliedSlide>;

/** Throws `file-not-found`, `file-invalid`. `stage` makes such a file. */
export async function readStageFile<T>(
  path: string,
  schema: z.ZodType<T>,
  stage: string,
): Promise<{ readonly value: T; readonly sha256: string }> {
  const hint = `Make it again: trefoil stage ${stage}.`;
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new TrefoilError('file-not-found', `${basename(path)} cannot be read.`, hint, { path }, error);
  }
  try {
    return { value: schema.parse(JSON.parse(bytes.toString('utf8'))), sha256: sha256Of(bytes) };
  } catch (error) {
    throw new TrefoilError('file-invalid', `${basename(path)} is no file of this stage.`, hint, { path }, error);
  }
}

/** null where it is missing, damaged or of another kind: it has to be made. */
export async function findStageFile<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return (await readStageFile(path, schema, '')).value;
  } catch (error) {
    if (error instanceof TrefoilError) return null;
    throw error;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
