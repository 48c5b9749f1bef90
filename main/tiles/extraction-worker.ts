/**
 * Worker thread of extraction: opens the slide once, then writes the shards it is told, one at a time. It keeps no state
 * between shards, so which worker writes which shard changes no byte.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorReport } from '#common/errors.ts';
import type { ErrorReport } from '#common/errors.ts';
import type { ExtractionPlan } from './extraction-plan.ts';
import { writeShard } from './shard.ts';
import type { ShardRecord } from './shard.ts';
import { openTilePixelsSource } from './tile-pixels.ts';
import type { TilePixels, TilePixelsSource } from './tile-pixels.ts';

export interface ExtractionWorkerData {
  readonly plan: ExtractionPlan;
  readonly source: TilePixelsSource;
  readonly directory: string;
}

/** To the worker: a shard to write, or null to close the slide and end. */
export type ExtractionWorkerRequest = number | null;

export type ExtractionWorkerReply = { readonly record: ShardRecord } | { readonly error: ErrorReport };

const port = parentPort;
if (port) {
  const { plan, source, directory } = workerData as ExtractionWorkerData;
  let opened: Promise<TilePixels> | null = null;
  const answer = async (request: ExtractionWorkerRequest): Promise<void> => {
    if (request === null) {
      port.close();
      await (await opened)?.close();
      return;
    }
    let reply: ExtractionWorkerReply;
    try {
      opened ??= openTilePixelsSource(source);
      reply = { record: await writeShard(plan, request, await opened, directory) };
    } catch (error) {
      reply = { error: toErrorReport(error) };
    }
    port.postMessage(reply);
  };
  port.on('message', (request: ExtractionWorkerRequest) => void answer(request));
}
