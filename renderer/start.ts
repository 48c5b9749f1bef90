/** Starts the page: stores, language, connection. */
import { createApp, watch } from 'vue';
import { createPinia } from 'pinia';
import App from './App.vue';
import { createLanguages } from './locales/index.ts';
import { useCore } from './stores/core.ts';
import { useSettings } from './stores/settings.ts';

const pinia = createPinia();
const i18n = createLanguages();
const app = createApp(App).use(pinia).use(i18n);
const settings = useSettings(pinia);
watch(
  () => settings.language,
  (language) => {
    i18n.global.locale.value = language;
    document.documentElement.lang = language;
  },
  { immediate: true },
);
useCore(pinia).start();
app.mount('#app');
