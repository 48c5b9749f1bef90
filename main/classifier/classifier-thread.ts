/** The classifier's worker thread. */
import type { ClassifierTasks } from './classifier-tasks.ts';
import { TaskThread } from './task-thread.ts';

export class ClassifierThread extends TaskThread<ClassifierTasks> {
  constructor() {
    super(new URL('./classifier-worker.ts', import.meta.url));
  }
}
