/** Which dialog of the whole page is open: one at a time. */
import { computed, ref, type WritableComputedRef } from 'vue';
import { defineStore } from 'pinia';

export type DialogName = 'palette' | 'keyboard' | 'settings' | 'history' | 'computer' | 'apply';

export const useDialogs = defineStore('dialogs', () => {
  const current = ref<DialogName | null>(null);
  const isTrayOpen = ref(false);

  /** For `v-model:open` of one dialog. */
  function model(name: DialogName): WritableComputedRef<boolean> {
    return computed({
      get: () => current.value === name,
      set: (isOpen) => {
        if (isOpen) current.value = name;
        else if (current.value === name) current.value = null;
      },
    });
  }
  function toggle(name: DialogName): void {
    current.value = current.value === name ? null : name;
  }
  return { current, isTrayOpen, model, toggle };
});
