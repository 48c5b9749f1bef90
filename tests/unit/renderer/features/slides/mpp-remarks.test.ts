// @vitest-environment happy-dom
/** What the slide card says about the scale, and the search for moved slides from it. */
import { mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia, type Pinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineComponent, h } from 'vue';
import type { ProjectSlide } from '#common/contract/slides.ts';
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import MppRemarks from '../../../../../renderer/features/slides/MppRemarks.vue';
import { useMppText, type MppText } from '../../../../../renderer/features/slides/useMppText.ts';
import { createLanguages } from '../../../../../renderer/locales/index.ts';
import { useFileBrowser } from '../../../../../renderer/stores/file-browser.ts';
import { useProject } from '../../../../../renderer/stores/project.ts';
import { useSlideActs } from '../../../../../renderer/stores/slide-acts.ts';
import { connectFakeCore, settle, type FakeCore } from '../../stores/fake-core.ts';

const sound: MppProvenance = {
  source: 'file',
  x: 0.499,
  y: 0.499,
  field: 'aperio.MPP',
  claims: [{ field: 'aperio.MPP', x: 0.499, y: 0.499 }],
  contradictions: [],
  objectiveMpp: null,
  setAt: null,
  overridden: null,
};
const other = { field: 'tiff.XResolution', x: 0.25, y: 0.25 };

let pinia: Pinia;
beforeEach(() => setActivePinia((pinia = createPinia())));

function show(mppProvenance: MppProvenance, isShort = false): VueWrapper {
  const slide = { mppProvenance } as ProjectSlide;
  return mount(MppRemarks, { props: { slide, isShort }, global: { plugins: [pinia, createLanguages()] } });
}

describe('the scale on the slide card', () => {
  it('says nothing when all is well', () => {
    expect(show(sound).text()).toBe('');
  });

  it('says what the file contradicts itself in', () => {
    const card = show(
      { ...sound, claims: [...(sound.claims ?? []), other], contradictions: [other], objectiveMpp: 1 },
      true,
    );
    expect(card.text()).toBe('The file also states 0.25 µm/px (tiff.XResolution), which contradicts 0.499.');
    // The others are in the tooltip, not lost.
    expect(card.get('.remarks').attributes('title')).toContain('The objective suggests about 1 µm/px');
  });

  it.each([
    ['an estimate', { source: 'objective-power' as const, field: null }, 'only an estimate'],
    ['pixels that are not square', { y: 0.6 }, 'Pixels are not square (0.499 x 0.6 µm)'],
  ])('warns of %s', (_, change, words) => {
    expect(show({ ...sound, ...change }).text()).toContain(words);
  });

  it('tells when it was set by hand, instead of what, and what was not recorded', () => {
    let text: MppText | null = null;
    const reader = defineComponent(() => {
      text = useMppText();
      return () => h('i');
    });
    mount(reader, { global: { plugins: [pinia, createLanguages()] } });
    const byHand: MppProvenance = {
      ...sound,
      source: 'by-hand',
      field: null,
      setAt: '2026-05-04T10:00:00.000Z',
      overridden: { source: 'file', x: 0.499, y: 0.499, field: 'aperio.MPP' },
    };
    expect(text!.origin(byHand)).toBe('5/4/2026, instead of 0.499 (aperio.MPP)');
    expect(text!.origin(sound)).toBe('aperio.MPP');
    expect(text!.others({ ...sound, claims: [...(sound.claims ?? []), other] })).toBe('0.25 (tiff.XResolution)');
    expect(text!.others({ ...sound, claims: null })).toBeNull();
  });
});

describe('moved slides', () => {
  let core: FakeCore;
  const started: unknown[] = [];
  beforeEach(async () => {
    started.length = 0;
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'jobs.list': () => [],
      'slides.list': () => [],
      'slides.facts': () => [],
      'jobs.start': (given: object) => {
        started.push(given);
        return { job: 'j', ...given, status: 'running', project: 'p', startedAt: '' };
      },
    });
    await useProject().attach('p');
  });
  afterEach(() => core.stop());

  it('are looked for in the folder a person chooses, and nowhere when they give up', async () => {
    let acts: ReturnType<typeof useSlideActs> | null = null;
    const user = defineComponent(() => {
      acts = useSlideActs();
      return () => h('i');
    });
    mount(user, { global: { plugins: [pinia, createLanguages()] } });
    const givenUp = acts!.findMoved();
    useFileBrowser().finish(null);
    await givenUp;
    expect(started).toEqual([]);
    const searched = acts!.findMoved();
    useFileBrowser().finish([{ reference: { id: 'f1' }, name: 'Archiv' }]);
    await searched;
    await settle();
    expect(started).toEqual([
      { service: 'slides', call: 'findMoved', input: { project: 'p', directory: { id: 'f1' } } },
    ]);
  });
});
