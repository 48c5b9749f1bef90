/** Builds the page into renderer/dist. No inline script or style leaves here: the page runs under main/server/security-headers.ts. */
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// Whoever starts the build, a test too: the development build is slower and names this machine's folders.
process.env['NODE_ENV'] = 'production';

export default defineConfig({
  root: fileURLToPath(new URL('../renderer', import.meta.url)),
  plugins: [vue()],
  define: { __VUE_I18N_LEGACY_API__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'chrome130',
    // The polyfill is an inline script, and every browser we run in knows modulepreload.
    modulePreload: { polyfill: false },
    // Small pictures as data: addresses are allowed by the policy, but a file is cached.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
});
