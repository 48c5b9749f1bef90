// @vitest-environment happy-dom
/** The word of warning above a map. */
import { mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SlideLikeness } from '#common/contract/trust.ts';
import UnlikeBanner from '../../../../../renderer/features/map/UnlikeBanner.vue';
import { useMapView } from '../../../../../renderer/features/map/map-view-store.ts';
import { createLanguages } from '../../../../../renderer/locales/index.ts';

const likeness: SlideLikeness = {
  verdict: 'unlike',
  score: 2.31,
  shareBeyond: 0.62,
  referenceSlides: 12,
  referenceGroups: 6,
  fartherSlides: 0,
  chance: 1 / 7,
  groupLevel: 'patient',
  sentence: 'The sentence of the core.',
};
let wrapper: VueWrapper | null = null;
beforeEach(() => setActivePinia(createPinia()));
afterEach(() => wrapper?.unmount());

function show(verdict: SlideLikeness['verdict']): VueWrapper {
  wrapper = mount(UnlikeBanner, {
    global: { plugins: [createLanguages()] },
    props: { slide: 's', likeness: { ...likeness, verdict } },
  });
  return wrapper;
}

it('gives the verdict, the distance, the share of tiles beyond, the slides compared with and what to do', () => {
  const text = show('unlike').text();
  expect(text).toContain('This slide is unlike the training slides');
  expect(text).toContain('The sentence of the core.');
  expect(text).toMatch(/Distance of the tile in the middle \(training slides: about 1\)\s*2\.31/);
  expect(text).toMatch(/Tiles beyond the limit\s*62 %/);
  expect(text).toMatch(/Training slides compared with\s*12/);
  expect(text).toContain('Label some tiles of this slide and train again');
});

it('says plainly that it cannot tell, and does not call the slide unlike', () => {
  const text = show('cannot-tell').text();
  expect(text).toContain('Whether this slide is unlike the training slides cannot be told');
  expect(text).not.toContain('This slide is unlike');
});

it('leads to the layer that shows where the distance is high, and back', async () => {
  const banner = show('unlike');
  const view = useMapView();
  const button = banner.findAll('button').find((each) => each.text() === 'Show the distance');
  await button?.trigger('click');
  expect(view.layer).toBe('unlike');
  await button?.trigger('click');
  expect(view.layer).toBe('class');
});

it.each(['like', 'training'] as const)('is not there for a slide that is %s', (verdict) => {
  expect(show(verdict).find('aside').exists()).toBe(false);
});
