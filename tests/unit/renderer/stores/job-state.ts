/** A job as the core tells of it, with what a test does not care about filled in. */
import type { JobState } from '#common/contract/jobs.ts';

export function jobState(change: Partial<JobState>): JobState {
  return {
    job: 'job-1',
    service: 'slides',
    call: 'add',
    title: 'Working',
    project: 'p',
    status: 'running',
    startedAt: '',
    finishedAt: null,
    stage: '',
    note: '',
    done: 0,
    total: 1,
    fraction: null,
    ratePerSecond: null,
    secondsLeft: null,
    messages: [],
    error: null,
    result: null,
    ...change,
  };
}
