/**
 * The engine process's own side: takes one job at a time from its parent, runs it, answers. Dies at once when the parent goes
 * away, so that no orphan holds the device; what was trained since the last checkpoint is replayed by the next process.
 */
import { toErrorReport } from '#common/errors.ts';
import { PauseSwitch } from '../pause-switch.ts';
import type { EngineJob, EngineJobResult } from './job.ts';
import { toEngine, type EngineEvent, type FromEngine } from './messages.ts';

/** The part of `process` this needs. */
export interface ParentChannel {
  readonly pid: number;
  readonly connected: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  send?(message: FromEngine, callback?: (error: Error | null) => void): unknown;
  exit(code: number): unknown;
}

export interface JobContext {
  readonly signal: AbortSignal;
  readonly pause: PauseSwitch;
  readonly onEvent: (event: EngineEvent) => void;
}

export type RunJob = (job: EngineJob, context: JobContext) => Promise<EngineJobResult>;

export function serveJobs(channel: ParentChannel, runJob: RunJob): void {
  let abort: AbortController | null = null;
  let pause = new PauseSwitch();
  const send = (message: FromEngine): void => {
    // A send that fails means that the parent is gone; 'disconnect' ends this process then.
    if (channel.connected) channel.send?.(message, () => undefined);
  };

  const start = async (job: EngineJob): Promise<void> => {
    abort = new AbortController();
    pause = new PauseSwitch();
    try {
      const onEvent = (event: EngineEvent): void => send({ type: 'event', event });
      send({ type: 'done', result: await runJob(job, { signal: abort.signal, pause, onEvent }) });
    } catch (error) {
      send({ type: 'error', error: toErrorReport(error) });
    } finally {
      abort = null;
    }
  };

  channel.on('disconnect', () => channel.exit(abort === null ? 0 : 1));
  channel.on('message', (raw) => {
    const parsed = toEngine.safeParse(raw);
    if (!parsed.success) {
      send({ type: 'error', error: toErrorReport(parsed.error) });
      return;
    }
    const message = parsed.data;
    switch (message.type) {
      case 'start':
        if (abort === null) void start(message.job);
        else send({ type: 'error', error: toErrorReport(new Error('the engine already runs a job')) });
        return;
      case 'cancel':
        abort?.abort();
        return;
      case 'pause':
        pause.pause();
        return;
      case 'resume':
        pause.resume();
        return;
      default:
        message satisfies never;
    }
  });
  send({ type: 'ready', pid: channel.pid });
}
