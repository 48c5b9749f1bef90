/** Pretraining runs: learn the tissue's look without labels. */
import { z } from 'zod';

export const engineSummary = z.object({
  engine: z.string(),
  backend: z.string(),
  reason: z.string(),
  precision: z.string(),
});

export const runSummary = z.object({
  run: z.string(),
  createdAt: z.string(),
  status: z.enum(['running', 'stopped', 'finished', 'failed']),
  method: z.string(),
  network: z.string(),
  recipe: z.string(),
  epochs: z.number().int(),
  seed: z.number().int(),
  engine: engineSummary.nullable(),
  /** Slides left out of pretraining, by id. */
  excludedSlides: z.array(z.string()),
  steps: z.number().int(),
  finalLoss: z.number().nullable(),
  zStd: z.number().nullable(),
  effectiveRank: z.number().nullable(),
  knnAccuracy: z.number().nullable(),
  tripletsPerSecond: z.number().nullable(),
  /** The collapse guard's last word. */
  verdict: z.object({ level: z.string(), sentence: z.string() }).nullable(),
});
export type RunSummary = z.output<typeof runSummary>;

export const pretrainInput = z.object({
  project: z.string(),
  method: z.enum(['simtriplet', 'simsiam']).default('simtriplet'),
  recipe: z.enum(['quick', 'standard', 'paper']).default('standard'),
  network: z.enum(['resnet18-narrow', 'resnet18', 'resnet50']).optional(),
  epochs: z.number().int().min(1).max(100_000).optional(),
  batch: z.number().int().min(2).max(4096).optional(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
  engine: z.enum(['auto', 'tfjs']).default('auto'),
  /** A run's id, or 'last'. The run's own settings count; other inputs are ignored. */
  resume: z.string().optional(),
  excludeSlides: z.array(z.string()).default([]),
});

export const runsCalls = {
  pretrain: { input: pretrainInput, output: runSummary },
  list: { input: z.object({ project: z.string() }), output: z.array(runSummary) },
} as const;
