// @vitest-environment happy-dom
/** The start screen: keys beside their acts, no empty headings, a demo that says what has become of it. */
import type { VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobState } from '#common/contract/jobs.ts';
import StartScreen from '../../../../renderer/shell/StartScreen.vue';
import { useCommands } from '../../../../renderer/stores/commands.ts';
import { mountOnPage } from '../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../stores/fake-core.ts';
import { jobState } from '../stores/job-state.ts';

describe('the start screen', () => {
  let core: FakeCore;
  let screen: VueWrapper;
  let open: object[];
  let recent: object[];
  const text = (): string => document.body.textContent ?? '';
  const button = (name: RegExp): HTMLButtonElement | undefined =>
    [...document.querySelectorAll('button')].find((each) => name.test(each.textContent ?? ''));
  const demo = (change: Partial<JobState>): JobState =>
    jobState({
      service: 'demo',
      call: 'run',
      project: null,
      title: 'Making the demo project',
      stage: 'Reading',
      ...change,
    });
  async function tell(change: Partial<JobState>): Promise<void> {
    core.send({ type: 'job-changed', job: demo(change) });
    await settle();
  }
  async function show(): Promise<void> {
    screen = mountOnPage(StartScreen);
    await settle();
  }

  beforeEach(async () => {
    setActivePinia(createPinia());
    open = [];
    recent = [];
    core = await connectFakeCore({
      'app.recentProjects': () => recent,
      'projects.list': () => open,
      'files.roots': () => [{ id: 'home', name: 'Home' }],
      'files.list': () => ({ trail: [], entries: [], leftOut: 0 }),
      'jobs.list': () => [],
      'jobs.start': () => demo({}),
      'jobs.cancel': () => demo({}),
    });
  });
  afterEach(() => {
    screen.unmount();
    core.stop();
  });

  it('names the key of each of its acts', async () => {
    await show();
    for (const [name, id] of [
      [/^New project/, 'start.create'],
      [/^Open project/, 'start.open'],
      [/^Try the demo/, 'start.demo'],
    ] as const) {
      const keys = [...(button(name)?.querySelectorAll('kbd') ?? [])].map((key) => key.textContent).join('+');
      expect(keys).not.toBe('');
      expect(keys).toBe(useCommands().keyFor(id));
    }
  });

  it('has no heading for recent projects when all of them are open', async () => {
    open = [{ project: 'a', name: 'A', directory: '/a', slideCount: 1, labelCount: 1 }];
    recent = [{ id: 'r', name: 'A', location: '/a', openedAt: '2026-01-01T00:00:00Z', isThere: true }];
    await show();
    expect(text()).toContain('Open now');
    expect(text()).not.toContain('Recent projects');
  });

  it('says where recent projects will be while there is none', async () => {
    await show();
    expect(text()).toContain('Projects you open appear here.');
  });

  it('says that the demo stops, then that it was stopped, and can go on with it', async () => {
    await show();
    button(/^Try the demo/)!.click();
    await settle();
    expect(text()).toContain('The demo project is being made. Above is what happens just now');
    button(/^Cancel/)!.click();
    await settle();
    expect(text()).toContain('Stops after this step');
    await tell({ status: 'cancelled' });
    expect(text()).not.toContain('The demo project is being made.');
    expect(text()).toContain('stopped');
    expect(document.querySelector('[role="progressbar"]')).toBeNull();
    button(/^Go on/)!.click();
    await settle();
    expect(core.calls.filter((call) => call === 'jobs.start')).toHaveLength(2);
  });
});
