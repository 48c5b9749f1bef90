/** Thread entry of the classifier's tasks. */
import { classifierTasks, type ClassifierTasks } from './classifier-tasks.ts';
import { serveTasks } from './task-thread.ts';

serveTasks<ClassifierTasks>(classifierTasks);
