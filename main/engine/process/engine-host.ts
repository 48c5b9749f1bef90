/**
 * Owns the engine's process in the core: forks it, passes a job and its events, restarts it after a crash from the last
 * checkpoint with growing pauses, and ends it. A dead process is a normal event here (driver reset, out of memory); it is only
 * given up after three crashes without a new checkpoint. One job at a time.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { engineJob, type EngineJobInput, type EngineJobResult, type ResultOf } from './job.ts';
import { fromEngine, type EngineEvent, type FromEngine, type ToEngine } from './messages.ts';

export interface EngineHostOptions {
  /** The process's entry file: main/entries/engine.ts. */
  readonly entry: string;
  /** Lines the process printed and what became of it, each with its pid. */
  readonly onLog?: (line: string) => void;
  /** Pause before each restart; its length is how many crashes without a new checkpoint are forgiven. */
  readonly restartDelaysMs?: readonly number[];
  /** How long a process may take to end by itself before it is killed. */
  readonly killAfterMs?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface EngineJobContext {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
  /** Told before a restart: `crash` says how the process ended. */
  readonly onRestart?: ((crash: string, attempt: number) => void) | undefined;
}

type Ending = { readonly type: 'crash'; readonly reason: string } | Extract<FromEngine, { type: 'done' | 'error' }>;

export class EngineHost {
  private readonly options: Required<Omit<EngineHostOptions, 'environment'>> & Pick<EngineHostOptions, 'environment'>;
  private child: ChildProcess | null = null;
  private busy = false;
  private disposed = false;

  constructor(options: EngineHostOptions) {
    this.options = { onLog: () => undefined, restartDelaysMs: [250, 1000, 4000], killAfterMs: 5000, ...options };
  }

  /** The running process's id, for logs and tests. */
  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /**
   * Runs a job to its end. Cancelling lets it write a checkpoint first. Throws the job's own typed error, `cancelled`, or
   * `engine-lost` when it keeps crashing.
   */
  async run<Job extends EngineJobInput>(job: Job, context: EngineJobContext = {}): Promise<ResultOf<Job>> {
    if (this.disposed) throw new Error('the engine host was disposed of');
    if (this.busy)
      throw new TrefoilError('project-busy', 'The engine already runs a job.', 'Wait for it, or stop it first.');
    const checked = engineJob.parse(job);
    this.busy = true;
    try {
      const message: ToEngine = { type: 'start', job: checked };
      return (await this.runWithRestarts(message, context)) as ResultOf<Job>;
    } finally {
      this.busy = false;
    }
  }

  /** Takes effect after the current step; a checkpoint is written before waiting. */
  pause(): void {
    this.send({ type: 'pause' });
  }

  resume(): void {
    this.send({ type: 'resume' });
  }

  /** Ends the process: lets go, waits, then kills. Safe to call twice. */
  async dispose(): Promise<void> {
    this.disposed = true;
    const child = this.child;
    if (child !== null) await this.end(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private async runWithRestarts(message: ToEngine, context: EngineJobContext): Promise<EngineJobResult> {
    let crashes = 0;
    let bestStep = -1;
    for (;;) {
      throwIfCancelled(context.signal);
      const ending = await this.runOnce(message, context, (step) => {
        if (step > bestStep) {
          bestStep = step;
          crashes = 0;
        }
      });
      if (ending.type === 'done') return ending.result;
      if (ending.type === 'error' && ending.error.code !== 'engine-lost') throw TrefoilError.fromReport(ending.error);
      const reason = ending.type === 'error' ? ending.error.message : ending.reason;
      throwIfCancelled(context.signal);
      const pauseMs = this.options.restartDelaysMs[crashes];
      crashes += 1;
      if (pauseMs === undefined || this.disposed) {
        throw new TrefoilError(
          'engine-lost',
          `The engine's process ended ${crashes === 1 ? 'once' : `${crashes} times`} without getting further: ${reason}.`,
          'Close other programs, choose a smaller batch, and run the same command again; it goes on from the last checkpoint.',
          { crashes, reason },
        );
      }
      this.options.onLog(`engine: ${reason}; starting again in ${pauseMs} ms`);
      context.onRestart?.(reason, crashes);
      // Cancelling cuts the pause short; the loop's first line then throws.
      await delay(pauseMs, undefined, context.signal === undefined ? {} : { signal: context.signal }).catch(
        () => undefined,
      );
    }
  }

  /** One process, one attempt: resolves with how it ended, and leaves no process behind. */
  private async runOnce(
    message: ToEngine,
    context: EngineJobContext,
    onCheckpointStep: (step: number) => void,
  ): Promise<Ending> {
    const child = this.start();
    const cancel = (): void => this.send({ type: 'cancel' });
    context.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<Ending>((resolve) => {
        child.once('error', (error) =>
          resolve({ type: 'crash', reason: `it could not be started (${error.message})` }),
        );
        child.once('exit', (code, signal) => {
          const crash = (): void => resolve({ type: 'crash', reason: describeExit(code, signal) });
          // A last 'done' may still be in the channel; its end comes after it.
          if (child.connected) child.once('disconnect', crash);
          else crash();
        });
        child.on('message', (raw) => {
          const parsed = fromEngine.safeParse(raw);
          if (!parsed.success) {
            this.options.onLog(`engine[${child.pid}]: message not understood: ${parsed.error.message}`);
          } else if (parsed.data.type === 'ready') {
            this.send(message);
            if (context.signal?.aborted === true) cancel();
          } else if (parsed.data.type === 'event') {
            if (parsed.data.event.type === 'checkpoint') onCheckpointStep(parsed.data.event.step);
            context.onEvent?.(parsed.data.event);
          } else {
            resolve(parsed.data);
          }
        });
      });
    } finally {
      context.signal?.removeEventListener('abort', cancel);
      await this.end(child);
    }
  }

  private start(): ChildProcess {
    const child = fork(this.options.entry, [], {
      execPath: process.execPath,
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...this.options.environment },
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => this.options.onLog(`engine[${child.pid}]: ${line}`));
    }
    child.once('exit', (code, signal) => this.options.onLog(`engine[${child.pid}]: ${describeExit(code, signal)}`));
    return child;
  }

  private send(message: ToEngine): void {
    // The callback takes the error of a process that has just died; its exit is handled where it is awaited.
    if (this.child?.connected === true) this.child.send(message, () => undefined);
  }

  private async end(child: ChildProcess): Promise<void> {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      if (child.connected) child.disconnect();
      const kill = setTimeout(() => child.kill('SIGKILL'), this.options.killAfterMs);
      try {
        await exited;
      } finally {
        clearTimeout(kill);
      }
    }
    if (this.child === child) this.child = null;
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `it was ended by ${signal}${signal === 'SIGKILL' ? ' (often: out of memory)' : ''}`;
  return `it ended with code ${code ?? 'unknown'}`;
}
