/** Thread entry: runs one classifier task after the other and answers with progress, a result or an error report. */
import { parentPort } from 'node:worker_threads';
import { toErrorReport } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { classifierTasks, type TaskName } from './classifier-tasks.ts';

parentPort?.on('message', ({ name, input }: { name: TaskName; input: unknown }) => {
  try {
    const run = classifierTasks[name] as (input: unknown, context: StageContext) => unknown;
    const result = run(input, { onProgress: (progress) => parentPort?.postMessage({ type: 'progress', progress }) });
    parentPort?.postMessage({ type: 'result', result });
  } catch (error) {
    parentPort?.postMessage({ type: 'error', report: toErrorReport(error) });
  }
});
