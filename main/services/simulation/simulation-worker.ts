/** Thread entry of the simulation: it takes minutes, and the core must go on answering. */
import { serveTasks } from '../../classifier/task-thread.ts';
import { simulationTasks, type SimulationTasks } from './simulation-tasks.ts';

serveTasks<SimulationTasks>(simulationTasks);
