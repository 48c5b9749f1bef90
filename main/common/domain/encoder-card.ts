/**
 * The preprocessing card of an encoder that was trained elsewhere: how a tile must be prepared for it and which of its numbers
 * are the features. Without the right card a good encoder gives bad features silently, so nothing here is guessed at use.
 * docs/encoders.md explains each field to a person.
 */
import { z } from 'zod';

export const encoderFits = ['whole-tile', 'centre'] as const;
export const encoderPoolings = ['none', 'class-token', 'patch-mean', 'class-and-patch-mean', 'map-mean'] as const;

const perChannel = z.tuple([z.number(), z.number(), z.number()]);

export const encoderCard = z.object({
  /** Side of the square input in pixels. */
  inputPx: z.number().int().min(16).max(2048),
  /** Micrometres per pixel the encoder was trained at. */
  mpp: z.number().min(0.05).max(50),
  /** Subtracted and divided by after `valueRange`, in the order of `channels`. */
  mean: perChannel,
  std: z.tuple([z.number().gt(0), z.number().gt(0), z.number().gt(0)]),
  channels: z.enum(['RGB', 'BGR']).default('RGB'),
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  /** '0-1': bytes divided by 255 before mean and std; '0-255': bytes as they are. */
  valueRange: z.enum(['0-1', '0-255']).default('0-1'),
  /** 'whole-tile': the tile is resized to the input; 'centre': only its middle, as large as the input at `mpp`. */
  fit: z.enum(encoderFits).default('whole-tile'),
  /** Both with antialiasing, as torchvision's resize. */
  resize: z.enum(['bilinear', 'bicubic']).default('bilinear'),
  /** Name of the output to take; left out: the only one. */
  output: z.string().min(1).max(300).optional(),
  /** What of the output is the feature vector. */
  pooling: z.enum(encoderPoolings).default('none'),
  /** Tokens before the first patch: the class token and any registers. */
  prefixTokens: z.number().int().min(1).max(64).default(1),
  /** Numbers a tile; left out: what the trial gives. */
  features: z.number().int().min(1).max(65_536).optional(),
  licence: z.string().max(4000).default(''),
  source: z.string().max(1000).default(''),
  /** Of the .onnx file; another file is refused. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type EncoderCard = z.output<typeof encoderCard>;

/** What is known of a model before a person has said the rest. */
export const encoderCardDraft = encoderCard.partial();
export type EncoderCardDraft = z.output<typeof encoderCardDraft>;

/** 'cpu' gives the same numbers everywhere; the others are what onnxruntime brings on this system. */
export const encoderProviders = ['cpu', 'coreml', 'dml', 'webgpu'] as const;
export type EncoderProvider = (typeof encoderProviders)[number];

export const encoderCheck = z.object({
  features: z.number().int(),
  /** Images a pass; fixed by the model or chosen here. */
  batch: z.number().int(),
  isBatchFixed: z.boolean(),
  provider: z.enum(encoderProviders),
  /** Largest difference between two passes over the same image, and between an image alone and in company, both over the root mean square. */
  repeatDifference: z.number(),
  companyDifference: z.number(),
  secondsPerTile: z.number(),
  warnings: z.array(z.string()),
});
export type EncoderCheck = z.output<typeof encoderCheck>;

/** An encoder of a person's own as a run keeps it. */
export const importedEncoder = z.object({
  name: z.string(),
  card: encoderCard,
  /** Relative to the project folder when copied, else absolute. */
  model: z.string(),
  isCopied: z.boolean(),
  sha256: z.string(),
  /** The .onnx file and the files its weights lie in. */
  files: z.array(z.object({ name: z.string(), byteLength: z.number(), sha256: z.string() })),
  check: encoderCheck,
});
export type ImportedEncoder = z.output<typeof importedEncoder>;
