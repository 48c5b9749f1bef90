/**
 * A worker thread that does tasks by name, as its caller sees it: one task at a time, cancelled by ending the thread. Whoever
 * starts one disposes of it. The thread's own side is `serveTasks`.
 */
import { parentPort, Worker } from 'node:worker_threads';
import { throwIfCancelled, toErrorReport, TrefoilError, type ErrorReport } from '#common/errors.ts';
import type { StageContext, StageProgress } from '#common/stage.ts';

type Answer<Result> =
  | { readonly type: 'progress'; readonly progress: StageProgress }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'error'; readonly report: ErrorReport };

/** Task name to plain values in and out. */
export type TaskTable = Record<string, { input: unknown; output: unknown }>;

export type Runners<Tasks extends TaskTable> = {
  readonly [Name in keyof Tasks]: (input: Tasks[Name]['input'], context: StageContext) => Tasks[Name]['output'];
};

export class TaskThread<Tasks extends TaskTable> implements AsyncDisposable {
  private readonly worker: Worker;

  /** `entry` is a module that calls `serveTasks`. */
  constructor(entry: URL) {
    this.worker = new Worker(entry);
  }

  async run<Name extends keyof Tasks & string>(
    name: Name,
    input: Tasks[Name]['input'],
    context: StageContext = {},
  ): Promise<Tasks[Name]['output']> {
    throwIfCancelled(context.signal);
    const { worker } = this;
    return await new Promise((resolve, reject) => {
      const stop = (): void => void worker.terminate();
      const onMessage = (answer: Answer<Tasks[Name]['output']>): void => {
        if (answer.type === 'progress') {
          context.onProgress?.(answer.progress);
          return;
        }
        settle();
        if (answer.type === 'result') resolve(answer.result);
        else reject(TrefoilError.fromReport(answer.report));
      };
      const onError = (error: unknown): void => {
        settle();
        reject(error);
      };
      const onExit = (code: number): void => {
        settle();
        try {
          throwIfCancelled(context.signal);
          reject(new Error(`the task's thread ended with ${code}`));
        } catch (cancelled) {
          reject(cancelled);
        }
      };
      const settle = (): void => {
        // One by one: the worker has listeners of its own that must stay.
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        context.signal?.removeEventListener('abort', stop);
      };
      context.signal?.addEventListener('abort', stop, { once: true });
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage({ name, input });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }
}

/** Runs one task after the other in this thread and answers with progress, a result or an error report. */
export function serveTasks<Tasks extends TaskTable>(tasks: Runners<Tasks>): void {
  parentPort?.on('message', ({ name, input }: { name: keyof Tasks; input: Tasks[keyof Tasks]['input'] }) => {
    try {
      const onProgress = (progress: StageProgress): void => parentPort?.postMessage({ type: 'progress', progress });
      parentPort?.postMessage({ type: 'result', result: tasks[name](input, { onProgress }) });
    } catch (error) {
      parentPort?.postMessage({ type: 'error', report: toErrorReport(error) });
    }
  });
}
