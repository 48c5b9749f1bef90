import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CoreEvent } from '#common/contract/events.ts';
import type { JobState } from '#common/contract/jobs.ts';
import { TrefoilError, throwIfCancelled } from '#common/errors.ts';
import type { StageContext } from '#common/stage.ts';
import { createJobs, type Jobs } from '#main/services/jobs-service.ts';
import { OpenProjects } from '#main/services/open-projects.ts';

type Work = (input: unknown, context: StageContext) => Promise<unknown>;

describe('jobs', () => {
  let folder = '';
  let projects: OpenProjects;
  let jobs: Jobs;
  let project = '';
  let events: CoreEvent[] = [];
  let nowMs = 0;
  const calls = new Map<string, Work>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trefoil-jobs-'));
    projects = new OpenProjects();
    project = projects.createProject(join(folder, 'project')).id;
    events = [];
    nowMs = 0;
    projects.subscribe((event) => events.push(event));
    jobs = createJobs({
      projects,
      now: () => new Date('2030-01-01T00:00:00Z'),
      nowMs: () => nowMs,
      findCall: (service, call) => calls.get(`${service}.${call}`) ?? (async () => undefined),
    });
  });

  afterEach(async () => {
    await jobs.close();
    projects.closeAll();
    calls.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (call: 'extract' | 'pretrain' | 'export'): Promise<JobState> => {
    const service = { extract: 'tiles', pretrain: 'runs', export: 'exports' }[call];
    const input = {
      extract: { project, settings: {} },
      pretrain: { project },
      export: { project, out: '/x', kinds: ['csv'] },
    };
    return jobs.service.start({ service, call, input: input[call] });
  };
  const ended = (job: string): Promise<JobState> =>
    vi.waitFor(async () => {
      const state = await jobs.service.get({ job });
      expect(state.status).not.toBe('running');
      return state;
    });
  /** Runs until it is told to end or cancelled. */
  const untilReleased = (): { work: Work; release: () => void } => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return {
      release: resolve,
      work: async (_, { signal }) => {
        await Promise.race([promise, new Promise((done) => signal?.addEventListener('abort', done))]);
        throwIfCancelled(signal);
        return { done: true };
      },
    };
  };

  it('runs a call after answering, and keeps its result, title and times', async () => {
    calls.set('tiles.extract', async () => ({ tileSet: 'tiles-1' }));
    const started = await start('extract');
    expect(started).toMatchObject({ status: 'running', title: 'Cutting tiles', project, result: null });
    expect(await ended(started.job)).toMatchObject({
      status: 'finished',
      result: { tileSet: 'tiles-1' },
      fraction: 1,
      finishedAt: '2030-01-01T00:00:00.000Z',
      error: null,
    });
    expect(events).toContainEqual({ type: 'project-changed', project, kinds: ['tiles'] });
    expect(events.findLast((event) => event.type === 'job-changed')).toMatchObject({ job: { status: 'finished' } });
  });

  it('tells fraction, rate, time left and messages, at most ten times a second, and the last state always', async () => {
    calls.set('tiles.extract', async (_, { onProgress, onMessage }) => {
      for (let done = 0; done <= 100; done += 1) {
        nowMs += 10;
        onProgress?.({ stage: 'Cutting', done, total: 200, note: 'slide A' });
      }
      onMessage?.('Slide B is empty.');
      throw new TrefoilError('disk-full', 'The disk is full.', 'Free some space.');
    });
    const { job } = await start('extract');
    const state = await ended(job);
    expect(state).toMatchObject({
      status: 'failed',
      stage: 'Cutting',
      note: 'slide A',
      done: 100,
      fraction: 0.5,
      messages: ['Slide B is empty.'],
      error: { code: 'disk-full', hint: 'Free some space.' },
    });
    expect(state.ratePerSecond).toBeCloseTo(100, 6);
    expect(state.secondsLeft).toBeCloseTo(1, 6);
    const told = events.filter((event) => event.type === 'job-changed').length;
    // 1.01 s of progress: one at the start, ten on the way, one at the end.
    expect(told).toBeGreaterThan(8);
    expect(told).toBeLessThanOrEqual(13);
  });

  it('cancels through the signal and says so', async () => {
    calls.set('runs.pretrain', untilReleased().work);
    const { job } = await start('pretrain');
    expect(await jobs.service.cancel({ job })).toMatchObject({ job });
    expect(await ended(job)).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } });
  });

  it('shows a defect without its stack', async () => {
    calls.set('runs.pretrain', async () => {
      throw new RangeError('boom');
    });
    const { job } = await start('pretrain');
    const { error } = await ended(job);
    expect(error).toMatchObject({ code: 'internal', details: {} });
  });

  it('refuses a job that would get in the way of a running one, and lets others start', async () => {
    const { work, release } = untilReleased();
    calls.set('tiles.extract', work);
    const running = await start('extract');
    await expect(start('extract')).rejects.toMatchObject({
      code: 'project-busy',
      message: expect.stringContaining('Cutting tiles'),
    });
    await expect(start('pretrain')).rejects.toMatchObject({ code: 'project-busy', details: { job: running.job } });
    expect((await start('export')).status).toBe('running');
    release();
    await ended(running.job);
    expect((await start('pretrain')).status).toBe('running');
  });

  it('keeps the project open while a job works in it', async () => {
    const { work, release } = untilReleased();
    calls.set('tiles.extract', work);
    const { job } = await start('extract');
    expect(() => projects.closeProject(project)).toThrow(expect.objectContaining({ code: 'project-busy' }));
    release();
    await ended(job);
    projects.closeProject(project);
    expect(events.at(-1)).toEqual({ type: 'project-closed', project });
  });

  it('refuses what is no job, a wrong input and an unknown project at once', async () => {
    const input = { project };
    await expect(jobs.service.start({ service: 'slides', call: 'list', input })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(
      jobs.service.start({ service: 'runs', call: 'pretrain', input: { project, epochs: 0 } }),
    ).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('epochs'),
    });
    await expect(
      jobs.service.start({ service: 'runs', call: 'pretrain', input: { project: 'none' } }),
    ).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await jobs.service.list({})).toEqual([]);
  });

  it('lists the newest first, forgets a finished one on request and never a running one', async () => {
    const { work, release } = untilReleased();
    const finished = await start('extract');
    await ended(finished.job);
    calls.set('runs.pretrain', work);
    const running = await start('pretrain');
    expect((await jobs.service.list({ project })).map(({ job }) => job)).toEqual([running.job, finished.job]);
    expect(await jobs.service.list({ project: 'other' })).toEqual([]);
    await expect(jobs.service.dismiss({ job: running.job })).rejects.toMatchObject({ code: 'project-busy' });
    await jobs.service.dismiss({ job: finished.job });
    expect((await jobs.service.list({})).map(({ job }) => job)).toEqual([running.job]);
    release();
  });

  it('keeps a bounded number of finished jobs', async () => {
    for (let number = 0; number < 205; number += 1) await ended((await start('export')).job);
    expect((await jobs.service.list({})).length).toBe(200);
  });

  it('waits on closing until every job has stopped', async () => {
    let isStopped = false;
    calls.set('runs.pretrain', async (_, { signal }) => {
      await new Promise((done) => signal?.addEventListener('abort', done));
      await new Promise((done) => setImmediate(done));
      isStopped = true;
      throwIfCancelled(signal);
    });
    await start('pretrain');
    await new Promise((done) => setImmediate(done));
    await jobs.close();
    expect(isStopped).toBe(true);
  });
});
