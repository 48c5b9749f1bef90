/**
 * A run's metrics.jsonl: one JSON object a line, appended in step order, types step, epoch, verdict and resumed. Opening it for a
 * resume cuts away every line past the checkpoint's step and a torn last line, so a replayed step is never there twice.
 */
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { asDiskFull, writeFileAtomically } from '../files/atomic-file.ts';
import { verdictLevels } from './collapse-guard.ts';

const number = z.number().nullable();

export const verdictSchema = z.object({
  level: z.enum(verdictLevels),
  sentence: z.string(),
  signs: z.array(z.string()),
  evidence: z.record(z.string(), z.number()),
  advice: z.array(z.string()),
});

/** A number that was not finite is written as null. */
export const metricsLine = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('step'),
    /** Completed steps, counted from 1. */
    step: z.number().int(),
    /** Epoch the step belongs to, counted from 1. */
    epoch: z.number().int(),
    loss: number,
    zStd: number,
    learningRate: z.number(),
    tripletsPerSecond: number,
    skipped: z.boolean(),
  }),
  z.object({
    type: z.literal('epoch'),
    step: z.number().int(),
    /** Completed epochs; 0 is the untrained network. */
    epoch: z.number().int(),
    loss: number,
    zStd: number,
    effectiveRank: number,
    embeddingStd: number,
    knnAccuracy: number,
    knnBalancedAccuracy: number,
    leftOverTriplets: z.number().int(),
    skippedSteps: z.number().int(),
    tripletsPerSecond: number,
  }),
  z.object({ type: z.literal('verdict'), step: z.number().int(), epoch: z.number().int(), verdict: verdictSchema }),
  z.object({
    type: z.literal('resumed'),
    step: z.number().int(),
    epoch: z.number().int(),
    /** The newest checkpoint could not be read and the one before it was used. */
    fellBack: z.boolean(),
  }),
]);
export type MetricsLine = z.output<typeof metricsLine>;

export class MetricsLog {
  private readonly path: string;
  private readonly file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.file = file;
  }

  /** Keeps the lines up to and including `keepStep`; null starts anew. */
  static async open(path: string, keepStep: number | null): Promise<MetricsLog> {
    const kept = keepStep === null ? [] : (await readMetrics(path)).filter((line) => line.step <= keepStep);
    await writeFileAtomically(path, Buffer.from(kept.map((line) => `${JSON.stringify(line)}\n`).join('')));
    return new MetricsLog(path, await open(path, 'a'));
  }

  async append(line: MetricsLine): Promise<void> {
    try {
      await this.file.appendFile(`${JSON.stringify(line)}\n`);
    } catch (error) {
      throw asDiskFull(this.path, error);
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** All whole lines of a metrics file, an absent file being empty. A torn last line, left by a kill, is skipped. */
export async function readMetrics(path: string): Promise<MetricsLine[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return parseMetrics(text);
}

/** Lines that are not whole or not ours are left out. */
export function parseMetrics(text: string): MetricsLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = metricsLine.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      // Not JSON: a torn line.
      return [];
    }
  });
}
