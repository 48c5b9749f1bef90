/** The machine: what runs here, how fast, and why. */
import { z } from 'zod';
import { benchInput, benchReport } from './bench.ts';

export const doctorReport = z.object({
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  cores: z.number().int(),
  memoryBytes: z.number(),
  engine: z.object({
    engine: z.string(),
    backend: z.string(),
    reason: z.string(),
    precision: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  /** A fixed small step computed here against values known in advance. */
  selfTest: z.object({ passed: z.boolean(), text: z.string() }),
  sentence: z.string(),
});
export type DoctorReport = z.output<typeof doctorReport>;

export const appCalls = {
  doctor: { input: z.object({}), output: doctorReport },
  bench: { input: benchInput, output: benchReport },
} as const;
