/** What is compiled into the page and the shell: these ship inside our own files, so their licences must ship too. */
export const bundledPackages = [
  '@lucide/vue',
  '@vueuse/core',
  'birpc',
  'electron-updater',
  'openseadragon',
  'pinia',
  'polyclip-ts',
  'reka-ui',
  'uplot',
  'vue',
  'vue-i18n',
  'zod',
] as const;
