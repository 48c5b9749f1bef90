// @vitest-environment happy-dom
/** The slides as every place sees them: which one is looked at, its neighbours, its name and picture. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useNavigation } from '../../../../renderer/stores/navigation.ts';
import { useProject } from '../../../../renderer/stores/project.ts';
import { useSlides } from '../../../../renderer/stores/slides.ts';
import { connectFakeCore, settle, type FakeCore } from './fake-core.ts';

describe('the slides', () => {
  let core: FakeCore;
  let slides: ReturnType<typeof useSlides>;
  let all: { slide: string; name: string; pictureTag: string }[];

  beforeEach(async () => {
    setActivePinia(createPinia());
    useNavigation().slide = null;
    all = ['a', 'b', 'c'].map((slide) => ({ slide, name: `${slide}.svs`, pictureTag: `${slide}1` }));
    core = await connectFakeCore({
      'projects.list': () => [{ project: 'p', name: 'P' }],
      'slides.list': () => all,
      'slides.facts': () => [{ slide: 'b', labels: 7 }],
    });
    await useProject().attach('p');
    slides = useSlides();
    await settle();
  });
  afterEach(() => core.stop());

  it('show the first until another is chosen, and the chosen one in every place', () => {
    expect(slides.current?.slide).toBe('a');
    slides.select('c');
    expect([slides.current?.slide, useNavigation().slide]).toEqual(['c', 'c']);
  });

  it('are stepped through round both ends', () => {
    slides.step(-1);
    expect(slides.current?.slide).toBe('c');
    slides.step(1);
    slides.step(1);
    expect(slides.current?.slide).toBe('b');
  });

  it('have no next one where there is none at all', async () => {
    all = [];
    core.send({ type: 'project-changed', project: 'p', kinds: ['slides'] });
    await settle();
    slides.step(1);
    expect([slides.current, useNavigation().slide]).toEqual([null, null]);
  });

  it('show the first again when the chosen one was removed', async () => {
    slides.select('b');
    all = all.filter(({ slide }) => slide !== 'b');
    core.send({ type: 'project-changed', project: 'p', kinds: ['slides'] });
    await settle();
    expect(slides.current?.slide).toBe('a');
  });

  it('answer names and facts by id, and the id where the slide is unknown', () => {
    expect([slides.nameOf('b'), slides.nameOf('gone')]).toEqual(['b.svs', 'gone']);
    expect(slides.factsOf.get('b')).toMatchObject({ labels: 7 });
    expect(slides.byId.get('c')?.name).toBe('c.svs');
    expect(slides.thumbnailUrl('b', 96)).toBe('/slides/p/b/thumbnail.jpeg?width=96&v=b1');
  });
});
