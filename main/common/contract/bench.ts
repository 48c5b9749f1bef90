/** The benchmark's report: how fast a training step is here, where its time goes, and what it moves and computes. */
import { z } from 'zod';

const bytesByKind = z.object({
  weights: z.number(),
  optimiser: z.number(),
  activations: z.number(),
  workspace: z.number(),
});

const spread = z.object({ median: z.number(), minimum: z.number(), maximum: z.number() });

export const benchInput = z.object({
  engine: z.enum(['webgpu', 'tfjs']).default('webgpu'),
  network: z.enum(['resnet18-narrow', 'resnet18', 'resnet50']).default('resnet50'),
  viewPx: z.number().int().min(32).max(512).default(128),
  batch: z.number().int().min(2).max(1024).default(128),
  /** Steps of a repeat. */
  steps: z.number().int().min(1).default(10),
  repeats: z.number().int().min(1).default(5),
  warmupSteps: z.number().int().min(1).default(3),
  precision: z.enum(['f32', 'f16']).optional(),
  /** No device: bytes and operations only. */
  planOnly: z.boolean().default(false),
  allowSoftware: z.boolean().default(false),
});

export const benchReport = z.object({
  machine: z.string(),
  engine: z.string(),
  /** Null for a plan, which touches no device. */
  device: z.object({ name: z.string(), isSoftware: z.boolean(), precision: z.string(), reason: z.string() }).nullable(),
  network: z.string(),
  viewPx: z.number(),
  batch: z.number(),
  precision: z.enum(['f32', 'f16']),
  /** Milliseconds of a whole step over the repeats, and triplets a second at the median. */
  step: z
    .object({
      steps: z.number(),
      repeats: z.number(),
      warmupSteps: z.number(),
      milliseconds: spread,
      tripletsPerSecond: z.number(),
      /** What the time covers, in words: the engines differ. */
      covers: z.string(),
    })
    .nullable(),
  /** The same steps fed from tile records on disk: read, upload, augment, train, with the next step read ahead. */
  diskToTrained: z
    .object({
      milliseconds: spread,
      tripletsPerSecond: z.number(),
      /** Reading the tiles of one step from the shards, alone (the system's cache is warm). */
      readMilliseconds: z.number(),
    })
    .nullable(),
  /** Bytes the step holds by kind; null where the engine does not plan them. */
  bytes: bytesByKind.nullable(),
  /** From timestamp queries, one pass a kernel; null where the adapter has none. */
  phaseMilliseconds: z.record(z.string(), z.number().nullable()),
  kernels: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      phase: z.string(),
      calls: z.number(),
      floatOperations: z.number(),
      byteLength: z.number(),
      milliseconds: z.number().nullable(),
      teraflopsPerSecond: z.number().nullable(),
      gigabytesPerSecond: z.number().nullable(),
    }),
  ),
});
export type BenchReport = z.output<typeof benchReport>;
