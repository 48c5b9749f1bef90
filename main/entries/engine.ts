/**
 * Entry of the engine's process: joins tiles, triplets and an engine for the jobs that the core sends. Started by EngineHost only,
 * with an IPC channel; it takes no arguments and prints nothing of its own.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { classifyingNetwork } from '../engine/network-parameters.ts';
import { CheckpointStore, readCheckpoint } from '../engine/checkpoint-store.ts';
import { writeEmbeddings } from '../engine/embeddings-file.ts';
import { measureInputDiversity } from '../engine/monitors/input-diversity.ts';
import { networks, type EngineOptions, type TileSource, type TrainingEngine } from '../engine/port.ts';
import type {
  EmbedJob,
  EmbedResult,
  PretrainJob,
  PretrainResult,
  SuperviseJob,
  SuperviseResult,
} from '../engine/process/job.ts';
import type { EngineEvent } from '../engine/process/messages.ts';
import { serveJobs, type JobContext, type ParentChannel } from '../engine/process/serve-jobs.ts';
import { selectEngine } from '../engine/select-engine.ts';
import { SupervisedLines } from '../engine/supervised-lines.ts';
import { trainSupervised } from '../engine/supervised-training.ts';
import { train, type EpochTriplets } from '../engine/training-loop.ts';
import { locateTile, type TileSetManifest } from '../tiles/tile-set.ts';
import { openTileStore } from '../tiles/tile-store.ts';
import { buildNeighbourGraph } from '../triplets/neighbour-graph.ts';
import { sampleTriplets } from '../triplets/sample-triplets.ts';
import { encode, inspectEncoder } from './own-encoder-jobs.ts';
import { createViewSource, type PrefetchingViewSource } from '../triplets/view-source.ts';

const manifestSchema = z.object({
  sizePx: z.number().int().min(1),
  count: z.number().int().min(1),
  shards: z.array(
    z.object({
      slide: z.string(),
      path: z.string(),
      firstIndex: z.number().int().min(0),
      records: z.number().int().min(0),
      sha256: z.string(),
      tiles: z.array(z.tuple([z.number().int(), z.number().int()])),
    }),
  ),
});

interface OpenedJob {
  readonly manifest: TileSetManifest;
  readonly tiles: TileSource;
  readonly views: PrefetchingViewSource;
  readonly engine: TrainingEngine;
}

async function withEngine<Result>(
  job: PretrainJob | EmbedJob | SuperviseJob,
  onEvent: (event: EngineEvent) => void,
  work: (opened: OpenedJob) => Promise<Result>,
  changes: Partial<EngineOptions> = {},
): Promise<Result> {
  const manifest = await readManifest(job.tiles);
  const { settings, seed, workers } = job;
  const tiles = openTileStore(manifest);
  const { viewPx, augmentation, method, neighbourWeight, batch, momentum, weightDecay } = settings;
  const views = createViewSource({ tiles, viewPx, seed, augmentation, workers });
  try {
    const options: EngineOptions = {
      network: networks[settings.network],
      ...(settings.parts === undefined ? {} : { parts: settings.parts }),
      method,
      neighbourWeight,
      batch,
      views,
      seed,
      momentum,
      weightDecay,
      ...changes,
    };
    const engine = await selectEngine(options, job.engine);
    try {
      onEvent({ type: 'engine', description: describePlainly(engine), plan: engine.plan() });
      return await work({ manifest, tiles, views, engine });
    } finally {
      await engine.dispose();
    }
  } finally {
    // Closes the tiles too.
    await views.close();
  }
}

function describePlainly(engine: TrainingEngine): Extract<EngineEvent, { type: 'engine' }>['description'] {
  const description = engine.describe();
  return { ...description, versions: { ...description.versions } };
}

async function readManifest(path: string): Promise<TileSetManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new TrefoilError(
      'file-invalid',
      `The list of tiles ${path} cannot be read.`,
      'Run the tiles step again.',
      { path },
      error,
    );
  }
}

function pretrain(job: PretrainJob, { signal, pause, onEvent }: JobContext): Promise<PretrainResult> {
  return withEngine(job, onEvent, async ({ manifest, tiles, views, engine }) => {
    const trained = job.trainingTiles ?? Array.from({ length: manifest.count }, (_, tile) => tile);
    const placed = Array.from({ length: manifest.count }, (_, tile) => locateTile(manifest, tile));
    const graph = buildNeighbourGraph(placed, job.neighbourStep * (job.settings.neighbourDistance ?? 1));
    const rule = job.settings.neighbour;
    const triplets = (epoch: number): EpochTriplets =>
      sampleTriplets({ graph, seed: job.seed, epoch, rule, tiles: trained });
    const result = await train(
      {
        runDir: job.runDir,
        settings: job.settings,
        seed: job.seed,
        tiles: trained,
        dataFingerprint: fingerprint(manifest, job),
        labelled: job.labelled,
      },
      {
        engine,
        triplets,
        checkpoints: new CheckpointStore(join(job.runDir, 'checkpoints')),
        inspectInput: async (sample) => measureInputDiversity(await tiles.read(sample), sample.length),
        prefetch: job.workers > 0 ? (next, epoch) => views.prefetch(next, epoch) : undefined,
        nowMs: () => performance.now(),
        rest: job.gentle
          ? (milliseconds) => delay(milliseconds, undefined, { signal }).catch(() => undefined)
          : undefined,
        signal,
        pause,
        onProgress: (progress) => onEvent({ type: 'training', progress }),
        onVerdict: (verdict, step) => onEvent({ type: 'verdict', step, verdict: structuredClone(verdict) as never }),
        onCheckpoint: (path, step) => onEvent({ type: 'checkpoint', step, path }),
      },
    );
    return { kind: 'pretrain', ...result, verdict: structuredClone(result.verdict) as PretrainResult['verdict'] };
  });
}

/** Shard paths stay out: a project that was moved is still the same data. */
function fingerprint(manifest: TileSetManifest, job: PretrainJob): string {
  const shards = manifest.shards.map(({ slide, sha256, tiles }) => ({ slide, sha256, tiles }));
  const parts = { sizePx: manifest.sizePx, shards, trainingTiles: job.trainingTiles, neighbourStep: job.neighbourStep };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function embed(job: EmbedJob, { signal, onEvent }: JobContext): Promise<EmbedResult> {
  return withEngine(job, onEvent, async ({ manifest, engine }) => {
    if (job.checkpoint !== null) await engine.load((await readCheckpoint(job.checkpoint)).state);
    const indices = job.indices ?? Array.from({ length: manifest.count }, (_, tile) => tile);
    const { batch, network } = job.settings;
    async function* blocks(): AsyncGenerator<Float32Array> {
      for (let start = 0; start < indices.length; start += batch) {
        throwIfCancelled(signal);
        const part = indices.slice(start, start + batch);
        yield await engine.embed(part);
        onEvent({ type: 'embedding', done: start + part.length, total: indices.length });
      }
    }
    const dimension = networks[network].features;
    const description = engine.describe();
    const provenance = {
      network,
      viewPx: String(job.settings.viewPx),
      checkpoint: job.checkpoint ?? `untrained, seed ${job.seed}`,
      engine: `${description.engine} ${description.backend} ${description.precision}`,
    };
    await writeEmbeddings(job.output, { count: indices.length, dimension, provenance }, blocks());
    return { kind: 'embed', output: job.output, count: indices.length, dimension };
  });
}

function supervise(job: SuperviseJob, { signal, onEvent }: JobContext): Promise<SuperviseResult> {
  const { classCount, steps, baseLearningRate, trainings, queries, settings } = job;
  const network = classifyingNetwork(networks[settings.network], classCount);
  // One network after the other in one engine, which is planned for one batch: that of the fewest labels.
  const fewest = trainings.reduce((least, { tiles }) => Math.min(least, tiles.length), Infinity);
  const batch = Math.max(2, Math.min(settings.batch, fewest));
  const work = async ({ engine }: OpenedJob): Promise<SuperviseResult> => {
    const written = await SupervisedLines.open(job.output);
    try {
      for (const { tiles, classes, query, seed } of trainings.slice(written.lines.length)) {
        onEvent({ type: 'supervised', done: written.lines.length, total: trainings.length });
        const own = { tiles, classes, query: queries[query] ?? [], seed };
        await written.append(await trainSupervised(engine, own, { network, batch, steps, baseLearningRate }, signal));
      }
      return { kind: 'supervise', output: job.output, trainings: trainings.length };
    } finally {
      await written.close();
    }
  };
  return withEngine(job, onEvent, work, { network, method: 'supervised', batch, parts: 1 });
}

// Ctrl-C and a closing terminal reach the whole process group. The core decides what becomes of the job: it sends "cancel", and
// this process writes its checkpoint first. It ends with its parent in any case.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

serveJobs(process as unknown as ParentChannel, async (job, context) => {
  switch (job.kind) {
    case 'pretrain':
      return pretrain(job, context);
    case 'embed':
      return embed(job, context);
    case 'supervise':
      return supervise(job, context);
    case 'inspect-encoder':
      return inspectEncoder(job, context);
    case 'encode':
      return encode(job, await readManifest(job.tiles), context);
    default: {
      const never: never = job;
      return never;
    }
  }
});
