/** Slides kept for evaluation: the same choice wherever it is shown, each change one step that can be undone. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { useI18n } from 'vue-i18n';
import { useCore } from './core.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';
import { projectQuery } from './project-query.ts';

export const useReserve = defineStore('reserve', () => {
  const { t } = useI18n();
  const core = useCore();
  const notices = useNotices();
  const project = useProject();
  const query = projectQuery(['slides', 'labels', 'classes'], ({ core, project, signal }) =>
    core.reserve.get({ project }, { signal }),
  );
  const slides = computed<ReadonlySet<string>>(() => new Set(query.data.value?.slides.map(({ slide }) => slide)));

  /** Reserves these slides or frees them; the others stay as they are. */
  async function change(ids: readonly string[], isReserved: boolean): Promise<void> {
    const others = [...slides.value].filter((slide) => !ids.includes(slide));
    try {
      query.data.value = await core
        .services()
        .reserve.set({ project: project.required(), slides: isReserved ? [...others, ...ids] : others });
    } catch (error) {
      notices.failed(error);
      await query.refresh();
      return;
    }
    const count = slides.value.size;
    notices.done(t('slides.reserve.done', { count }, count), {
      label: t('common.undo'),
      run: () => void project.undo(),
    });
  }

  return { query, slides, change };
});
