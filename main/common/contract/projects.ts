/** Projects: folders holding slides, tiles, runs, labels, classifiers. Every other service takes the `project` id given here. */
import { z } from 'zod';
import { colourChoices } from '#common/domain/slide.ts';

export const projectSummary = z.object({
  project: z.string(),
  name: z.string(),
  directory: z.string(),
  slideCount: z.number().int(),
  regionCount: z.number().int(),
  classCount: z.number().int(),
  labelCount: z.number().int(),
  runCount: z.number().int(),
});
export type ProjectSummary = z.output<typeof projectSummary>;

const directory = z.string().min(1).max(4096);
const project = z.object({ project: z.string() });

/** Of the project as a whole; what is changed can be undone. */
export const projectSettings = z.object({
  /** Whether slides are shown and cut in the colours their scanner's profile gives, or as they are stored. */
  colour: z.enum(colourChoices),
});
export type ProjectSettings = z.output<typeof projectSettings>;

export const projectsCalls = {
  create: { input: z.object({ directory }), output: projectSummary },
  open: { input: z.object({ directory }), output: projectSummary },
  /** The projects open in this process, without one that a job is still making. */
  list: { input: z.object({}), output: z.array(projectSummary) },
  close: { input: project, output: z.object({}) },
  history: {
    input: project,
    output: z.array(
      z.object({
        sequence: z.number().int(),
        at: z.string(),
        who: z.string(),
        what: z.string(),
        source: z.string(),
        undone: z.boolean(),
        changeCount: z.number().int(),
      }),
    ),
  },
  /** With `command`: only when it is still the last one; otherwise nothing is undone and `what` is null. */
  undo: {
    input: project.extend({ command: z.number().int().optional() }),
    output: z.object({ what: z.string().nullable() }),
  },
  settings: { input: project, output: projectSettings },
  /** What is left out stays. */
  changeSettings: { input: project.extend(projectSettings.partial().shape), output: projectSettings },
  redo: { input: project, output: z.object({ what: z.string().nullable() }) },
} as const;
