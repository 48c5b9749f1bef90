/** What a person prefers (theme, language) and what the page keeps for itself (sizes of panes, seen hints), stored by the core. */
import { computed, ref, shallowRef, watch } from 'vue';
import { defineStore } from 'pinia';
import { usePreferredDark } from '@vueuse/core';
import type { AppSettings } from '#common/contract/app.ts';
import { useCore } from './core.ts';
import { useNotices } from './notices.ts';

export const useSettings = defineStore('settings', () => {
  const core = useCore();
  const notices = useNotices();
  const prefersDark = usePreferredDark();
  const settings = shallowRef<AppSettings>({ theme: 'system', language: 'system', page: {} });
  const isLoaded = ref(false);
  let waiting: ReturnType<typeof setTimeout> | undefined;

  const isDark = computed(() =>
    settings.value.theme === 'system' ? prefersDark.value : settings.value.theme === 'dark',
  );
  const language = computed<'en' | 'de'>(() => {
    if (settings.value.language !== 'system') return settings.value.language;
    return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en';
  });

  watch(
    isDark,
    (dark) => {
      document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    },
    { immediate: true },
  );

  async function load(): Promise<void> {
    settings.value = await core.services().app.settings({});
    isLoaded.value = true;
  }

  async function set(change: Partial<Pick<AppSettings, 'theme' | 'language'>>): Promise<void> {
    settings.value = { ...settings.value, ...change };
    await notices.attempt(() => core.services().app.setSettings(change));
  }

  /** A small text the page remembers; null when it never did. */
  function remembered(name: string): string | null {
    return settings.value.page[name] ?? null;
  }

  /** Shown at once, saved a moment later: a dragged pane must not write a file a frame. */
  function remember(name: string, text: string): void {
    if (settings.value.page[name] === text) return;
    settings.value = { ...settings.value, page: { ...settings.value.page, [name]: text } };
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (core.client === null) return;
      void notices.attempt(() => core.services().app.setSettings({ page: settings.value.page }));
    }, 400);
  }

  return { settings, isLoaded, isDark, language, load, set, remembered, remember };
});
