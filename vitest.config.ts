// Test run: unit, golden, contract and architecture tests. `npm test` ends with the line "N passed, N failed".
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const slow = process.env['TREFOIL_SLOW_TESTS'] === '1';

export default defineConfig({
  plugins: [vue()],
  // Pictures that the page names from its root.
  publicDir: 'renderer/public',
  test: {
    include: slow ? ['tests/**/*.slow.test.ts'] : ['tests/**/*.test.ts'],
    exclude: slow ? ['node_modules/**'] : ['node_modules/**', 'tests/**/*.slow.test.ts'],
    testTimeout: slow ? 1_800_000 : 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['default', './tests/support/count-reporter.ts'],
  },
});
