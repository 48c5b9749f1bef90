/**
 * End-to-end tests of the page: Debian's Chromium (or CHROME_PATH) against `trefoil serve`, with real images and the real engine.
 * `npm run test:e2e` runs them alone, `npm test` among all others. No browser is downloaded; without one the specs report skipped.
 */
import { defineConfig } from '@playwright/test';
import { findBrowser } from '../../build/find-browser.js';
import { stagesFolder } from './projects/stages.ts';

export const browser = findBrowser(process.env);
export const noBrowser = 'no Chromium is installed (apt-get install chromium, or set CHROME_PATH)';
// Before the workers start, which inherit its answer.
stagesFolder();
const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results',
  fullyParallel: false,
  workers: 2,
  retries: 0,
  // Two cores train, decode and render at the same time; a person would wait as well.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list'], ['./count-reporter.ts']],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    colorScheme: 'dark',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    actionTimeout: 15_000,
    ...(browser === null ? {} : { launchOptions: { executablePath: browser, chromiumSandbox: !isRoot } }),
  },
  projects: [
    { name: 'set-up', testMatch: '*.setup.ts' },
    { name: 'page', testMatch: '*.spec.ts', dependencies: ['set-up'] },
  ],
});
