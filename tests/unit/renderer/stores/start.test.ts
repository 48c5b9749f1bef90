// @vitest-environment happy-dom
/** What the start screen offers: projects open and closed, new ones, the demo where there is room for it. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrefoilError } from '#common/errors.ts';
import { useFileBrowser } from '../../../../renderer/stores/file-browser.ts';
import { useNotices } from '../../../../renderer/stores/notices.ts';
import { useProject } from '../../../../renderer/stores/project.ts';
import { freeName, useStart } from '../../../../renderer/stores/start.ts';
import { onThePage } from '../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from './fake-core.ts';
import { jobState } from './job-state.ts';

const summary = (id: string) => ({ project: id, name: id, directory: `/projects/${id}` });
const recent = (id: string) => ({ id: `id ${id}`, name: id, location: `/projects/${id}`, openedAt: '', isThere: true });

describe('the start', () => {
  let core: FakeCore;
  let start: ReturnType<typeof useStart>;
  let roots: { id: string; name: string }[];
  let names: string[];
  const said: { call: string; input: unknown }[] = [];
  const note =
    (call: string, answer: unknown) =>
    (input: unknown): unknown => {
      said.push({ call, input });
      if (answer instanceof Error) throw answer;
      return answer;
    };

  beforeEach(async () => {
    setActivePinia(createPinia());
    said.length = 0;
    roots = [{ id: 'home', name: 'Home' }];
    names = [];
    core = await connectFakeCore({
      'app.recentProjects': () => [recent('a'), recent('b')],
      'app.forgetProject': note('forget', {}),
      'projects.list': () => [summary('b')],
      'projects.open': note('open', summary('a')),
      'projects.create': note('create', new TrefoilError('already-exists', 'It is there already.', 'Choose another.')),
      'files.roots': () => roots,
      'files.list': () => ({ trail: [], entries: names.map((name) => ({ name })), leftOut: 0 }),
      'jobs.list': () => [],
      'jobs.start': note('start', jobState({ service: 'demo', call: 'run', project: null })),
    });
    start = onThePage(() => useStart());
    await start.load();
  });
  afterEach(() => core.stop());

  it('offers projects that are open as such and not once more among the recent ones', () => {
    expect(start.openProjects.map(({ project }) => project)).toEqual(['b']);
    expect(start.closed.map(({ name }) => name)).toEqual(['a']);
  });

  it('opens a recent project, attaches an open one, and forgets one that is not wanted', async () => {
    await start.openRecent('id a');
    expect(useProject().id).toBe('a');
    await start.attach('b');
    expect(useProject().id).toBe('b');
    await start.forget('id a');
    expect(said).toEqual([
      { call: 'open', input: { directory: { id: 'id a' } } },
      { call: 'forget', input: { id: 'id a' } },
    ]);
  });

  it('makes and opens projects where the person says, and says why when that cannot be', async () => {
    const opening = start.open();
    useFileBrowser().finish([{ reference: { id: 'f' }, name: 'f' }]);
    await opening;
    const creating = start.create();
    useFileBrowser().finish([{ reference: { folder: 'home', name: 'New' }, name: 'New' }]);
    await creating;
    expect(said).toEqual([
      { call: 'open', input: { directory: { id: 'f' } } },
      { call: 'create', input: { directory: { folder: 'home', name: 'New' } } },
    ]);
    expect(useNotices().notices.map(({ text }) => text)).toEqual(['It is there already.']);
    const givenUp = start.create();
    useFileBrowser().finish(null);
    await givenUp;
    expect(said).toHaveLength(2);
  });

  it('makes the demo in the first allowed folder under a free name, and goes on there when it was stopped', async () => {
    names = ['Trefoil demo', 'Trefoil demo 2'];
    expect(start.canResumeDemo).toBe(false);
    await start.runDemo();
    expect(start.canResumeDemo).toBe(true);
    names.push('Trefoil demo 3');
    await start.resumeDemo();
    const input = { service: 'demo', call: 'run', input: { out: { folder: 'home', name: 'Trefoil demo 3' } } };
    expect(said).toEqual([
      { call: 'start', input },
      { call: 'start', input },
    ]);
  });

  it('says that there is no folder for the demo, and what to do', async () => {
    roots = [];
    await start.runDemo();
    await settle();
    expect(said).toEqual([]);
    expect(useNotices().notices).toMatchObject([
      { text: 'There is no folder in which the demo may be made.', hint: expect.stringContaining('--allow') },
    ]);
  });

  it('opens the demo that is ready', async () => {
    await start.openDemo(jobState({ service: 'demo', call: 'run', status: 'finished', result: { project: 'b' } }));
    expect(useProject().id).toBe('b');
  });
});

it.each([
  [[], 'Demo'],
  [['Demo'], 'Demo 2'],
  [['Demo', 'Demo 2', 'Demo 4'], 'Demo 3'],
])('with %j there already the free name is %s', (taken, name) => {
  expect(freeName('Demo', new Set(taken))).toBe(name);
});
