/** Colours, stains, private images, artefacts, settings of one slide and corrections by brush. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import { matrixProfile, scannerProfile } from '#tests/support/icc-profiles.ts';
import { addSlide } from './acts.ts';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { files, putFile } from './projects/files.ts';
import type { Workplace } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const inspector = (page: Page) => page.getByRole('region', { name: 'Inspector' });
const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / }).first();

/** A field of the demo as a tiled TIFF whose colours are a scanner's. */
async function putScan(workplace: Workplace, name: string): Promise<void> {
  putFile(workplace, 'field.jpg', files.field);
  const profile = join(workplace.slides, '..', 'scanner.icc');
  writeFileSync(profile, matrixProfile(scannerProfile));
  await sharp(join(workplace.slides, 'field.jpg'))
    .withIccProfile(profile)
    .tiff({ tile: true, tileWidth: 256, tileHeight: 256, compression: 'deflate', xres: 1000, yres: 1000 })
    .toFile(join(workplace.slides, name));
}

async function slides(app: RunningApp) {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await core.slides.list({ project });
}

async function planned(page: Page, reason: string): Promise<number> {
  const row = page.getByRole('row', { name: new RegExp(`^${reason}`) });
  return Number(await row.getByRole('cell').first().innerText());
}

test.describe('colours', () => {
  test.use({ stage: 'slides', place: 'slides' });

  test("of a scanner's profile are applied until a person says otherwise; stains are told as swatches", async ({
    app,
    workplace,
  }) => {
    const { page } = app;
    await putScan(workplace, 'scan.tiff');
    await addSlide(page, 'scan.tiff');
    await page.getByRole('option', { name: 'scan.tiff' }).click();
    await expect(inspector(page)).toContainText('Scanner profile “Made-up scanner v1”');
    const apply = inspector(page).getByRole('checkbox', { name: /^Apply the scanners' colour profiles/ });
    await expect(apply).toBeChecked();
    const picture = page.getByRole('option', { name: 'scan.tiff' }).locator('img');
    const before = await picture.getAttribute('src');
    await apply.uncheck();
    await expect(inspector(page)).toContainText('is not applied');
    await expect(picture).not.toHaveAttribute('src', before!);
    await page.keyboard.press('Control+z');
    await expect(apply).toBeChecked();
    await inspector(page).getByRole('button', { name: 'Estimate stains' }).click();
    const stains = inspector(page).getByRole('list', { name: 'Stains of this slide' });
    await expect(stains.getByRole('listitem')).toHaveText([
      /Haematoxylin \(Macenko\).*density .* strength/,
      /Eosin \(Macenko\)/,
      /Mean colour \(Reinhard\)/,
    ]);
    await expectAccessibleInBothThemes(page);
  });

  test('and names of patients: the label is asked of the core only when a person wants it', async ({
    app,
    workplace,
  }) => {
    const { page } = app;
    putFile(workplace, 'Whole.svs', files.wholeSlide);
    await addSlide(page, 'Whole.svs');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/associated/')) asked.push(request.url());
    });
    await page.getByRole('option', { name: 'Whole.svs' }).click();
    const show = inspector(page).getByRole('button', { name: 'Show “label” (may show patient data)' });
    await expect(show).toBeVisible();
    await expect.poll(() => asked.filter((url) => url.includes('thumbnail')).length).toBe(1);
    expect(asked.filter((url) => /label|macro/.test(url))).toEqual([]);
    await show.click();
    await expect(inspector(page).getByRole('img', { name: 'label' })).toBeVisible();
    await expect(inspector(page).getByRole('button', { name: 'Copy without label' })).toBeVisible();
  });
});

test.describe('tissue', () => {
  test.use({ stage: 'slides', place: 'regions' });

  test('has artefacts with a limit each, and one slide can have settings of its own', async ({ app }) => {
    const { page } = app;
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThan(0);
    // Dense tissue is what folds are mistaken for.
    await page.getByRole('button', { name: /Non-Viable-Tumor Case-4-C24/ }).click();
    await page.getByRole('button', { name: /^Show tissue/ }).click();
    await expect(page.getByText(/Tiles in view that would be dropped: \d+ of \d+/)).toBeVisible();
    await page.getByRole('checkbox', { name: /^Own settings for this slide/ }).check();
    const own = async () => (await slides(app)).find(({ name }) => name.includes('Case-4-C24'))?.tissue ?? null;
    await expect.poll(own).not.toBeNull();
    const before = await planned(page, 'Kept');
    await page.getByRole('checkbox', { name: /^Drop folded tissue/ }).check();
    const contrast = page.getByRole('slider', { name: 'How far a fold stands out' });
    await contrast.focus();
    await page.keyboard.press('Home');
    await expect.poll(async () => (await own())?.foldContrast).toBe(0.05);
    expect((await slides(app)).filter(({ tissue }) => tissue !== null)).toHaveLength(1);
    await page.getByText('How much of a tile').click();
    await page.getByRole('slider', { name: 'Folds allowed in a tile' }).focus();
    await page.keyboard.press('Home');
    await expect.poll(() => planned(page, 'Fold')).toBeGreaterThan(0);
    await expect.poll(() => planned(page, 'Kept')).toBeLessThan(before);
    // A plan that is being made again is shown pale.
    await expect(page.locator('.old')).toHaveCount(0);
    await expectAccessibleInBothThemes(page);
    await page.getByRole('checkbox', { name: /^Own settings for this slide/ }).uncheck();
    await expect.poll(() => planned(page, 'Kept')).toBe(before);
  });

  test('is corrected with the brush, and the correction is a region that can be undone', async ({ app }) => {
    const { page } = app;
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThan(0);
    const before = await planned(page, 'Kept');
    await page.getByRole('toolbar', { name: 'Drawing tools' }).getByRole('button', { name: 'Brush' }).click();
    await page.getByText('No tissue', { exact: true }).first().click();
    const box = (await viewer(page).boundingBox())!;
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    // To and fro over the tissue, closer than the brush is wide.
    await page.mouse.move(...at(0.55, 0.62));
    await page.mouse.down();
    for (const [index, y] of [0.62, 0.66, 0.7, 0.74, 0.78].entries()) {
      const ends = index % 2 === 0 ? ([0.55, 0.78] as const) : ([0.78, 0.55] as const);
      for (const x of ends) await page.mouse.move(...at(x, y), { steps: 6 });
    }
    await page.mouse.up();
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const kinds = async () => (await core.regions.list({ project })).map(({ kind }) => kind);
    await expect.poll(kinds).toEqual(['no-tissue']);
    await expect.poll(() => planned(page, 'Kept')).toBeLessThan(before);
    await page.keyboard.press('Control+z');
    await expect.poll(kinds).toEqual([]);
    await expect.poll(() => planned(page, 'Kept')).toBe(before);
  });
});
