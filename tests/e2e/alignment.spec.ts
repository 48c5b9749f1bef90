/**
 * The map lies exactly on the slide: a slide painted in two colours, cell by cell, and its map, photographed from the same place. No
 * knowledge of the viewer is needed: wherever the one is dark the other must have the class "Dark", to the pixel.
 */
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { expect, test } from './fixtures.ts';
import { brightColour, darkColour } from './projects/planted-cells.ts';

type Rgb = readonly [number, number, number];
interface Picture {
  readonly width: number;
  readonly data: Buffer;
}

const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / });

test.describe('the map', () => {
  test.use({ stage: 'alignment', place: 'map' });

  for (const { name, zoom } of [
    { name: 'a quarter of its size', zoom: 'Magnification 2.5x' },
    { name: 'half its size', zoom: 'Magnification 5x' },
    { name: 'pixel by pixel', zoom: 'Magnification 10x' },
    { name: 'twice its size', zoom: 'Magnification 20x' },
    { name: 'any size between', zoom: null },
  ]) {
    test(`fits its slide to the pixel: ${name}`, async ({ app: { page } }, testInfo) => {
      await expect(viewer(page)).toBeVisible();
      await page.getByRole('button', { name: 'Overview' }).click();
      await page.getByRole('slider', { name: 'Opacity' }).focus();
      await page.keyboard.press('End');
      if (zoom === null) await page.getByRole('button', { name: 'Zoom out' }).click();
      else await page.getByRole('button', { name: zoom, exact: true }).click();
      // An odd distance, so that cells and image tiles start between pixels of the screen.
      await viewer(page).focus();
      await page.keyboard.press('ArrowRight');
      const map = await settled(page);
      await page.getByRole('button', { name: /^Plain slide/ }).focus();
      await page.keyboard.down('x');
      const slide = await settled(page);
      await page.keyboard.up('x');
      const { dark, bright, wrong, far, picture } = compare(slide, map, await classColours(page));
      await testInfo.attach('wrong pixels', { body: await picture(), contentType: 'image/png' });
      expect(dark).toBeGreaterThan(50_000);
      expect(bright).toBeGreaterThan(50_000);
      // Between the levels the slide itself is resampled, so its edges are known to a pixel only.
      expect(zoom === null ? far : wrong).toBe(0);
    });
  }
});

/** The picture without what lies over it at its edges, once nothing in it changes any more. */
async function settled(page: Page): Promise<Picture> {
  const box = (await viewer(page).boundingBox())!;
  const clip = { x: box.x + 8, y: box.y + 64, width: box.width - 16, height: box.height - 128 };
  let last: Buffer = Buffer.alloc(0);
  await expect
    .poll(async () => {
      await page.waitForTimeout(300);
      const before = last;
      last = await page.screenshot({ clip, animations: 'allow' });
      return last.equals(before);
    })
    .toBe(true);
  const { data, info } = await sharp(last).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, data };
}

async function classColours(page: Page): Promise<{ dark: Rgb; bright: Rgb }> {
  const badge = (name: string) =>
    page
      .getByRole('region', { name: 'Inspector' })
      .getByText(name, { exact: true })
      .first()
      .locator('xpath=..')
      .locator('.badge')
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  const rgb = (text: string): Rgb => text.match(/\d+/g)!.slice(0, 3).map(Number) as unknown as Rgb;
  return { dark: rgb(await badge('Dark')), bright: rgb(await badge('Bright')) };
}

/** Pixels that are clearly of a cell on the slide, by its colour, those the map says otherwise of, and those of them inside a cell. */
function compare(slide: Picture, map: Picture, classes: { dark: Rgb; bright: Rgb }) {
  const counts = { dark: 0, bright: 0, wrong: 0, far: 0 };
  const marked = Buffer.from(map.data);
  for (let at = 0; at < slide.data.length; at += 3) {
    const isDark = isNear(slide.data, at, darkColour, 24);
    const isBright = isNear(slide.data, at, brightColour, 24);
    if (!isDark && !isBright) continue;
    if (isNear(map.data, at, isDark ? classes.dark : classes.bright, 2)) counts[isDark ? 'dark' : 'bright'] += 1;
    // The slide's last part of a cell has no tile, and so no map: it stays the slide's own colour.
    else if (!isNear(map.data, at, isDark ? darkColour : brightColour, 24)) {
      counts.wrong += 1;
      if (!isBesideEdge(slide, at, isDark ? darkColour : brightColour)) counts.far += 1;
      marked.set([255, 0, 0], at);
    }
  }
  const raw = { width: map.width, height: map.data.length / 3 / map.width, channels: 3 } as const;
  return { ...counts, picture: () => sharp(marked, { raw }).png().toBuffer() };
}

/** Whether one of the eight pixels round it is of another colour. */
function isBesideEdge({ width, data }: Picture, at: number, colour: Rgb): boolean {
  for (const down of [-1, 0, 1]) {
    for (const right of [-1, 0, 1]) if (!isNear(data, at + (down * width + right) * 3, colour, 24)) return true;
  }
  return false;
}

function isNear(data: Buffer, at: number, colour: Rgb, within: number): boolean {
  return colour.every((value, channel) => Math.abs(data[at + channel]! - value) <= within);
}
