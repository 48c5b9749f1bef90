/** Map & export: layers over the slide, areas, and what leaves the project. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / });

test.describe('the map', () => {
  test.use({ stage: 'trained', place: 'map' });

  test('changes its layer, shows and hides classes, and reads out values', async ({ app: { page } }) => {
    await expect(viewer(page)).toBeVisible();
    await page.getByLabel('Shown').selectOption({ label: 'Probability of Viable' });
    await page.getByLabel('Shown').selectOption({ label: 'Class' });
    await page
      .getByRole('checkbox', { name: /Viable/ })
      .last()
      .uncheck();
    await page.getByRole('slider', { name: 'Show only where certain above' }).focus();
    await page.keyboard.press('End');
    const area = page.getByRole('row', { name: /^Not classified/ });
    await expect(area).not.toContainText(/^Not classified\s*0\s*$/);
    await page.keyboard.press('Home');
    const box = (await viewer(page).boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.75);
    await expect(
      page
        .getByRole('status')
        .filter({ hasText: /\.\d\d|No classified tile/ })
        .first(),
    ).toBeVisible();
  });

  test('shows where it is undecided, where the folds differ and how far tiles lie from the training slides', async ({
    app: { page },
  }) => {
    await expect(viewer(page)).toBeVisible();
    for (const [layer, meaning] of [
      ['Uncertainty', '(entropy)'],
      ['Disagreement of the folds', 'classifiers of the folds'],
      ['Unlike the training slides', '95 of 100'],
    ] as const) {
      await page.getByLabel('Shown').selectOption({ label: layer });
      await expect(page.getByText(meaning)).toBeVisible();
    }
    await expectAccessibleInBothThemes(page);
    // N steps on from the last layer to the first.
    await viewer(page).focus();
    await page.keyboard.press('n');
    await expect(page.getByLabel('Shown')).toHaveValue('class');
    await page.keyboard.press('v');
    const reading = page.getByRole('status').filter({ hasText: /Uncertainty|No classified tile/ });
    await expect(reading.first()).toBeVisible();
    await expect(
      page.getByRole('region', { name: 'How sure can you be' }).or(page.locator('aside')).first(),
    ).toContainText(/The classifier was trained with labels of this slide|training slides/);
  });

  test('adds up its areas', async ({ app: { page } }) => {
    const areas = page.getByRole('table').filter({ hasText: 'mm²' });
    await page.getByText('All slides', { exact: true }).click();
    const percent = areas.getByRole('row').filter({ hasText: /^[A-C] / });
    await expect(percent).toHaveCount(3);
    const shares = await percent.locator('td:last-child').allInnerTexts();
    expect(shares.reduce((sum, text) => sum + Number(text), 0)).toBeCloseTo(100, 0);
  });

  test('is exported with a preview: outlines for QuPath and the report', async ({ app: { page }, problems }) => {
    // The report may run no script, and the watch of these tests is one.
    problems.expect(/Blocked script execution in .*report\.html/);
    await expect(viewer(page)).toBeVisible();
    await page.keyboard.press('e');
    const dialog = page.getByRole('dialog', { name: 'Export' });
    const kinds = dialog.getByRole('group', { name: 'What to write' });
    for (const box of await kinds.getByRole('checkbox').all()) await box.uncheck();
    await expect(dialog).toContainText('Choose at least one.');
    await dialog.getByRole('checkbox', { name: /^Outlines for QuPath/ }).check();
    await dialog.getByRole('checkbox', { name: /^Report One HTML/ }).check();
    await dialog.getByRole('checkbox', { name: /^Report as PDF/ }).check();
    await expect(dialog.getByText('Outlines for QuPath').last()).toBeVisible();
    await expectAccessibleInBothThemes(page);
    await dialog.getByRole('button', { name: 'Write and download' }).click();
    await expect(dialog.getByRole('heading', { name: 'Written into the project' })).toBeVisible({ timeout: 60_000 });
    const waiting = page.waitForEvent('download');
    await dialog
      .getByRole('link', { name: /\.geojson$/ })
      .first()
      .click();
    const outlines = JSON.parse(readFileSync(await (await waiting).path(), 'utf8')) as {
      type: string;
      features: object[];
    };
    expect(outlines).toMatchObject({ type: 'FeatureCollection' });
    expect(outlines.features.length).toBeGreaterThan(0);
    const pdf = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'report.pdf' }).click();
    expect(readFileSync(await (await pdf).path(), 'latin1')).toMatch(/^%PDF-1\.7[^]*%%EOF\s*$/);
    const opened = page.waitForEvent('popup');
    await dialog.getByRole('link', { name: 'Open the report' }).click();
    const report = await opened;
    await expect(report.getByText(/research use only/i).first()).toBeVisible();
  });

  test('is accessible', async ({ app: { page } }) => {
    await expect(viewer(page)).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('no map', () => {
  test.use({ stage: 'tiles', place: 'map' });

  test('says what it needs', async ({ app: { page } }) => {
    await expect(page.getByRole('heading', { name: 'No map yet' })).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});
