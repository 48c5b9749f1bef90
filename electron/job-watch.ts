/** What the system shows of running jobs: progress at the task bar or dock, and no sleep while the GPU trains. */
import type { JobState } from '../main/common/contract/jobs.ts';

export interface JobSigns {
  /** 0..1; 2: busy without a measure; -1: none. */
  readonly setProgress: (fraction: number) => void;
  readonly stayAwake: (isOn: boolean) => void;
}

export class JobWatch {
  private readonly signs: JobSigns;
  private jobs = new Map<string, JobState>();

  constructor(signs: JobSigns) {
    this.signs = signs;
  }

  /** All jobs there are; after a new connection to the core. */
  reset(jobs: readonly JobState[]): void {
    this.jobs = new Map(jobs.map((job) => [job.job, job]));
    this.show();
  }

  changed(job: JobState): void {
    this.jobs.set(job.job, job);
    if (job.status !== 'running') this.jobs.delete(job.job);
    this.show();
  }

  get running(): readonly JobState[] {
    return [...this.jobs.values()].filter(({ status }) => status === 'running');
  }

  private show(): void {
    const { running } = this;
    const [newest] = [...running].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    this.signs.setProgress(newest === undefined ? -1 : (newest.fraction ?? 2));
    this.signs.stayAwake(running.some(({ service }) => service === 'runs' || service === 'demo'));
  }
}
