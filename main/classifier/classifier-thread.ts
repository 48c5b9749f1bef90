/**
 * The classifier's worker thread as its caller sees it: one task at a time, cancelled by ending the thread. Whoever starts one
 * disposes of it.
 */
import { Worker } from 'node:worker_threads';
import { throwIfCancelled, TrefoilError, type ErrorReport } from '#common/errors.ts';
import type { StageContext, StageProgress } from '#common/stage.ts';
import type { ClassifierTasks, TaskName } from './classifier-tasks.ts';

type Answer<Result> =
  | { readonly type: 'progress'; readonly progress: StageProgress }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'error'; readonly report: ErrorReport };

export class ClassifierThread implements AsyncDisposable {
  private readonly worker = new Worker(new URL('./classifier-worker.ts', import.meta.url));

  async run<Name extends TaskName>(
    name: Name,
    input: ClassifierTasks[Name]['input'],
    context: StageContext = {},
  ): Promise<ClassifierTasks[Name]['output']> {
    throwIfCancelled(context.signal);
    const { worker } = this;
    return await new Promise((resolve, reject) => {
      const stop = (): void => void worker.terminate();
      const onMessage = (answer: Answer<ClassifierTasks[Name]['output']>): void => {
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
          reject(new Error(`the classifier's thread ended with ${code}`));
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
