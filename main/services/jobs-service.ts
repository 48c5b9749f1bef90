/**
 * The register of jobs: long calls that belong to this process and not to the page that started them. Tells every page how far
 * they are, keeps projects open under them, refuses two that would get into each other's way, and keeps what became of them
 * until the process ends. Work that must survive the process itself (runs) keeps its own checkpoints.
 */
import { contract, type ServiceName } from '#common/contract/contract.ts';
import { jobsCalls, type JobState } from '#common/contract/jobs.ts';
import { implementService, parseInput, type ClientOf } from '#common/contract/service.ts';
import { toErrorReport, TrefoilError } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import type { z } from 'zod';
import { findJobKind, jobsCollide, type JobKind } from './job-kinds.ts';
import { JobProgress, nothingMeasured } from './job-progress.ts';
import { newId, type OpenProjects } from './open-projects.ts';

export interface JobsOptions {
  /** The service's call by name; the register itself knows no service. */
  readonly findCall: (
    service: ServiceName,
    call: string,
  ) => (input: unknown, context: StageContext) => Promise<unknown>;
  readonly projects: OpenProjects;
  readonly now: () => Date;
  readonly nowMs: () => number;
}

interface Job {
  state: JobState;
  readonly kind: JobKind;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

const keptJobs = 200;
const keptMessages = 20;
const eventIntervalMs = 100;

export interface Jobs {
  readonly service: ClientOf<typeof jobsCalls>;
  /** Cancels what runs and waits until it has stopped. */
  close(): Promise<void>;
}

export function createJobs(options: JobsOptions): Jobs {
  const { projects, now, nowMs } = options;
  /** Oldest first. */
  const jobs = new Map<string, Job>();

  const get = (id: string): Job => {
    const job = jobs.get(id);
    if (job !== undefined) return job;
    throw new TrefoilError('not-found', 'This job is not known.', 'It may have ended before Trefoil was restarted.');
  };

  const start = (service: string, call: string, input: unknown): JobState => {
    const kind = findJobKind(service, call);
    if (kind === null) {
      throw new TrefoilError('invalid-input', `${service}.${call} is not a job.`, 'Call it directly.');
    }
    // Checked here too, so that a wrong input is refused at once and not as a failed job.
    const schema = (contract[service as ServiceName] as Record<string, { input: z.ZodType }>)[call]?.input;
    if (schema !== undefined) parseInput(`${service}.${call}`, schema, input);
    const project = projectOf(input);
    if (project !== null) projects.get(project);
    refuseCollision(jobs.values(), kind, project);

    const release = project === null ? null : projects.hold(project, kind.title);
    const controller = new AbortController();
    const progress = new JobProgress(nowMs);
    const id = newId('job');
    const teller = new Teller(() => projects.emit({ type: 'job-changed', job: job.state }), nowMs);
    const update = (change: Partial<JobState>, isLast = false): void => {
      job.state = { ...job.state, ...change };
      teller.changed(isLast);
    };
    const notify = (projectId: string | null): void => {
      if (projectId !== null) {
        projects.notify(
          projectId,
          kind.writes.filter((resource) => resource !== 'embeddings'),
        );
      }
    };
    const run = async (): Promise<void> => {
      let change: Partial<JobState>;
      try {
        const result = await options.findCall(service as ServiceName, call)(input, {
          signal: controller.signal,
          onProgress: (step) => {
            const isNewStage = step.stage !== job.state.stage;
            update(progress.measure(step));
            // A run, a tile set ... appears while its job is still running.
            if (isNewStage) notify(project);
          },
          onMessage: (text) => update({ messages: [...job.state.messages, text].slice(-keptMessages) }),
        });
        change = { status: 'finished', result, fraction: 1, secondsLeft: 0 };
      } catch (error) {
        const { details, ...report } = toErrorReport(error);
        const { stack: _stack, ...shown } = details;
        change = { status: report.code === 'cancelled' ? 'cancelled' : 'failed', error: { ...report, details: shown } };
      }
      release?.();
      update({ ...change, finishedAt: now().toISOString() }, true);
      notify(project ?? projectOf(job.state.result));
    };

    const state: JobState = {
      job: id,
      service,
      call,
      title: kind.title,
      project,
      status: 'running',
      startedAt: now().toISOString(),
      finishedAt: null,
      ...nothingMeasured,
      messages: [],
      error: null,
      result: null,
    };
    // `run` starts in a later task, when `job` is there.
    const job: Job = { state, kind, controller, ended: Promise.resolve().then(run) };
    jobs.set(id, job);
    forgetOldest(jobs);
    teller.changed(false);
    return state;
  };

  const service = implementService('jobs', jobsCalls, {
    start: async (input) => start(input.service, input.call, input.input),
    list: async ({ project }) =>
      [...jobs.values()]
        .map(({ state }) => state)
        .filter((state) => project === undefined || state.project === project)
        .reverse(),
    get: async ({ job }) => get(job).state,
    cancel: async ({ job }) => {
      get(job).controller.abort();
      return get(job).state;
    },
    dismiss: async ({ job }) => {
      const known = get(job);
      if (known.state.status === 'running') {
        throw new TrefoilError('project-busy', `${known.state.title} is still running.`, 'Cancel the job first.');
      }
      jobs.delete(job);
      return {};
    },
  });

  return {
    service,
    close: async () => {
      for (const { controller } of jobs.values()) controller.abort();
      await Promise.all([...jobs.values()].map(({ ended }) => ended));
    },
  };
}

function refuseCollision(jobs: Iterable<Job>, kind: JobKind, project: string | null): void {
  for (const { state, kind: other } of jobs) {
    if (state.status !== 'running' || state.project !== project || !jobsCollide(kind, other)) continue;
    throw new TrefoilError(
      'project-busy',
      `"${kind.title}" must wait: "${state.title}" is running in this project.`,
      'Wait until that job is finished, or cancel it in the job list.',
      { job: state.job },
    );
  }
}

function forgetOldest(jobs: Map<string, Job>): void {
  for (const [id, { state }] of jobs) {
    if (jobs.size <= keptJobs) return;
    if (state.status !== 'running') jobs.delete(id);
  }
}

function projectOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('project' in value)) return null;
  return typeof value.project === 'string' ? value.project : null;
}

/** Passes on at most one change per interval, and the last one always. */
class Teller {
  private readonly tell: () => void;
  private readonly nowMs: () => number;
  private toldAtMs = -Infinity;
  private timer: NodeJS.Timeout | null = null;

  constructor(tell: () => void, nowMs: () => number) {
    this.tell = tell;
    this.nowMs = nowMs;
  }

  changed(isLast: boolean): void {
    const waitMs = isLast ? 0 : this.toldAtMs + eventIntervalMs - this.nowMs();
    if (waitMs <= 0) this.tellNow();
    else this.timer ??= setTimeout(() => this.tellNow(), waitMs);
  }

  private tellNow(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.toldAtMs = this.nowMs();
    this.tell();
  }
}
