/**
 * How fast the page feels, measured in Chromium on this machine and written into docs/performance.md: `npm run frames`. Frames while
 * a map of 102,400 tiles is panned and zoomed, the time from opening a scan to its first picture, and from a label's key to
 * the next tile. Figures of a machine, never asserted by a test.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { findBrowser } from './find-browser.js';
import { createCore } from '../main/services/core.ts';
import type { RunningApp } from '../tests/e2e/driver/app-driver.ts';
import { serveDriver } from '../tests/e2e/driver/serve-driver.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const labelled = 50;

interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly maximum: number;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), maximum: sorted.at(-1) ?? NaN };
}

/** Milliseconds between frames while `act` is at work. */
async function framesDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`
    globalThis.frameTimes = [];
    globalThis.isMeasuring = true;
    let last = performance.now();
    const frame = (now) => {
      globalThis.frameTimes.push(now - last);
      last = now;
      if (globalThis.isMeasuring) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  `);
  await act();
  const times = await page.evaluate<number[]>('(globalThis.isMeasuring = false, globalThis.frameTimes)');
  // The first one is not a whole frame.
  return times.slice(1);
}

async function centreOf(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await page.getByRole('application').first().boundingBox();
  if (box === null) throw new Error('There is no slide on the page.');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, width: box.width, height: box.height };
}

async function pan(page: Page): Promise<void> {
  const { x, y, width, height } = await centreOf(page);
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step <= 120; step += 1) {
    const angle = (step / 120) * 4 * Math.PI;
    await page.mouse.move(x + Math.sin(angle) * width * 0.3, y + (1 - Math.cos(angle)) * height * 0.15);
    await page.waitForTimeout(8);
  }
  await page.mouse.up();
  await page.waitForTimeout(500);
}

async function zoom(page: Page): Promise<void> {
  const { x, y } = await centreOf(page);
  await page.mouse.move(x, y);
  for (let turn = 0; turn < 40; turn += 1) {
    await page.mouse.wheel(0, turn < 20 ? -120 : 120);
    await page.waitForTimeout(60);
  }
  await page.waitForTimeout(500);
}

/** From the double click on a scan's card to the first frame after its first image tile was decoded. */
async function firstPicture(app: RunningApp): Promise<number> {
  const { page } = app;
  const card = page.getByRole('listbox', { name: 'Slides' }).getByRole('option').last();
  await card.waitFor();
  await page.waitForTimeout(1000);
  await page.evaluate(`
    globalThis.firstPicture = new Promise((done) => {
      let start = 0;
      addEventListener('dblclick', () => (start = performance.now()), { capture: true, once: true });
      const look = () => {
        const canvas = document.querySelector('[role="application"] .openseadragon-canvas canvas');
        const context = canvas?.getContext('2d');
        const { width = 0, height = 0 } = canvas ?? {};
        const isThere = context && width > 0 && context.getImageData(width / 2, height / 2, 1, 1).data[3] > 0;
        if (isThere) requestAnimationFrame(() => done(performance.now() - start));
        else requestAnimationFrame(look);
      };
      look();
    });
    // A promise as the last value would be waited for here.
    undefined;
  `);
  await card.dblclick();
  return page.evaluate<number>('globalThis.firstPicture');
}

/** From each key to the first frame in which the next tile is shown with its picture. */
async function keyToTile(page: Page): Promise<number[]> {
  await page.getByTestId('tile').waitFor();
  await page.waitForTimeout(1500);
  const times: number[] = [];
  for (let count = 0; count < labelled; count += 1) {
    await page.evaluate(`
      globalThis.nextTile = new Promise((done) => {
        const shown = document.querySelector('[data-testid="tile"]').dataset.tile;
        let start = 0;
        addEventListener('keydown', () => (start = performance.now()), { capture: true, once: true });
        const look = () => {
          const image = document.querySelector('[data-testid="tile"]');
          const isNext = image !== null && image.dataset.tile !== shown && image.complete && image.naturalWidth > 0;
          if (start > 0 && isNext) done(performance.now() - start);
          else requestAnimationFrame(look);
        };
        look();
      });
      undefined;
    `);
    await page.keyboard.press(String((count % 2) + 1));
    times.push(await page.evaluate<number>('globalThis.nextTile'));
    // A person needs longer; the pictures ahead are read meanwhile.
    await page.waitForTimeout(150);
  }
  return times;
}

