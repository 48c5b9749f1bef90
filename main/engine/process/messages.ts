/** The two directions between the core and the engine's process. Every message is checked where it arrives. */
import { z } from 'zod';
import { errorCodes } from '#common/errors.ts';
import { verdictSchema } from '../metrics-log.ts';
import { engineJob, engineJobResult } from './job.ts';

export const toEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), job: engineJob }),
  z.object({ type: z.literal('cancel') }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
]);
export type ToEngine = z.output<typeof toEngine>;

const nullableNumber = z.number().nullable();

/** The loop's TrainingProgress as it crosses the process boundary. */
const trainingProgress = z.object({
  step: z.number().int(),
  totalSteps: z.number().int(),
  epoch: z.number().int(),
  epochs: z.number().int(),
  stepInEpoch: z.number().int(),
  stepsPerEpoch: z.number().int(),
  loss: nullableNumber,
  zStd: nullableNumber,
  learningRate: z.number(),
  effectiveRank: nullableNumber,
  embeddingStd: nullableNumber,
  knnAccuracy: nullableNumber,
  tripletsPerSecond: nullableNumber,
  secondsLeft: nullableNumber,
});

const engineDescription = z.object({
  engine: z.string(),
  backend: z.string(),
  reason: z.string(),
  precision: z.enum(['float32', 'mixed-float16']),
  versions: z.record(z.string(), z.string()),
});

const memoryPlan = z.object({
  weightBytes: z.number(),
  optimiserBytes: z.number(),
  activationBytes: z.number(),
  workspaceBytes: z.number(),
  totalBytes: z.number(),
  fits: z.boolean().nullable(),
  advice: z.string().nullable(),
});

/** What a job tells while it runs; passed on to whoever started it. */
export const engineEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('engine'), description: engineDescription, plan: memoryPlan }),
  z.object({ type: z.literal('training'), progress: trainingProgress }),
  z.object({ type: z.literal('embedding'), done: z.number().int(), total: z.number().int() }),
  z.object({ type: z.literal('supervised'), done: z.number().int(), total: z.number().int() }),
  z.object({ type: z.literal('verdict'), step: z.number().int(), verdict: verdictSchema }),
  z.object({ type: z.literal('checkpoint'), step: z.number().int(), path: z.string() }),
]);
export type EngineEvent = z.output<typeof engineEvent>;

export const fromEngine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), pid: z.number().int() }),
  z.object({ type: z.literal('event'), event: engineEvent }),
  z.object({ type: z.literal('done'), result: engineJobResult }),
  z.object({
    type: z.literal('error'),
    error: z.object({
      code: z.enum(errorCodes),
      message: z.string(),
      hint: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    }),
  }),
]);
export type FromEngine = z.output<typeof fromEngine>;
