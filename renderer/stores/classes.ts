/** The project's classes and how much is labelled: what every place shows beside its tiles. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { projectQuery } from './project-query.ts';

export const useClasses = defineStore('classes', () => {
  const query = projectQuery(['classes', 'labels', 'tiles', 'slides'], ({ core, project, signal }) =>
    core.labels.overview({ project }, { signal }),
  );
  const overview = computed(() => query.data.value);
  const all = computed(() => query.data.value?.classes ?? []);
  const byId = computed(() => new Map(all.value.map((each) => [each.class, each])));

  return { query, overview, all, byId };
});