const executablePath = findBrowser(process.env);
if (executablePath === null) throw new Error('No Chromium is installed: apt-get install chromium, or set CHROME_PATH.');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-frames-'));
const project = join(folder, 'project');
const maker = join(root, 'tests', 'e2e', 'projects', 'make-planted.ts');
const made = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', maker, 'scale', folder], {
  stdio: 'inherit',
});
if (made.status !== 0) throw new Error('The project of 102,400 tiles could not be made.');
const core = createCore();
const opened = await core.projects.open({ directory: project });
await core.slides.add({
  project: opened.project,
  slides: [{ file: join(root, 'resources', 'demo', 'CMU-1-Small-Region.svs') }],
});
await core.close();

const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
const version = browser.version();

async function withApp<T>(
  place: 'slides' | 'map' | 'label',
  measure: (app: RunningApp, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  const app = await serveDriver(context).launch({
    project,
    place,
    allowedFolders: [folder],
    configurationFolder: mkdtempSync(join(folder, 'configuration-')),
  });
  try {
    return await measure(app, context);
  } finally {
    await app.close();
    await context.close();
  }
}

const rows: { readonly what: string; readonly spread: Spread }[] = [];
try {
  await withApp('map', async ({ page }) => {
    await page.getByRole('application').first().waitFor();
    await page.waitForTimeout(3000);
    rows.push({
      what: 'Frame, nothing happens',
      spread: spreadOf(await framesDuring(page, () => page.waitForTimeout(3000))),
    });
    rows.push({ what: 'Frame, panning the whole slide', spread: spreadOf(await framesDuring(page, () => pan(page))) });
    rows.push({ what: 'Frame, zooming in and out', spread: spreadOf(await framesDuring(page, () => zoom(page))) });
    await page.getByRole('button', { name: 'Magnification 10x' }).click();
    await page.waitForTimeout(1500);
    rows.push({ what: 'Frame, panning at 10x', spread: spreadOf(await framesDuring(page, () => pan(page))) });
  });
  const pictures: number[] = [];
  for (let time = 0; time < 5; time += 1) pictures.push(await withApp('slides', firstPicture));
  rows.push({ what: 'First picture of a scan (SVS) after opening it, core just started', spread: spreadOf(pictures) });
  await withApp('label', async ({ page }) => {
    rows.push({ what: 'Key of a label to the next tile', spread: spreadOf(await keyToTile(page)) });
  });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}

const number = (value: number): string => value.toFixed(1);
const lines = rows.map(
  ({ what, spread: { count, p50, p95, p99, maximum } }) =>
    `| ${what} | ${count} | ${[p50, p95, p99, maximum].map(number).join(' | ')} |`,
);
const document = `# Performance of the page

Written by \`npm run frames\` (build/measure-frames.ts); not asserted by any test. One slide of 102,400 tiles with a map, 1440 x 900 px.

Chromium ${version}, headless, graphics computed on the processor; ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores,
${Math.round(totalmem() / 2 ** 30)} GiB; the core on the same machine.

| in milliseconds | count | p50 | p95 | p99 | longest |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

60 frames a second are 16.7 ms a frame.
`;
mkdirSync(join(root, 'docs'), { recursive: true });
const target = join(root, 'docs', 'performance.md');
// What other scripts wrote below stays.
const others = existsSync(target) ? (readFileSync(target, 'utf8').match(/<!-- [^]*$/u)?.[0] ?? '') : '';
writeFileSync(target, others === '' ? document : `${document}\n${others}`);
process.stdout.write(document);
