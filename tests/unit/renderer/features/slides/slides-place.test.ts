// @vitest-environment happy-dom
/** The place of the slides: what is open when slides go, in which size they are listed, and two that cannot move as one. */
import type { VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineComponent, h } from 'vue';
import SlidesPlace from '../../../../../renderer/features/slides/SlidesPlace.vue';
import { useCommands } from '../../../../../renderer/stores/commands.ts';
import { useFileBrowser } from '../../../../../renderer/stores/file-browser.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { useSettings } from '../../../../../renderer/stores/settings.ts';
import { mountOnPage } from '../../on-the-page.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

// A canvas and OpenSeadragon are no part of this; which slides are shown is.
vi.mock('../../../../../renderer/viewer/index.ts', () => ({
  SlideViewer: defineComponent({
    props: { slide: { type: Object, required: true } },
    setup: (props) => () => h('div', { role: 'application' }, (props.slide as { name: string }).name),
  }),
  DrawLayer: defineComponent({ setup: () => () => null }),
  useLinkedViews: () => undefined,
  usePointerTool: () => undefined,
}));

const slide = (id: string, mpp: number | null = 0.5) => ({
  slide: id,
  name: `${id}.svs`,
  patient: 'P1',
  specimen: 'S1',
  width: 2220,
  height: 2967,
  levels: [],
  mpp,
  mppSource: mpp === null ? 'missing' : 'file',
  vendor: 'aperio',
  objectivePower: 20,
  compression: 'JPEG',
  associatedImages: [],
  colourProfile: null,
  notes: [] as string[],
  tilePx: 240,
  folderHint: null,
  pictureTag: `${id}1`,
  tissue: null,
  mppProvenance: {
    source: mpp === null ? 'missing' : 'file',
    x: mpp,
    y: mpp,
    field: mpp === null ? null : 'aperio.MPP',
    claims: [],
    contradictions: [],
    objectiveMpp: null,
    setAt: null,
    overridden: null,
  },
});

describe('the place of the slides', () => {
  let core: FakeCore;
  let place: VueWrapper;
  let all: ReturnType<typeof slide>[];
  const viewers = (): (string | null)[] =>
    [...document.querySelectorAll('[role="application"]')].map((viewer) => viewer.textContent);
  const button = (name: RegExp): HTMLButtonElement | undefined =>
    [...document.querySelectorAll('button')].find((each) => name.test(each.textContent ?? ''));
  async function changed(): Promise<void> {
    core.send({ type: 'project-changed', project: 'p', kinds: ['slides'] });
    await settle();
  }

  beforeEach(async () => {
    setActivePinia(createPinia());
    all = [slide('a'), slide('b'), slide('c', null)];
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'slides.list': () => all,
      'slides.facts': () => [],
      'slides.remove': ({ slides }: { slides: string[] }) => {
        all = all.filter((each) => !slides.includes(each.slide));
        return { removed: slides.length, regions: 0, labels: 1 };
      },
      'app.setSettings': () => ({}),
    });
    await useProject().attach('p');
    place = mountOnPage(SlidesPlace);
    await settle();
  });
  afterEach(() => {
    place.unmount();
    core.stop();
  });
  async function open(id: string): Promise<void> {
    document.querySelector(`[data-slide="${id}"]`)!.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
    await settle();
  }

  it('closes the viewer when the open slide is removed in the inspector, and shows no other in its place', async () => {
    await open('b');
    expect(viewers()).toEqual(['b.svs']);
    button(/^Remove/)!.click();
    await settle();
    await changed();
    expect(viewers()).toEqual([]);
    expect(document.querySelectorAll('[data-slide]')).toHaveLength(2);
    expect(document.querySelectorAll('[aria-selected="true"]')).toHaveLength(0);
  });

  it('closes the viewer when the open slide goes in another window, and stays when another one goes', async () => {
    await open('b');
    all = [slide('b'), slide('c')];
    await changed();
    expect(viewers()).toEqual(['b.svs']);
    all = [slide('c')];
    await changed();
    expect(viewers()).toEqual([]);
  });

  it('says in the inspector what is shown otherwise than expected', async () => {
    all = [{ ...slide('a'), notes: ['Of 3 channels DAPI is shown.'] }];
    await changed();
    document.querySelector('[data-slide="a"]')!.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    await settle();
    expect(document.body.textContent).toContain('Of 3 channels DAPI is shown.');
  });

  it('shows the next slide in the viewer when the person asks for it', async () => {
    await open('b');
    const { useSlides } = await import('../../../../../renderer/stores/slides.ts');
    useSlides().step(1);
    await settle();
    expect(viewers()).toEqual(['c.svs']);
  });

  it('says why two slides do not move as one while one has no scale', async () => {
    await open('a');
    useCommands().run('slides.compare');
    await settle();
    const link = (): HTMLButtonElement => button(/^Move together/)!;
    expect([link().disabled, link().ariaPressed ?? link().getAttribute('aria-pressed')]).toEqual([false, 'true']);
    all = [slide('a'), slide('b', null)];
    await changed();
    expect([link().disabled, link().ariaPressed ?? link().getAttribute('aria-pressed')]).toEqual([true, 'false']);
    expect(document.body.textContent).toContain('Set the scale of both first.');
  });

  it('lists the size in pixels and in millimetres', async () => {
    useSettings().remember('slides.layout', 'list');
    await settle();
    const row = document.querySelector('[data-slide="a"]')!;
    expect(row.textContent).toContain('2,220 x 2,967 px');
    expect(row.textContent).toContain('1.11 x 1.48 mm');
  });

  it('says about dropped files above the list to choose them from, and no longer when that is closed', async () => {
    const drop = new Event('drop', { bubbles: true, cancelable: true });
    document.querySelector('.place')!.dispatchEvent(drop);
    await settle();
    expect(useFileBrowser().question).toMatchObject({ note: expect.stringContaining('A browser does not tell') });
    useFileBrowser().finish(null);
    await settle();
    expect(document.body.textContent).not.toContain('A browser does not tell');
  });
});
