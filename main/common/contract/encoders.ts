/** Encoders that were trained elsewhere, as ONNX files with a preprocessing card (docs/encoders.md). */
import { z } from 'zod';
import { encoderCard, encoderCardDraft, encoderCheck, encoderProviders } from '../domain/encoder-card.ts';
import { runSummary } from './runs.ts';

const declaredTensor = z.object({
  name: z.string(),
  type: z.string(),
  /** A name stands for any size. */
  shape: z.array(z.union([z.number(), z.string()])),
});

export const encoderInspection = z.object({
  name: z.string(),
  producer: z.string(),
  /** ONNX's own operator set. */
  operatorSet: z.number().int().nullable(),
  nodes: z.number().int(),
  /** The .onnx file first, then the files its weights lie in. */
  files: z.array(z.object({ name: z.string(), byteLength: z.number() })),
  inputs: z.array(declaredTensor),
  outputs: z.array(declaredTensor),
  /** What is known for the card, and from where: the given file, a .json beside the model, or the model alone. */
  card: encoderCardDraft,
  cardSource: z.enum(['given', 'beside', 'model']),
  /** Fields that only a person can fill in. */
  missing: z.array(z.string()),
  /** Of a complete card; null while something is missing. */
  check: encoderCheck.nullable(),
  /** Of the project's current tiles; null without project, tiles or a complete card. */
  view: z.object({ mpp: z.number(), warnings: z.array(z.string()) }).nullable(),
});
export type EncoderInspection = z.output<typeof encoderInspection>;

export const encodersCalls = {
  /** Looks at a file without changing anything; with a complete card, also tries it out. */
  inspect: {
    input: z.object({
      file: z.string().min(1),
      /** A card's JSON file. */
      card: z.object({ file: z.string().min(1) }).optional(),
      project: z.string().optional(),
      provider: z.enum(encoderProviders).default('cpu'),
    }),
    output: encoderInspection,
  },
  /** Tries the encoder out and makes it a finished run of the current tiles. Files up to 2 GiB are copied into the project. */
  import: {
    input: z.object({
      project: z.string(),
      model: z.object({ file: z.string().min(1) }),
      card: encoderCard,
      /** Beside its figures; left out: the file's name. */
      name: z.string().trim().min(1).max(100).optional(),
      provider: z.enum(encoderProviders).default('cpu'),
      /** 'auto': copied up to 2 GiB, else left where it is and checked by its SHA-256 before each use. */
      keep: z.enum(['auto', 'copy', 'reference']).default('auto'),
    }),
    output: runSummary,
  },
} as const;
