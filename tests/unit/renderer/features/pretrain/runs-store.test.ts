// @vitest-environment happy-dom
/** Runs on the page: found again, named, started, compared, refreshed while they train; curves come once and only what is new. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import type { RunState } from '#common/contract/runs.ts';
import { useRunCurves } from '../../../../../renderer/features/pretrain/run/run-curves-store.ts';
import { mostCompared, useRuns } from '../../../../../renderer/features/pretrain/run/runs-store.ts';
import { useJobs } from '../../../../../renderer/stores/jobs.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const summary = {
  project: 'p1',
  name: 'One',
  directory: '',
  slideCount: 0,
  regionCount: 0,
  classCount: 0,
  labelCount: 0,
  runCount: 0,
};
const run = (id: string, state: RunState['state'] = 'finished'): RunState => ({
  run: id,
  createdAt: '2026-01-01T00:00:00.000Z',
  status: state === 'finished' ? 'finished' : 'running',
  method: 'simtriplet',
  neighbourWeight: 1,
  network: 'resnet18',
  recipe: 'quick',
  epochs: 4,
  seed: 1,
  engine: null,
  excludedSlides: [],
  steps: 0,
  finalLoss: null,
  zStd: null,
  effectiveRank: null,
  knnAccuracy: null,
  tripletsPerSecond: null,
  verdict: null,
  tileSet: 't1',
  isOfCurrentTiles: true,
  features: 512,
  healthyZStd: 0.0221,
  state,
  canResume: false,
  sentence: '',
});
const job = (change: Partial<JobState> = {}): JobState => ({
  job: 'job-1',
  service: 'runs',
  call: 'pretrain',
  title: 'Pretraining',
  project: 'p1',
  status: 'running',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  stage: '',
  note: '',
  done: 0,
  total: 0,
  fraction: null,
  ratePerSecond: null,
  secondsLeft: null,
  messages: [],
  error: null,
  result: null,
  ...change,
});

let core: FakeCore;
let states: RunState[];
let jobs: JobState[];
let pages: number[][];
const askedAfter: (string | undefined)[] = [];

beforeEach(async () => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  states = [run('run-b'), run('run-a')];
  jobs = [];
  pages = [[1, 2]];
  askedAfter.length = 0;
  core = await connectFakeCore({
    'projects.list': () => [summary],
    'jobs.list': () => jobs,
    'jobs.start': () => job(),
    'runs.states': () => states,
    'runs.details': () => ({ state: states[0], settings: {}, colour: null }),
    'runs.pause': ({ run: id }: { run: string }) => run(id, 'paused'),
    'runs.metrics': ({ after }: { after?: string }) => {
      askedAfter.push(after);
      const steps = pages.shift() ?? [];
      const nothing = steps.map(() => null);
      return {
        cursor: `${after ?? 'start'}+${steps.length}`,
        isFromStart: after === undefined,
        hasMore: pages.length > 0,
        state: 'running',
        steps: {
          step: steps,
          epoch: steps,
          loss: nothing,
          zStd: nothing,
          learningRate: steps,
          tripletsPerSecond: nothing,
        },
        epochs: {
          step: [],
          epoch: [],
          loss: [],
          zStd: [],
          effectiveRank: [],
          embeddingStd: [],
          knnAccuracy: [],
          knnBalancedAccuracy: [],
          skippedSteps: [],
          tripletsPerSecond: [],
        },
        resumedAt: [],
        verdict: null,
      };
    },
  } as never);
  await useProject().attach('p1');
});
afterEach(() => {
  core.stop();
  vi.useRealTimers();
});

describe('the runs of a project', () => {
  it('are numbered from the oldest, and the newest is looked at first', async () => {
    const runs = useRuns();
    await settle();
    expect([runs.numbers.get('run-a'), runs.numbers.get('run-b')]).toEqual([1, 2]);
    expect(runs.selected?.run).toBe('run-b');
  });

  it('that train are found again after the page was closed', async () => {
    jobs = [job()];
    states = [run('run-c', 'running'), ...states];
    const runs = useRuns();
    await useJobs().load();
    await settle();
    expect(runs.active?.run).toBe('run-c');
    expect(runs.job?.job).toBe('job-1');
  });

  it('show a new one as soon as the core has made it', async () => {
    const runs = useRuns();
    await settle();
    runs.selectedId = 'run-a';
    expect(await runs.start({ project: 'p1' })).toBe(true);
    states = [run('run-c', 'running'), ...states];
    core.send({ type: 'project-changed', project: 'p1', kinds: ['runs'] });
    await settle();
    expect(runs.selected?.run).toBe('run-c');
    expect(runs.isStarting).toBe(false);
  });

  it('are asked for again at most once a second while a job tells of its progress', async () => {
    const runs = useRuns();
    await settle();
    const asked = (): number => core.calls.filter((call) => call === 'runs.states').length;
    const before = asked();
    for (let done = 1; done <= 30; done += 1) {
      core.send({ type: 'job-changed', job: job({ stage: 'Pretraining', done, total: 100 }) });
      await settle();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked() - before).toBeLessThanOrEqual(4);
    expect(asked() - before).toBeGreaterThanOrEqual(2);
    expect(runs.job?.done).toBe(30);
  });

  it('show at once that one is paused', async () => {
    states = [run('run-c', 'running')];
    const runs = useRuns();
    await settle();
    await runs.pause('run-c');
    expect(runs.selected?.state).toBe('paused');
  });

  it('are compared eight at a time at most', async () => {
    states = Array.from({ length: 10 }, (_, index) => run(`run-${index}`));
    const runs = useRuns();
    await settle();
    const taken = states.map((each) => runs.setCompared(each.run, true));
    expect(taken.filter(Boolean)).toHaveLength(mostCompared);
    expect(runs.setCompared('run-0', false)).toBe(true);
    expect(runs.setCompared('run-9', true)).toBe(true);
  });

  it('say why the last one failed until that is closed or another starts', async () => {
    const runs = useRuns();
    await settle();
    const error = { code: 'engine-lost' as const, message: 'The engine was lost.', hint: 'Go on.', details: {} };
    core.send({ type: 'job-changed', job: job({ status: 'failed', error }) });
    expect(runs.failure?.error?.code).toBe('engine-lost');
    runs.dismissFailure();
    expect(runs.failure).toBeNull();
  });
});

describe('the curves of a run', () => {
  it('come page by page and afterwards only what is new', async () => {
    pages = [[1, 2], [3]];
    const curves = useRunCurves();
    await curves.refresh('run-b');
    expect(curves.byRun.get('run-b')?.steps.step).toEqual([1, 2, 3]);
    pages = [[4]];
    await curves.refresh('run-b');
    expect(curves.byRun.get('run-b')?.steps.step).toEqual([1, 2, 3, 4]);
    expect(askedAfter).toEqual([undefined, 'start+2', 'start+2+1']);
  });

  it('keep what they were when nothing is new, so that nothing is drawn again', async () => {
    const curves = useRunCurves();
    await curves.refresh('run-b');
    const before = curves.byRun;
    pages = [];
    const same = before.get('run-b');
    await curves.refresh('run-b');
    expect(curves.byRun.get('run-b')?.steps.step).toEqual(same?.steps.step);
  });
});
