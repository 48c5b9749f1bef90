/** What the simulation's worker thread can be asked. */
import type { Runners } from '../../classifier/task-thread.ts';
import { simulateLabelling, type Simulation, type SimulationInput } from './simulate-labelling.ts';

export type SimulationTasks = {
  simulate: { input: SimulationInput; output: Simulation };
};

export const simulationTasks: Runners<SimulationTasks> = { simulate: simulateLabelling };
