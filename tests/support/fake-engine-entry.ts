/**
 * An engine process for tests: serves jobs as main/entries/engine.ts does, with a fake engine instead of a device. How it
 * misbehaves is told by the job's `tiles` text, since a test cannot reach into another process: "crash-at:7" dies at the 7th
 * completed step of a run folder once, "crash-always", "stubborn" ignores the end of its parent's channel, "fail" answers an error.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TrefoilError } from '#common/errors.ts';
import { RandomStream } from '#common/random.ts';
import { CheckpointStore } from '#main/engine/checkpoint-store.ts';
import type { EngineJob, EngineJobResult } from '#main/engine/process/job.ts';
import { serveJobs, type JobContext, type ParentChannel } from '#main/engine/process/serve-jobs.ts';
import { train } from '#main/engine/training-loop.ts';
import { FakeEngine } from './fake-engine.ts';

async function run(job: EngineJob, { signal, pause, onEvent }: JobContext): Promise<EngineJobResult> {
  if (job.kind !== 'pretrain' && job.kind !== 'embed') throw new Error(`${job.kind} is not played`);
  const [behaviour, at] = job.tiles.split(':');
  process.stdout.write(`behaviour ${behaviour}\n`);
  if (job.kind === 'embed')
    throw new TrefoilError('out-of-memory', 'No room for the embeddings.', 'Choose a smaller batch.');
  if (behaviour === 'crash-always') process.kill(process.pid, 'SIGKILL');
  if (behaviour === 'fail') throw new Error('a defect');
  if (behaviour === 'lost') throw new TrefoilError('engine-lost', 'The device was lost.', 'Nothing.');
  const tiles = Array.from({ length: 22 }, (_, tile) => tile);
  const crashed = join(job.runDir, 'crashed');
  const result = await train(
    {
      runDir: job.runDir,
      settings: job.settings,
      seed: job.seed,
      tiles,
      dataFingerprint: 'test',
      labelled: job.labelled,
    },
    {
      engine: new FakeEngine({
        seed: job.seed,
        beforeStep: async () => {
          await new Promise((resolve) => setTimeout(resolve, behaviour === 'slow' ? 20 : 0));
        },
      }),
      triplets: (epoch) => {
        const order = Int32Array.from(RandomStream.of('host', epoch).shuffled(tiles));
        return { order, neighbours: order };
      },
      checkpoints: new CheckpointStore(join(job.runDir, 'checkpoints')),
      nowMs: () => performance.now(),
      signal,
      pause,
      onProgress: (progress) => {
        if (behaviour === 'crash-at' && progress.step === Number(at) && !existsSync(crashed)) {
          writeFileSync(crashed, '');
          process.kill(process.pid, 'SIGKILL');
        }
        onEvent({ type: 'training', progress });
      },
      onCheckpoint: (path, step) => onEvent({ type: 'checkpoint', step, path }),
    },
  );
  return { kind: 'pretrain', ...result, verdict: structuredClone(result.verdict) as never };
}

const channel = process as unknown as ParentChannel;
if (process.env['FAKE_ENGINE'] === 'stubborn') {
  // Never hears that it should end, and keeps itself alive.
  setInterval(() => undefined, 1000);
  const deaf: ParentChannel = {
    pid: channel.pid,
    get connected() {
      return process.connected;
    },
    on: (event: string, listener: (message: unknown) => void) =>
      event === 'message' ? process.on(event, listener) : null,
    send: (message, callback) => process.send?.(message, undefined, undefined, callback),
    exit: () => null,
  };
  serveJobs(deaf, run);
} else {
  serveJobs(channel, run);
}
