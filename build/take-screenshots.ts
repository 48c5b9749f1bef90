/**
 * Pictures of every screen of the page for the README, in both themes and two widths, taken in Chromium on the real demo project:
 * `npm run screenshots`, or some of them: `npm run screenshots -- label map`. They are written to docs/screenshots as WebP and replace what is there. The demo is made first when it is
 * not there; pictures are taken on a copy of its project, so that it stays as it is.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from '@playwright/test';
import sharp from 'sharp';
import { findBrowser } from './find-browser.js';
import { projectName } from '../main/services/demo-service.ts';
import type { Place, RunningApp } from '../tests/e2e/driver/app-driver.ts';
import { serveDriver } from '../tests/e2e/driver/serve-driver.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = join(root, 'demo-output', projectName);
/** Beside the original, from where the relative paths to the slides hold; its name is what the page shows. */
const copy = join(root, 'demo-output', 'Osteosarcoma');
const target = join(root, 'docs', 'screenshots');

const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;
const themes = ['light', 'dark'] as const;

interface Screen {
  readonly name: string;
  /** null: the start screen. */
  readonly place: Place | null;
  /** What a person does before it looks like this. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const dialog = (page: Page) => page.getByRole('dialog').waitFor();
const press = (keys: string) => async (page: Page) => {
  await page.keyboard.press(keys);
  await dialog(page);
};

const screens: readonly Screen[] = [
  { name: 'start', place: null },
  {
    name: 'file-browser',
    place: null,
    prepare: press('Control+o'),
  },
  { name: 'slides', place: 'slides', prepare: chooseSlide },
  { name: 'regions', place: 'regions', prepare: showWholeSlide },
  { name: 'pretrain-triplets', place: 'pretrain', prepare: (page) => showView(page, 'New run') },
  { name: 'pretrain', place: 'pretrain', prepare: (page) => showView(page, /^Runs/) },
  { name: 'label', place: 'label', prepare: oneByOne },
  { name: 'label-gallery', place: 'label', prepare: (page) => page.keyboard.press('Shift+G') },
  { name: 'classifier', place: 'classifier' },
  { name: 'map', place: 'map' },
  { name: 'export', place: 'map', prepare: press('e') },
  { name: 'find', place: 'map', prepare: press('Control+k') },
  { name: 'keyboard', place: 'label', prepare: press('?') },
  { name: 'settings', place: 'slides', prepare: press('Control+,') },
  { name: 'history', place: 'label', prepare: press('Control+h') },
];

async function chooseSlide(page: Page): Promise<void> {
  await page.getByRole('listbox', { name: 'Slides' }).getByRole('option').first().click();
}

/** The page remembers how a person labelled last. */
async function oneByOne(page: Page): Promise<void> {
  await page.keyboard.press('Shift+Q');
  await page.getByTestId('tile').waitFor();
}

async function showView(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole('radiogroup', { name: 'View' }).getByText(name).click();
}

/** The one real whole slide is the last of the demo. */
async function showWholeSlide(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Slides' }).getByRole('button').last().click();
}

/** The page trains along by itself when labels are newer than the classifier; pictures are of what comes after. */
async function jobsEnded(page: Page): Promise<void> {
  await page.waitForTimeout(8000);
  const tray = page.getByRole('contentinfo', { name: 'Jobs' });
  await tray.getByRole('progressbar').waitFor({ state: 'detached', timeout: 300_000 });
}

/** The slide of which the classifier says the most different things. */
async function mostMixedSlide(app: RunningApp): Promise<string> {
  using core = await app.core();
  const [project] = await core.projects.list({});
  const { slides } = await core.maps.areas({ project: project?.project ?? '' });
  const least = ({ classes }: (typeof slides)[number]): number => Math.min(...classes.map(({ percent }) => percent));
  return slides.toSorted((one, other) => least(other) - least(one))[0]?.slide ?? '';
}

/** Where this checkout lies is nobody's business: pictures show it as ~/trefoil. */
async function hideFolder(page: Page): Promise<void> {
  await page.evaluate(`
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      const shown = text.data.replaceAll(${JSON.stringify(root)}, '~/trefoil/');
      if (shown !== text.data) text.data = shown;
    }
  `);
}

/** Until nothing moves any more: tiles and charts come one after the other. */
async function takeSettled(page: Page): Promise<Buffer> {
  await page.waitForLoadState('networkidle');
  let last = Buffer.alloc(0) as Buffer;
  for (let tries = 0; tries < 20; tries += 1) {
    await page.waitForTimeout(500);
    await hideFolder(page);
    const now = await page.screenshot({ animations: 'disabled' });
    if (now.equals(last)) return now;
    last = now;
  }
  return last;
}

const executablePath = findBrowser(process.env);
if (executablePath === null) throw new Error('No Chromium is installed: apt-get install chromium, or set CHROME_PATH.');
if (!existsSync(join(demo, 'project.sqlite'))) {
  const cli = join(root, 'main', 'entries', 'cli.ts');
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'demo'], { cwd: root, stdio: 'inherit' });
}
rmSync(copy, { recursive: true, force: true });
cpSync(demo, copy, { recursive: true });
rmSync(join(copy, 'project.lock'), { force: true });
const wanted = process.argv.slice(2);
const taken = screens.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (wanted.length === 0) rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const configuration = mkdtempSync(join(tmpdir(), 'trefoil-screenshots-'));
const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
let byteLength = 0;
try {
  for (const viewport of sizes) {
    for (const theme of themes) {
      const context = await browser.newContext({ viewport, colorScheme: theme, locale: 'en-GB' });
      context.setDefaultTimeout(30_000);
      const app = await serveDriver(context).launch({
        project: copy,
        allowedFolders: [join(root, 'demo-output'), join(root, 'resources')],
        configurationFolder: configuration,
      });
      await jobsEnded(app.page);
      const mixed = await mostMixedSlide(app);
      const at = (place: Place) => app.page.url().replace(/#.*$/, '') + location(app.page.url(), place, mixed);
      const home = app.page.url();
      for (const { name, place, prepare } of taken) {
        const page = await context.newPage();
        await page.goto(place === null ? new URL(home).origin : at(place));
        await page
          .locator(place === null ? 'main' : 'nav [aria-current="page"]')
          .first()
          .waitFor();
        await page.waitForTimeout(1000);
        await prepare?.(page);
        const file = join(target, `${name}-${theme}-${viewport.width}.webp`);
        await sharp(await takeSettled(page))
          .webp({ quality: 76, effort: 5 })
          .toFile(file);
        byteLength += statSync(file).size;
        await page.close();
      }
      await app.close();
      await context.close();
    }
  }
} finally {
  await browser.close();
  rmSync(copy, { recursive: true, force: true });
  rmSync(configuration, { recursive: true, force: true });
}
const count = taken.length * sizes.length * themes.length;
process.stdout.write(`${count} pictures in docs/screenshots, ${(byteLength / 1e6).toFixed(1)} MB.\n`);

function location(url: string, place: Place, mapped: string): string {
  const slide = place === 'map' ? `?slide=${mapped}` : '';
  return new URL(url).hash.replace(/\/(slides|regions|pretrain|label|classifier|map).*$/, `/${place}${slide}`);
}
