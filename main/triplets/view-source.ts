/**
 * Turns tile indices into network input, the engine port's ViewSource: reads pixels and augments them in worker threads, or
 * hands pixels and drawn parameters to an engine that augments on its device. Every view is a pure function of (seed, epoch, tile, view), so neither the number of workers nor
 * reading ahead changes a value.
 */
import { Worker } from 'node:worker_threads';
import { TrefoilError } from '#common/errors.ts';
import type { TileSource, TrainingTiles, TripletIndices, UnrenderedViews, ViewSource } from '#main/engine/port.ts';
import type { AugmentationSettings } from '#common/domain/pretrain.ts';
import type { ViewNumber } from './augmentation/view-parameters.ts';
import { ViewRenderer } from './augmentation/view-renderer.ts';
import { renderViews } from './render-views.ts';
import type { ViewJob, ViewRequest } from './render-views.ts';
import { makePlainTiles, makeTrainingTiles, readSlots, slotsOf } from './training-tiles.ts';

export interface ViewSourceOptions {
  /** Closed with the view source. */
  readonly tiles: TileSource;
  readonly viewPx: number;
  readonly seed: number;
  readonly augmentation: AugmentationSettings;
  /** Worker threads; 0 renders in the calling thread. */
  readonly workers: number;
}

export interface PrefetchingViewSource extends ViewSource {
  readonly unrendered: UnrenderedViews;
  /**
   * Starts on a later step's input, of the kind that was asked for last (so nothing before the first step): the call with
   * the same triplets and epoch then gets it. Holds one step.
   */
  prefetch(triplets: readonly TripletIndices[], epoch: number): void;
}

type Views = readonly [Float32Array, Float32Array, Float32Array];
/** Input of one later step, in the making. */
type Ahead =
  | { readonly kind: 'views'; readonly key: string; readonly input: Promise<Views> }
  | { readonly kind: 'tiles'; readonly key: string; readonly input: Promise<TrainingTiles> };
type Render = (request: ViewRequest) => Promise<Float32Array>;

