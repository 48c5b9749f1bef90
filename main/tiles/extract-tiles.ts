/**
 * Extraction of one slide's tiles into shards: checks what is there, writes what is missing, in parallel over worker
 * threads, one shard in flight a worker. Killing it anywhere and running it again gives the same bytes, whatever the
 * number of workers. It knows neither projects nor slide formats.
 */
import { mkdir } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { shardCandidates, shardCount } from './extraction-plan.ts';
import type { ExtractionPlan } from './extraction-plan.ts';
import type { ExtractionWorkerData, ExtractionWorkerReply, ExtractionWorkerRequest } from './extraction-worker.ts';
import { asDiskFull } from '../files/atomic-file.ts';
import { readIntactShard, removeStaleShards, writeShard } from './shard.ts';
import type { ShardRecord } from './shard.ts';
import { openTilePixelsSource } from './tile-pixels.ts';
import type { TilePixelsSource } from './tile-pixels.ts';

const threadEndMs = 5000;

export interface ExtractionOptions {
  readonly plan: ExtractionPlan;
  readonly source: TilePixelsSource;
  /** Directory of the shards; created when missing. */
  readonly directory: string;
  /** Worker threads; with 0, or when one shard is missing only, this thread does the work. */
  readonly workers: number;
}

export interface ExtractionResult {
  /** All shards of the slide, in order. */
  readonly shards: readonly ShardRecord[];
  readonly written: number;
  readonly reused: number;
  readonly keptTiles: number;
  readonly blurredTiles: number;
}

/** Errors: `cancelled`, `disk-full`; the slide reader's own errors pass through. */
export async function extractTiles(options: ExtractionOptions, context: StageContext = {}): Promise<ExtractionResult> {
  const { plan, directory } = options;
  const { signal } = context;
  const total = plan.candidates.length;
  const shards = new Array<ShardRecord | null>(shardCount(plan)).fill(null);
  let done = 0;
  const finished = (record: ShardRecord): void => {
    shards[record.shard] = record;
    done += record.records + record.blurred.length;
    context.onProgress?.({ stage: 'Extracting tiles', done, total, note: plan.slide });
  };

  throwIfCancelled(signal);
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw asDiskFull(directory, error);
  }
  await removeStaleShards(plan, directory);
  const missing: number[] = [];
  for (let shard = 0; shard < shards.length; shard += 1) {
    const record = await readIntactShard(plan, shard, directory, signal);
    if (record) finished(record);
    else missing.push(shard);
  }

  const written = missing.length;
  const workers = Math.min(options.workers, missing.length);
  if (workers > 1 || (workers === 1 && total > shardCandidates)) {
    await writeWithWorkers(options, missing, workers, finished, signal);
  } else if (written > 0) {
    await writeHere(options, missing, finished, signal);
  }

  const complete = shards.filter((shard) => shard !== null);
  if (complete.length !== shards.length) throw new Error('A tile extraction thread ended before its work was done.');
  return {
    shards: complete,
    written,
    reused: complete.length - written,
    keptTiles: complete.reduce((sum, shard) => sum + shard.records, 0),
    blurredTiles: complete.reduce((sum, shard) => sum + shard.blurred.length, 0),
  };
}

async function writeHere(
  { plan, source, directory }: ExtractionOptions,
  missing: readonly number[],
  finished: (record: ShardRecord) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pixels = await openTilePixelsSource(source);
  try {
    for (const shard of missing) finished(await writeShard(plan, shard, pixels, directory, signal));
  } finally {
    await pixels.close();
  }
}

async function writeWithWorkers(
  { plan, source, directory }: ExtractionOptions,
  missing: readonly number[],
  count: number,
  finished: (record: ShardRecord) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const queue = [...missing];
  const workerData: ExtractionWorkerData = { plan, source, directory };
  const workers = Array.from(
    { length: count },
    () => new Worker(new URL('./extraction-worker.ts', import.meta.url), { workerData }),
  );
  let stopListening = (): void => undefined;
  // Ending a thread in the middle of a shard is safe: it leaves a .partial file, which the next run removes.
  const cancelled = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(new Error('cancelled'));
    signal?.addEventListener('abort', giveUp, { once: true });
    stopListening = () => signal?.removeEventListener('abort', giveUp);
  });
  // Only the race below listens; without it a cancelled extraction would be an unhandled rejection.
  cancelled.catch(() => undefined);
  const jobs = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        const next = (): void => worker.postMessage((queue.shift() ?? null) satisfies ExtractionWorkerRequest);
        worker.on('message', (reply: ExtractionWorkerReply) => {
          if ('error' in reply) {
            reject(TrefoilError.fromReport(reply.error));
            return;
          }
          finished(reply.record);
          next();
        });
        worker.on('error', reject);
        worker.on('exit', (code) => {
          if (code === 0) resolve();
          else reject(new Error(`A tile extraction thread ended with code ${code}.`));
        });
        next();
      }),
  );
  try {
    await Promise.race([Promise.all(jobs), cancelled]);
    throwIfCancelled(signal);
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  } finally {
    stopListening();
    // A job that failed after the first is told by nobody.
    for (const job of jobs) job.catch(() => undefined);
    await endThreads(workers);
  }
}

/** A thread that waits for a drive that does not answer cannot be ended; nobody waits for it. */
async function endThreads(workers: readonly Worker[]): Promise<void> {
  const ended = Promise.allSettled(workers.map((worker) => worker.terminate()));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((done) => (timer = setTimeout(done, threadEndMs)));
  await Promise.race([ended, patience]);
  clearTimeout(timer);
}
