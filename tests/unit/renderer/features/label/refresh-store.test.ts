// @vitest-environment happy-dom
/** The classifier that trains along: after a pause, once, and not where another window or a person said otherwise. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import { TrefoilError } from '#common/errors.ts';
import { useCore } from '../../../../../renderer/stores/core.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { useRefresh } from '../../../../../renderer/stores/refresh.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const project = {
  project: 'p',
  name: 'P',
  directory: '',
  slideCount: 1,
  regionCount: 0,
  classCount: 2,
  labelCount: 0,
  runCount: 0,
};
const job = (status: JobState['status']): JobState => ({
  job: 'j1',
  service: 'classifier',
  call: 'refresh',
  title: 'Refreshing',
  project: 'p',
  status,
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
});

describe('the refresh of the classifier', () => {
  let core: FakeCore;
  let state: { labelsVersion: string; trainedVersion: string | null; canTrain: boolean };
  let start: () => unknown;
  let started = 0;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    setActivePinia(createPinia());
    started = 0;
    state = { labelsVersion: '1', trainedVersion: '1', canTrain: true };
    start = () => job('running');
    core = await connectFakeCore({
      'projects.list': () => [project],
      'jobs.list': () => [],
      'classifier.state': () => ({ classifier: 'c', isStale: false, isApplied: true, reason: '', ...state }),
      'labels.overview': () => ({ tileSet: 't', classes: [], slides: [], budget: { labelled: 84 } }),
    });
    const client = useCore().client as unknown as Record<string, unknown>;
    client['startJob'] = async () => {
      started += 1;
      return start();
    };
    await useProject().attach('p');
    useRefresh();
    await settle();
  });
  afterEach(() => {
    core.stop();
    vi.useRealTimers();
  });
  async function label(version: string): Promise<void> {
    state = { ...state, labelsVersion: version };
    core.send({ type: 'project-changed', project: 'p', kinds: ['labels'] });
    await settle();
  }
  async function wait(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await settle();
  }

  it('starts after a pause in labelling, once, and says how many labels it learns from', async () => {
    await label('2');
    await wait(2000);
    await label('3');
    await wait(2000);
    expect(started).toBe(0);
    await wait(1500);
    expect(started).toBe(1);
    core.send({ type: 'job-changed', job: job('running') });
    await settle();
    expect(useRefresh().isRunning).toBe(true);
    expect(useRefresh().trainingOn).toBe(84);
    state = { ...state, trainedVersion: '3' };
    core.send({ type: 'job-changed', job: job('finished') });
    await wait(30_000);
    expect(started).toBe(1);
  });

  it('does nothing when it is switched off or cannot train', async () => {
    useRefresh().isOn = false;
    await label('2');
    await wait(60_000);
    expect(started).toBe(0);
    state = { ...state, canTrain: false };
    await label('3');
    useRefresh().isOn = true;
    await wait(60_000);
    expect(started).toBe(0);
  });

  it('takes another window that was faster for what it is, and tries again when the project is free', async () => {
    start = () => {
      throw new TrefoilError('project-busy', 'Busy.', 'Wait.');
    };
    await label('2');
    await wait(3500);
    expect(started).toBe(1);
    expect(useRefresh().failure).toBeNull();
    core.send({ type: 'job-changed', job: job('running') });
    await wait(20_000);
    expect(started).toBe(1);
    state = { ...state, trainedVersion: '2' };
    core.send({ type: 'job-changed', job: job('finished') });
    await wait(20_000);
    expect(started).toBe(1);
  });

  it('waits for the next label after a failure', async () => {
    await label('2');
    await wait(3500);
    core.send({ type: 'job-changed', job: job('running') });
    await settle();
    core.send({ type: 'job-changed', job: job('failed') });
    await wait(60_000);
    expect(started).toBe(1);
    await label('3');
    await wait(3500);
    expect(started).toBe(2);
  });
});
