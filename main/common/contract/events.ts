/** What the core tells every connected page without being asked. */
import { z } from 'zod';
import { jobState } from './jobs.ts';

/** What of a project may have changed; the page asks again for what it shows of these. */
export const projectKinds = [
  'slides',
  'regions',
  'tiles',
  'labels',
  'classes',
  'runs',
  'classifiers',
  'maps',
  'exports',
  'studies',
  'readings',
  'history',
] as const;
export type ProjectKind = (typeof projectKinds)[number];

export const coreEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('project-changed'), project: z.string(), kinds: z.array(z.enum(projectKinds)) }),
  z.object({ type: z.literal('project-closed'), project: z.string() }),
  /** At most ten a second a job; the last state always comes. */
  z.object({ type: z.literal('job-changed'), job: jobState }),
]);
export type CoreEvent = z.output<typeof coreEvent>;
