// @vitest-environment happy-dom
/** What a person does with slides: one call for many, what was left out by name, and how it is said. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import { TrefoilError } from '#common/errors.ts';
import { useFileBrowser } from '../../../../renderer/stores/file-browser.ts';
import { useNotices } from '../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../renderer/stores/project.ts';
import { useSlideActs } from '../../../../renderer/stores/slide-acts.ts';
import { onThePage } from '../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from './fake-core.ts';
import { jobState } from './job-state.ts';

describe('acts on slides', () => {
  let core: FakeCore;
  let acts: ReturnType<typeof useSlideActs>;
  let failure: TrefoilError | null;
  const said: { call: string; input: unknown }[] = [];
  const note =
    (call: string, answer: unknown) =>
    (input: unknown): unknown => {
      if (failure !== null) throw failure;
      said.push({ call, input });
      return answer;
    };
  const added = (status: JobState['status'], result: unknown, of = 'p'): void =>
    core.send({
      type: 'job-changed',
      job: jobState({
        service: 'slides',
        call: 'add',
        project: of,
        status,
        result,
        error: status === 'failed' ? report : null,
      }),
    });
  const report = new TrefoilError('disk-full', 'The disk is full.', 'Free some space.').toReport();

  beforeEach(async () => {
    setActivePinia(createPinia());
    said.length = 0;
    failure = null;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'projects.undo': note('undo', { what: 'x' }),
      'jobs.list': () => [],
      'jobs.start': note('start', jobState({})),
      'slides.list': () => [{ slide: 'a', name: 'a.svs' }],
      'slides.facts': () => [],
      'slides.update': note('update', []),
      'slides.setMpp': note('setMpp', {}),
      'slides.relink': note('relink', {}),
      'slides.remove': note('remove', { removed: 1, regions: 0, labels: 2 }),
    });
    await useProject().attach('p');
    acts = onThePage(() => useSlideActs());
    await settle();
  });
  afterEach(() => core.stop());

  it('adds all chosen files with one job, and nothing when the person gave up', async () => {
    const adding = acts.add();
    const chosen = ['x', 'y'].map((id) => ({ reference: { id }, name: id }));
    useFileBrowser().finish(chosen);
    await adding;
    const input = { project: 'p', slides: [{ file: { id: 'x' } }, { file: { id: 'y' } }] };
    expect(said).toEqual([{ call: 'start', input: { service: 'slides', call: 'add', input } }]);
    const givenUp = acts.add();
    useFileBrowser().finish(null);
    await givenUp;
    expect(said).toHaveLength(1);
  });

  it('names each file that was left out with its reason and next step', () => {
    const refused = ['one.svs', 'two.svs'].map((name) => ({
      name,
      error: new TrefoilError('file-invalid', `${name} is no slide.`, 'Choose another.').toReport(),
    }));
    added('finished', { added: [], alreadyThere: [], refused });
    expect(useNotices().notices).toMatchObject([
      {
        kind: 'error',
        text: '2 files were not added',
        items: ['one.svs is no slide. Choose another.', 'two.svs is no slide. Choose another.'],
      },
    ]);
  });

  it('says nothing when every file was added, nor about another project', () => {
    added('finished', { added: [], alreadyThere: [], refused: [] });
    added('failed', null, 'another');
    expect(useNotices().notices).toEqual([]);
  });

  it('says why when nothing could be added at all', () => {
    added('failed', null);
    expect(useNotices().notices).toMatchObject([{ text: 'The disk is full.', hint: 'Free some space.' }]);
  });

  it('sets the patient of many slides with one call', async () => {
    await acts.update(['a', 'b', 'c'], { patient: 'Müller' });
    expect(said).toEqual([{ call: 'update', input: { project: 'p', slides: ['a', 'b', 'c'], patient: 'Müller' } }]);
  });

  it('says what was removed, one as one and many as many, and takes it back on demand', async () => {
    await acts.remove(['a']);
    const [notice] = useNotices().notices;
    expect(notice?.text).toBe('Removed 1 slide with 0 regions and 2 labels.');
    notice?.action?.run();
    await settle();
    expect(said.map(({ call }) => call)).toEqual(['remove', 'undo']);
  });

  it('answers whether a scale was kept', async () => {
    expect(await acts.setMpp('a', 0.25)).toBe(true);
    expect(useNotices().notices.at(-1)?.text).toBe('The scale of a.svs is set by hand.');
    failure = new TrefoilError('not-found', 'It is gone.', 'Look again.');
    expect(await acts.setMpp('a', 0.25)).toBe(false);
  });

  it('links a moved file that the person finds', async () => {
    const linking = acts.relink('a');
    expect(useFileBrowser().question).toMatchObject({ title: 'Where is a.svs now?', isMultiple: false });
    useFileBrowser().finish([{ reference: { id: 'x' }, name: 'x' }]);
    await linking;
    expect(said).toEqual([{ call: 'relink', input: { project: 'p', slide: 'a', file: { id: 'x' } } }]);
  });
});
