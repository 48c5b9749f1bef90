/**
 * What every spec gets: a copy of a project at the stage it asks for, the app running on it, and a watch on everything that goes
 * wrong unseen. Ask for a stage with `test.use({ stage: 'trained', place: 'label' })`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import type { AppDriver, Place, RunningApp } from './driver/app-driver.ts';
import { serveDriver } from './driver/serve-driver.ts';
import { electronDriver } from './driver/electron-driver.ts';
import { browser, electron, noBrowser, type Options } from './playwright.config.ts';
import { copyStage, type Stage, type Workplace } from './projects/stages.ts';
import { PageProblems } from './watch/page-problems.ts';

interface Fixtures extends Options {
  /** The project's stage; null: a person without any project. */
  readonly stage: Stage | null;
  /** Where the page begins. */
  readonly place: Place;
  readonly workplace: Workplace;
  readonly driver: AppDriver;
  /** Started on the project; its page is `app.page`. */
  readonly app: RunningApp;
  readonly problems: PageProblems;
  readonly needsBrowser: void;
}

export const test = base.extend<Fixtures>({
  stage: ['trained', { option: true }],
  place: ['slides', { option: true }],

  host: ['browser', { option: true }],

  needsBrowser: [
    async ({ host }, use) => {
      test.skip(browser === null, noBrowser);
      test.skip(host === 'electron' && typeof electron === 'string', typeof electron === 'string' ? electron : '');
      await use();
    },
    { auto: true },
  ],

  workplace: async ({ stage }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'trefoil-e2e-'));
    const home = join(folder, 'files');
    mkdirSync(home);
    await use(stage === null ? copyNothing(home) : copyStage(stage, home));
    rmSync(folder, { recursive: true, force: true });
  },

  problems: async ({ context }, use) => {
    const problems = await PageProblems.watch(context);
    await use(problems);
    expect(problems.unexpected(), 'what went wrong unseen').toEqual([]);
  },

  // `problems` comes first, so that no page is opened unwatched.
  driver: async ({ host, context, problems }, use) => {
    if (host === 'browser' || typeof electron === 'string') return use(serveDriver(context));
    await use(electronDriver(electron, (windows) => problems.add(windows)));
  },

  app: async ({ driver, workplace, stage, place }, use) => {
    const app = await driver.launch({
      ...(stage === null ? {} : { project: workplace.project, place }),
      allowedFolders: [workplace.folder],
      configurationFolder: join(workplace.folder, '..', 'configuration'),
    });
    await use(app);
    await app.close();
  },
});

/** Presses the place's button on the rail and waits until it is there. */
export async function goTo(page: Page, place: Place): Promise<void> {
  const button = page.getByRole('navigation', { name: 'Places' }).getByRole('button').nth(places.indexOf(place));
  await button.click();
  await expect(button).toHaveAttribute('aria-current', 'page');
}

const places: readonly Place[] = ['slides', 'regions', 'pretrain', 'label', 'classifier', 'map'];

function copyNothing(folder: string): Workplace {
  const slides = join(folder, 'slides');
  mkdirSync(slides);
  return { folder, project: join(folder, 'project'), slides };
}

export { expect };
