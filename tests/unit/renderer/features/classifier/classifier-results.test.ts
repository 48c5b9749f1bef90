// @vitest-environment happy-dom
/** The classifiers of a project: which is looked at, the tiles behind a figure, training and the maps after it. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LeakComparison } from '#common/contract/classifier.ts';
import type { JobState } from '#common/contract/jobs.ts';
import { useClassifierResults } from '../../../../../renderer/features/classifier/classifier-results.ts';
import { emptyTrainingForm, trainingInput } from '../../../../../renderer/features/classifier/training-form.ts';
import { placeAfter } from '../../../../../renderer/features/classifier/useJudgedTiles.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const figure = { value: 0.6, low: 0.5, high: 0.7, intervalNote: null };
const summary = {
  classifier: 'new',
  run: 'r',
  createdAt: '2026-01-02',
  seed: 1,
  fraction: null,
  trainingLabels: 10,
  evaluatedTiles: 10,
  groupLevel: 'patient',
  groupReason: '',
  folds: 2,
  classes: [],
  rows: [],
  confusion: [],
  perClass: [],
  test: null,
  sentences: [],
};
const listed = (classifier: string) => ({
  classifier,
  createdAt: '2026-01-01',
  run: 'r',
  trainingLabels: 10,
  balancedAccuracy: figure,
  isApplied: true,
});
const job = (call: string, status: JobState['status'], result: unknown = null): JobState => ({
  job: `job-${call}`,
  service: 'classifier',
  call,
  title: call,
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
  result,
});
const tile = (index: number) => ({
  tile: index,
  slide: 's',
  column: 0,
  row: 0,
  x: 0,
  y: 0,
  width: 1,
  height: 1,
  truth: 0,
  predicted: 1,
  probability: 0.9,
  truthProbability: 0.1,
  fold: 0,
});

describe('the classifiers of a project', () => {
  let core: FakeCore;
  let classifiers: string[];
  let leaks: Record<string, LeakComparison>;
  let keptTiles: number[];
  const asked: unknown[] = [];
  const started: { call: string; input: unknown }[] = [];

  beforeEach(async () => {
    setActivePinia(createPinia());
    classifiers = ['new', 'old'];
    leaks = {};
    keptTiles = [];
    asked.length = 0;
    started.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'runs.states': () => [],
      'classifier.state': () => ({ classifier: 'new', isStale: false, isApplied: true, canTrain: true, reason: '' }),
      'classifier.list': () => classifiers.map(listed),
      'classifier.details': ({ classifier }: { classifier: string }) => ({
        summary: { ...summary, classifier },
        folds: [],
        classIds: [],
        leak: leaks[classifier] ?? null,
      }),
      'labels.kept': () => ({ tiles: keptTiles }),
      'labels.keep': ({ tiles: [only = 0], isKept }: { tiles: number[]; isKept: boolean }) => {
        keptTiles = isKept ? [...keptTiles, only] : keptTiles.filter((each) => each !== only);
        return { changed: 1, command: 1 };
      },
      'classifier.suspects': (input: unknown) => {
        asked.push(input);
        return { classifier: 'new', tileSet: 't', total: 3, tiles: [], sentence: 'Three.' };
      },
      'classifier.tiles': (input: unknown) => {
        asked.push(input);
        return { classifier: 'new', tileSet: 't', total: 2, tiles: [tile(7), tile(8)], sentence: 'Two.' };
      },
      'jobs.start': ({ call, input }: { call: string; input: unknown }) => {
        started.push({ call, input });
        return job(call, 'running');
      },
    });
    await useProject().attach('p');
  });
  afterEach(() => core.stop());

  it('show the newest, also when a newer one comes, unless an earlier one was chosen', async () => {
    const results = useClassifierResults();
    await settle();
    expect(results.shown).toBe('new');
    results.chosen = 'old';
    await settle();
    expect(results.details.data?.summary.classifier).toBe('old');
    results.chosen = null;
    classifiers = ['newer', 'new', 'old'];
    core.send({ type: 'project-changed', project: 'p', kinds: ['classifiers'] });
    await settle();
    expect(results.shown).toBe('newer');
  });

  it('show the tiles of what was clicked and never those of what was clicked before', async () => {
    const results = useClassifierResults();
    await settle();
    results.select({ kind: 'cell', truth: 0, predicted: 1 });
    expect(results.judged).toBeNull();
    await settle();
    expect(results.judged?.tiles.map((each) => each.tile)).toEqual([7, 8]);
    expect(asked.at(-1)).toMatchObject({ truth: 0, predicted: 1, onlyWrong: false });
    results.select({ kind: 'suspects' });
    expect(results.judged).toBeNull();
    await settle();
    expect(results.judged?.sentence).toBe('Three.');
  });

  it('train with every baseline, and make the maps when that is done', async () => {
    const results = useClassifierResults();
    await settle();
    await results.train(trainingInput(emptyTrainingForm()), true);
    expect(started).toEqual([{ call: 'finetune', input: expect.objectContaining({ project: 'p', baselines: 'all' }) }]);
    core.send({ type: 'job-changed', job: job('finetune', 'finished', summary) });
    await settle();
    expect(started.at(-1)).toEqual({ call: 'classify', input: { project: 'p', classifier: 'new' } });
  });

  it('make no maps after a training that failed', async () => {
    const results = useClassifierResults();
    await settle();
    await results.train(trainingInput(emptyTrainingForm()), true);
    core.send({ type: 'job-changed', job: job('finetune', 'failed') });
    await settle();
    expect(started).toHaveLength(1);
  });

  it('show a leaking figure only for the classifier it was made of', async () => {
    const results = useClassifierResults();
    await settle();
    expect(results.leak).toBeNull();
    await results.compareWithLeak();
    leaks = { new: { warning: 'Too good.', rows: [], sentence: '.10 more.' } };
    core.send({ type: 'job-changed', job: job('leak', 'finished') });
    core.send({ type: 'project-changed', project: 'p', kinds: ['classifiers'] });
    await settle();
    expect(results.leak).toEqual(leaks['new']);
    results.chosen = 'old';
    await settle();
    expect(results.leak).toBeNull();
  });

  it('know which labels were kept, also from another day, and keep one or take that back in the core', async () => {
    keptTiles = [8];
    const results = useClassifierResults();
    await settle();
    results.select({ kind: 'suspects' });
    await settle();
    expect([...results.kept]).toEqual([8]);
    const questions = asked.length;
    await results.keep(7, true);
    core.send({ type: 'project-changed', project: 'p', kinds: ['labels'] });
    await settle();
    expect([...results.kept]).toEqual([8, 7]);
    // How many labels are still doubted is asked again.
    expect(asked.length).toBe(questions + 1);
    await results.keep(8, false);
    core.send({ type: 'project-changed', project: 'p', kinds: ['labels'] });
    await settle();
    expect([...results.kept]).toEqual([7]);
  });
});

describe('the tile looked at', () => {
  const tiles = [tile(3), tile(5), tile(9)];
  it('stays when the list is asked for again', () => {
    expect(placeAfter(tile(9), 0, tiles)).toBe(2);
  });
  it('gives way to the one that takes its place when its label was put right', () => {
    expect(placeAfter(tile(4), 1, tiles)).toBe(1);
    expect(placeAfter(tile(10), 7, tiles)).toBe(2);
    expect(placeAfter(null, 0, [])).toBe(0);
  });
});
