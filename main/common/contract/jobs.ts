/** Jobs: long calls that belong to the core and not to the page that started them, so they outlive it and are found again. */
import { z } from 'zod';
import { errorCodes } from '#common/errors.ts';

export const errorReport = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export const jobState = z.object({
  job: z.string(),
  service: z.string(),
  call: z.string(),
  /** In words: "Pretraining". */
  title: z.string(),
  /** null for a job that makes its own project. */
  project: z.string().nullable(),
  status: z.enum(['running', 'finished', 'failed', 'cancelled']),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
  /** Of the current stage; stages follow each other and each starts at 0. */
  stage: z.string(),
  note: z.string(),
  done: z.number(),
  total: z.number(),
  /** 0..1 of the current stage, null before the first progress. */
  fraction: z.number().nullable(),
  /** Steps of the current stage a second; null until measured. */
  ratePerSecond: z.number().nullable(),
  /** Of the current stage; null until measured. */
  secondsLeft: z.number().nullable(),
  /** What a person must not miss (warnings, restarts), newest last, at most 20. */
  messages: z.array(z.string()),
  error: errorReport.nullable(),
  /** The call's output once finished. */
  result: z.unknown(),
});
export type JobState = z.output<typeof jobState>;

const job = z.object({ job: z.string() });

export const jobsCalls = {
  /** `call` must be one of the long ones (main/services/job-kinds.ts). Answers at once; 'project-busy' when another job is in its way. */
  start: {
    input: z.object({ service: z.string(), call: z.string(), input: z.unknown() }),
    output: jobState,
  },
  /** Running and finished of this process, newest first. */
  list: { input: z.object({ project: z.string().optional() }), output: z.array(jobState) },
  get: { input: job, output: jobState },
  /** Asks the job to stop after its current step; what is finished stays. */
  cancel: { input: job, output: jobState },
  /** Forgets a finished job. */
  dismiss: { input: job, output: z.object({}) },
} as const;
