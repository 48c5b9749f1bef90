// @vitest-environment happy-dom
/** Applying a model: what is asked for, when it may start, what came of it. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import { TrefoilError } from '#common/errors.ts';
import { useApply } from '../../../../../renderer/features/apply/apply-store.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const file = (id: string) => ({ reference: { id }, name: `${id}.svs` });
const job = (status: JobState['status'], result: unknown = null): JobState => ({
  ...{ job: 'job-1', service: 'bundles', call: 'apply', title: 'Applying a model', project: null, status, result },
  ...{ startedAt: '1', finishedAt: null, stage: '', note: '', done: 0, total: 1, fraction: null, ratePerSecond: null },
  ...{ secondsLeft: null, messages: [], error: null },
});

describe('a model that is applied', () => {
  let core: FakeCore;
  let started: unknown[];
  beforeEach(async () => {
    setActivePinia(createPinia());
    started = [];
    core = await connectFakeCore({
      'jobs.list': () => [],
      'jobs.dismiss': () => ({}),
      'bundles.inspect': ({ model }: { model: { file: { id: string } } }) => {
        if (model.file.id === 'broken') throw new TrefoilError('file-invalid', 'It is damaged.', 'Copy it again.');
        return { sha256: 'ab', classes: [] };
      },
      'jobs.start': ({ input }: { input: unknown }) => {
        started.push(input);
        return job('running');
      },
    });
  });
  afterEach(() => core.stop());

  it('starts once model, slides and folder are chosen, with references and never a path', async () => {
    const apply = useApply();
    expect(apply.canStart).toBe(false);
    await apply.chooseModel(file('model'));
    apply.slides = [file('a'), file('b')];
    expect(apply.canStart).toBe(false);
    apply.folder = file('out');
    expect(apply.canStart).toBe(true);
    apply.mpp = '0,25';
    await apply.start();
    expect(started).toEqual([
      {
        model: { file: { id: 'model' } },
        slides: [{ file: { id: 'a' } }, { file: { id: 'b' } }],
        out: { id: 'out' },
        mpp: 0.25,
      },
    ]);
    expect([apply.isRunning, apply.canStart]).toEqual([true, false]);
  });

  it.each(['x', '0', '-1', '101'])('is not started with %s for µm per pixel', async (text) => {
    const apply = useApply();
    await apply.chooseModel(file('model'));
    apply.slides = [file('a')];
    apply.folder = file('out');
    apply.mpp = text;
    expect([apply.mppNumber, apply.canStart]).toEqual([null, false]);
    await apply.start();
    expect(started).toEqual([]);
  });

  it('shows why a file is no model, until another is chosen', async () => {
    const apply = useApply();
    await apply.chooseModel(file('broken'));
    expect([apply.card, apply.error?.hint]).toEqual([null, 'Copy it again.']);
    await apply.chooseModel(file('model'));
    expect([apply.card?.sha256, apply.error]).toEqual(['ab', null]);
  });

  it('has its result, also of a job that another page began, and makes room for other slides', async () => {
    const apply = useApply();
    await settle();
    const result = { directory: '/x/out', slides: [], refused: [] };
    core.send({ type: 'job-changed', job: job('finished', result) });
    await settle();
    expect(apply.result).toEqual(result);
    apply.slides = [file('a')];
    await apply.clear();
    expect([apply.result, apply.slides]).toEqual([null, []]);
  });
});
