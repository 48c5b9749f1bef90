/** The project's slides with their state, and the one looked at. Acts on slides are in features/slides. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { useNavigation } from './navigation.ts';
import { useProject } from './project.ts';
import { projectQuery } from './project-query.ts';

export const useSlides = defineStore('slides', () => {
  const navigation = useNavigation();
  const project = useProject();
  const list = projectQuery(['slides'], ({ core, project, signal }) => core.slides.list({ project }, { signal }));
  const facts = projectQuery(['slides', 'regions', 'tiles', 'labels'], ({ core, project, signal }) =>
    core.slides.facts({ project }, { signal }),
  );

  const all = computed(() => list.data.value ?? []);
  const factsOf = computed(() => new Map((facts.data.value ?? []).map((fact) => [fact.slide, fact])));
  const current = computed(() => all.value.find(({ slide }) => slide === navigation.slide) ?? all.value[0] ?? null);
  const byId = computed(() => new Map(all.value.map((slide) => [slide.slide, slide])));

  function thumbnailUrl(slide: string, width: number): string {
    const version = byId.value.get(slide)?.pictureTag ?? '';
    return `/slides/${project.required()}/${slide}/thumbnail.jpeg?width=${width}&v=${version}`;
  }
  function nameOf(slide: string): string {
    return byId.value.get(slide)?.name ?? slide;
  }
  function select(slide: string): void {
    navigation.slide = slide;
  }
  /** The next (1) or previous (-1) slide, round the end. */
  function step(by: number): void {
    const { length } = all.value;
    const at = all.value.findIndex(({ slide }) => slide === current.value?.slide);
    const next = length === 0 ? undefined : all.value[(at + by + length) % length];
    if (next !== undefined) select(next.slide);
  }

  return { list, facts, all, factsOf, byId, current, thumbnailUrl, nameOf, select, step };
});