/** Throws `invalid-input` for a view size the blur cannot handle. */
export function createViewSource(options: ViewSourceOptions): PrefetchingViewSource {
  const { tiles, viewPx, seed, augmentation } = options;
  if (!Number.isInteger(viewPx) || viewPx < 8 || viewPx > 1024) {
    throw new TrefoilError(
      'invalid-input',
      `Views of ${viewPx} px are not possible.`,
      'Use a whole size from 8 to 1024.',
    );
  }
  const viewValues = viewPx * viewPx * 3;
  // Started by the first view rendered: an engine that augments on its device needs no threads.
  let pool: WorkerPool | null = null;
  let renderer: ViewRenderer | null = null;
  const renderHere: Render = (request) =>
    Promise.resolve(renderViews((renderer ??= new ViewRenderer(tiles.sizePx, viewPx)), request));
  const render: Render =
    options.workers > 0 ? (request) => (pool ??= startWorkers(options.workers)).render(request) : renderHere;
  let ahead: Ahead | null = null;
  let lastUsed: Ahead['kind'] | null = null;

  /** Groups of jobs that share pixels, cut into one chunk a worker; results land in `outputs[view][position]`. */
  const renderAll = async (
    groups: readonly { readonly tiles: readonly number[]; readonly jobs: readonly ViewJob[] }[],
    epoch: number,
    outputs: readonly Float32Array[],
  ): Promise<void> => {
    const chunkLength = Math.max(1, Math.ceil(groups.length / Math.max(1, options.workers)));
    const chunks: Promise<void>[] = [];
    for (let start = 0; start < groups.length; start += chunkLength) {
      chunks.push(renderChunk(groups.slice(start, start + chunkLength), start, epoch, outputs));
    }
    await Promise.all(chunks);
  };

  const renderChunk = async (
    groups: readonly { readonly tiles: readonly number[]; readonly jobs: readonly ViewJob[] }[],
    start: number,
    epoch: number,
    outputs: readonly Float32Array[],
  ): Promise<void> => {
    const slots = slotsOf(groups.flatMap((group) => group.tiles));
    const pixels = await readSlots(tiles, slots);
    const jobs = groups.flatMap((group) =>
      group.jobs.map((job) => ({ ...job, slot: slots.get(group.tiles[job.slot] as number) as number })),
    );
    const views = await render({
      tilePx: tiles.sizePx,
      viewPx,
      seed,
      epoch,
      augmentation,
      pixels,
      jobs,
    });
    const perGroup = outputs.length;
    for (let index = 0; index < jobs.length; index += 1) {
      const output = outputs[index % perGroup] as Float32Array;
      const position = start + Math.floor(index / perGroup);
      output.set(views.subarray(index * viewValues, (index + 1) * viewValues), position * viewValues);
    }
  };

  const makeTrainingViews = async (triplets: readonly TripletIndices[], epoch: number): Promise<Views> => {
    const empty = (): Float32Array => new Float32Array(triplets.length * viewValues);
    const views: Views = [empty(), empty(), empty()];
    const job = (tile: number, slot: number, view: ViewNumber): ViewJob => ({ tile, slot, view });
    const groups = triplets.map(({ tile, neighbour }) => ({
      tiles: [tile, neighbour],
      jobs: [job(tile, 0, 0), job(tile, 1, 1), job(tile, 0, 2)],
    }));
    await renderAll(groups, epoch, views);
    return views;
  };

  const keyOf = (triplets: readonly TripletIndices[], epoch: number): string =>
    `${epoch}:${triplets.map(({ tile, neighbour }) => `${tile},${neighbour}`).join(';')}`;

  return {
    viewPx,
    prefetch(triplets, epoch) {
      if (lastUsed === null) return;
      const key = keyOf(triplets, epoch);
      ahead =
        lastUsed === 'views'
          ? { kind: 'views', key, input: makeTrainingViews(triplets, epoch) }
          : { kind: 'tiles', key, input: makeTrainingTiles(tiles, triplets, { seed, epoch, augmentation }) };
      // A failure is the one of the step itself, if that step is ever asked for.
      ahead.input.catch(() => undefined);
    },
    async trainingViews(triplets, epoch) {
      lastUsed = 'views';
      const prepared = ahead;
      if (prepared?.kind !== 'views' || prepared.key !== keyOf(triplets, epoch)) {
        return makeTrainingViews(triplets, epoch);
      }
      ahead = null;
      return prepared.input;
    },
    unrendered: {
      tilePx: tiles.sizePx,
      async training(triplets, epoch) {
        lastUsed = 'tiles';
        const prepared = ahead;
        if (prepared?.kind !== 'tiles' || prepared.key !== keyOf(triplets, epoch)) {
          return makeTrainingTiles(tiles, triplets, { seed, epoch, augmentation });
        }
        ahead = null;
        return prepared.input;
      },
      plain: (indices) => makePlainTiles(tiles, indices),
    },
    async plainViews(indices) {
      const views = new Float32Array(indices.length * viewValues);
      const groups = indices.map((tile) => ({ tiles: [tile], jobs: [{ tile, slot: 0, view: null }] }));
      await renderAll(groups, 0, [views]);
      return views;
    },
    async close() {
      const pending = ahead?.input;
      ahead = null;
      await pending?.catch(() => undefined);
      await pool?.close();
      await tiles.close();
    },
  };
}

interface WorkerPool {
  readonly render: Render;
  close(): Promise<void>;
}

function startWorkers(count: number): WorkerPool {
  let nextId = 0;
  let failure: Error | null = null;
  const waiting = new Map<number, { resolve: (views: Float32Array) => void; reject: (error: Error) => void }>();
  const workers = Array.from({ length: count }, () => new Worker(new URL('./view-worker.ts', import.meta.url)));
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  for (const worker of workers) {
    worker.on('message', ({ id, views }: { readonly id: number; readonly views: Float32Array }) => {
      waiting.get(id)?.resolve(views);
      waiting.delete(id);
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`An augmentation thread ended with code ${code}.`)));
  }
  return {
    render: (request) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        const id = nextId;
        nextId += 1;
        waiting.set(id, { resolve, reject });
        // A copy is moved, not the source's own memory, which it may want to use again.
        const pixels = request.pixels.slice();
        workers[id % count]?.postMessage({ id, request: { ...request, pixels } }, [pixels.buffer]);
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
