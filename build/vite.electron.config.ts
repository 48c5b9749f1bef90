/**
 * Bundles the shell: main.cjs for Electron's main process, and with --mode preload preload.cjs, apart, because a sandboxed
 * preload script must be one file.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

// Whoever starts the build, a test too.
process.env['NODE_ENV'] = 'production';

export default defineConfig(({ mode }) => ({
  root,
  resolve: { alias: { '#common': `${root}main/common`, '#main': `${root}main` } },
  build: {
    ssr: true,
    outDir: 'electron/dist',
    emptyOutDir: mode !== 'preload',
    target: 'node24',
    minify: false,
    rollupOptions: {
      input: mode === 'preload' ? { preload: `${root}electron/preload.ts` } : { main: `${root}electron/main.ts` },
      external: ['electron'],
      output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' },
    },
  },
  ssr: { noExternal: true, external: ['electron'] },
}));
