/**
 * End-to-end tests of the page: Debian's Chromium (or CHROME_PATH) against `trefoil serve`, with real images and the real engine.
 * `npm run test:e2e` runs them alone, `npm test` among all others. No browser is downloaded; without one the specs report skipped.
 * The same specs run in Electron where there is one (find-electron.ts).
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';
import { findBrowser } from '../../build/find-browser.js';
import { findElectron } from './driver/find-electron.ts';
import { stagesFolder } from './projects/stages.ts';

/** Of the projects below; the fixtures read it. */
export interface Options {
  readonly host: 'browser' | 'electron';
}

export const browser = findBrowser(process.env);
export const noBrowser = 'no Chromium is installed (apt-get install chromium, or set CHROME_PATH)';
// Before the workers start, which inherit its answer.
stagesFolder();
const isRoot = process.getuid?.() === 0;
/** A text: why there is none. */
export const electron = findElectron({
  environment: process.env,
  platform: process.platform,
  isRoot,
  packageFolder: fileURLToPath(new URL('../../node_modules/electron', import.meta.url)),
});

export default defineConfig<Options>({
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
    { name: 'set-up', testMatch: 'projects.setup.ts' },
    { name: 'page', testMatch: '*.spec.ts', dependencies: ['set-up'] },
    { name: 'shell', testMatch: 'shell.setup.ts' },
    {
      name: 'desktop',
      testMatch: '*.spec.ts',
      // They choose files in the page's own browser, in whose place the desktop app has the system's dialogs; the last is a
      // browser's own.
      testIgnore: ['start.spec.ts', 'slides.spec.ts', 'story.spec.ts', 'preload.spec.ts', 'interchange.spec.ts'],
      dependencies: ['set-up', 'shell'],
      use: { host: 'electron' },
    },
  ],
});
