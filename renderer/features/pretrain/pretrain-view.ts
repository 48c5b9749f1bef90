/** Which of the place's three views is open. Remembered while the page is open, so that leaving and coming back changes nothing. */
import { ref, watch } from 'vue';
import { defineStore } from 'pinia';
import { useProject } from '../../stores/project.ts';

export type PretrainView = 'new' | 'runs' | 'compare';

export const usePretrainView = defineStore('pretrainView', () => {
  const project = useProject();
  const view = ref<PretrainView>('new');
  /** A person chose it; suggestions change nothing any more. */
  const isChosen = ref(false);
  /** The window for an encoder of one's own; outlives a change of the view. */
  const isImporting = ref(false);

  function show(next: PretrainView): void {
    view.value = next;
    isChosen.value = true;
  }
  function suggest(next: PretrainView): void {
    if (!isChosen.value) view.value = next;
  }
  watch(
    () => project.id,
    () => {
      view.value = 'new';
      isChosen.value = false;
      isImporting.value = false;
    },
  );
  return { view, isChosen, isImporting, show, suggest };
});
