/** Slides kept for evaluation: the same choice wherever it is shown, each change one step that can be undone. */
import { computed } from 'vue';
import { defineStore } from 'pinia';
import { useI18n } from 'vue-i18n';
import type { Reserve } from '#common/contract/reserve.ts';
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

  async function set(ask: () => Promise<Reserve>): Promise<void> {
    try {
      query.data.value = await ask();
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
  /** Reserves these slides or frees them; the others stay as they are. */
  function change(ids: readonly string[], isReserved: boolean): Promise<void> {
    const others = [...slides.value].filter((slide) => !ids.includes(slide));
    const chosen = isReserved ? [...others, ...ids] : others;
    return set(() => core.services().reserve.set({ project: project.required(), slides: chosen }));
  }
  /** Whole groups by seed, balanced over classes where labels are known; in place of what was chosen. */
  function draw(share: number, seed: number): Promise<void> {
    return set(() => core.services().reserve.draw({ project: project.required(), share, seed }));
  }

  return { query, slides, change, draw };
});
