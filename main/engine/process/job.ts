/**
 * What the core asks of the engine's process: plain JSON, so that it can be logged, stored and sent again after a crash. Every
 * job may be repeated: a pretrain job goes on from its newest checkpoint, an embed job writes its file anew.
 */
import { z } from 'zod';
import { encoderCard, encoderCheck, encoderProviders } from '#common/domain/encoder-card.ts';
import { engineChoice } from '#common/domain/engine-choice.ts';
import { pretrainSettings } from '#common/domain/pretrain.ts';
import { verdictSchema } from '../metrics-log.ts';

const tileNumbers = z.array(z.number().int().min(0));

const common = {
  /** Path of a JSON file holding the tile set's manifest. */
  tiles: z.string(),
  seed: z.number().int().min(0),
  settings: pretrainSettings,
  /** Any engine goes on from any other's checkpoint: no part of what a run is. */
  engine: engineChoice.prefault({}),
  /** Threads that prepare views beside the training thread. */
  workers: z.number().int().min(0).max(64),
};

export const pretrainJob = z.object({
  kind: z.literal('pretrain'),
  ...common,
  /** Leaves half of the device's time to others; no part of what a run is. */
  gentle: z.boolean().default(false),
  /** Folder for metrics.jsonl and checkpoints/. */
  runDir: z.string(),
  /** Tiles to train on; null for all. Slides left out of pretraining are missing here. */
  trainingTiles: tileNumbers.nullable(),
  /** Grid steps to the adjacent tile: 1 for a gapless grid (see triplets/neighbour-graph.ts). */
  neighbourStep: z.number().int().min(1),
  /** Labelled tiles for the kNN monitor: parallel lists of tile, class number and group (slide) number. */
  labelled: z.object({ tiles: tileNumbers, classes: tileNumbers, groups: tileNumbers }).nullable(),
});
export type PretrainJob = z.output<typeof pretrainJob>;

export const embedJob = z.object({
  kind: z.literal('embed'),
  ...common,
  /** null: the untrained network of this seed, the baseline beside every result. */
  checkpoint: z.string().nullable(),
  /** Tiles in the order of the file's rows; null for all. */
  indices: tileNumbers.nullable(),
  /** Target embeddings file. */
  output: z.string(),
});
export type EmbedJob = z.output<typeof embedJob>;

/** Networks trained from scratch on few labels (supervised-training.ts); goes on behind the lines that an earlier attempt wrote. */
export const superviseJob = z.object({
  kind: z.literal('supervise'),
  ...common,
  classCount: z.number().int().min(2),
  steps: z.number().int().min(1),
  baseLearningRate: z.number().positive(),
  /** Lists of tiles to name, once each; a training says which. */
  queries: z.array(tileNumbers),
  trainings: z.array(
    z.object({
      tiles: tileNumbers,
      classes: tileNumbers,
      query: z.number().int().min(0),
      seed: z.number().int().min(0),
    }),
  ),
  /** Target: a line of JSON a training, the classes of its query in order. */
  output: z.string(),
});
export type SuperviseJob = z.output<typeof superviseJob>;

/** Looks at an encoder that was trained elsewhere; with a card it is tried out. */
export const inspectEncoderJob = z.object({
  kind: z.literal('inspect-encoder'),
  /** Path of the .onnx file, and its name in messages. */
  file: z.string(),
  name: z.string(),
  card: encoderCard.nullable(),
  provider: z.enum(encoderProviders),
});
export type InspectEncoderJob = z.output<typeof inspectEncoderJob>;

/** Features of tiles by such an encoder; goes on behind the rows that an earlier attempt finished. */
export const encodeJob = z.object({
  kind: z.literal('encode'),
  tiles: z.string(),
  /** Micrometres per pixel of the tiles. */
  tileMpp: z.number().gt(0),
  file: z.string(),
  name: z.string(),
  sha256: z.string(),
  card: encoderCard,
  provider: z.enum(encoderProviders),
  features: z.number().int().min(1),
  batch: z.number().int().min(1),
  indices: tileNumbers.nullable(),
  output: z.string(),
});
export type EncodeJob = z.output<typeof encodeJob>;

export const engineJob = z.discriminatedUnion('kind', [
  pretrainJob,
  embedJob,
  superviseJob,
  inspectEncoderJob,
  encodeJob,
]);
export type EngineJob = z.output<typeof engineJob>;
export type EngineJobInput = z.input<typeof engineJob>;

const nullableNumber = z.number().nullable();

export const pretrainResult = z.object({
  kind: z.literal('pretrain'),
  steps: z.number().int(),
  finalLoss: nullableNumber,
  zStd: nullableNumber,
  effectiveRank: nullableNumber,
  knnAccuracy: nullableNumber,
  tripletsPerSecond: nullableNumber,
  leftOverTripletsPerEpoch: z.number().int(),
  skippedSteps: z.number().int(),
  verdict: verdictSchema,
  /** Path of the last checkpoint. */
  checkpoint: z.string(),
});
export const embedResult = z.object({
  kind: z.literal('embed'),
  output: z.string(),
  count: z.number().int(),
  dimension: z.number().int(),
});
export const superviseResult = z.object({
  kind: z.literal('supervise'),
  output: z.string(),
  trainings: z.number().int(),
});
const declaredTensor = z.object({
  name: z.string(),
  type: z.string(),
  shape: z.array(z.union([z.number(), z.string()])),
});
export const inspectEncoderResult = z.object({
  kind: z.literal('inspect-encoder'),
  inputs: z.array(declaredTensor),
  outputs: z.array(declaredTensor),
  check: encoderCheck.nullable(),
});
export const encodeResult = embedResult.extend({ kind: z.literal('encode') });
export const engineJobResult = z.discriminatedUnion('kind', [
  pretrainResult,
  embedResult,
  superviseResult,
  inspectEncoderResult,
  encodeResult,
]);
export type PretrainResult = z.output<typeof pretrainResult>;
export type EmbedResult = z.output<typeof embedResult>;
export type SuperviseResult = z.output<typeof superviseResult>;
export type InspectEncoderResult = z.output<typeof inspectEncoderResult>;
export type EncodeResult = z.output<typeof encodeResult>;
export type EngineJobResult = z.output<typeof engineJobResult>;
export type ResultOf<Job extends { kind: string }> = Extract<EngineJobResult, { kind: Job['kind'] }>;
