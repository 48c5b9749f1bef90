/** Slides: adding real and broken ones, the size of a pixel, names and groups, looking at them. */
import type { Page } from '@playwright/test';
import { addSlide } from './acts.ts';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { slidesFolder } from './projects/stages.ts';
import { files, putFile, putTruncatedSlide } from './projects/files.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const slideCard = (page: Page, name: string) =>
  page.getByRole('listbox', { name: 'Slides' }).getByRole('option', { name });

async function slides(app: RunningApp) {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await core.slides.list({ project });
}

test.describe('slides', () => {
  test.use({ stage: 'slides', place: 'slides' });

  test('are added, named and grouped', async ({ app, workplace }) => {
    const { page } = app;
    putFile(workplace, 'Probe Müller.svs', files.wholeSlide);
    await addSlide(page, 'Probe Müller.svs');
    await slideCard(page, 'Probe Müller.svs').click();
    await page.getByLabel('Patient', { exact: true }).fill('Müller 1962');
    await page.keyboard.press('Enter');
    await expect
      .poll(async () => (await slides(app)).at(-1))
      .toMatchObject({
        name: 'Probe Müller.svs',
        patient: 'Müller 1962',
        mppSource: 'file',
        vendor: expect.stringMatching(/aperio/i),
      });
    await expect(page.getByRole('region', { name: 'Inspector' })).toContainText('from the file');
    await page
      .getByRole('textbox', { name: /^Find by name/ })
      .or(page.getByRole('searchbox'))
      .first()
      .fill('müller');
    await expect(page.getByRole('listbox', { name: 'Slides' }).getByRole('option')).toHaveCount(1);
  });

  test('that are broken are refused with the reason, and the good ones beside them are added', async ({
    app,
    workplace,
  }) => {
    const { page } = app;
    putTruncatedSlide(workplace, 'new broken.svs');
    putFile(workplace, 'new good.svs', files.wholeSlide);
    await page
      .getByRole('button', { name: /^Add slides/ })
      .first()
      .click();
    const list = page.getByRole('dialog').getByRole('listbox');
    await list.getByRole('option', { name: slidesFolder }).dblclick();
    await expect(list.getByRole('option')).toHaveCount(8);
    await list.focus();
    await page.keyboard.type('new');
    await expect(list.getByRole('option')).toHaveText([/^new broken/, /^new good/]);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+End');
    await expect(page.getByRole('dialog')).toContainText('2 chosen');
    await page.keyboard.press('Enter');
    await expect(slideCard(page, 'new good.svs')).toBeVisible();
    const alert = page.getByRole('alert').filter({ hasText: '1 file was not added' });
    await expect(alert.getByRole('listitem')).toHaveText([/^new broken\.svs .+/]);
    expect((await slides(app)).map(({ name }) => name)).toHaveLength(7);
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await slides(app)).length).toBe(6);
  });

  test('get one patient all at once, and are given back theirs at once', async ({ app }) => {
    const { page } = app;
    const patients = async () => (await slides(app)).map(({ patient }) => patient);
    const before = await patients();
    await slideCard(page, 'C27').click();
    await page.keyboard.press('Control+a');
    await page.getByLabel('Patient', { exact: true }).fill('Müller');
    await page.keyboard.press('Enter');
    await expect.poll(patients).toEqual(before.map(() => 'Müller'));
    await page.getByRole('listbox', { name: 'Slides' }).focus();
    await page.keyboard.press('Control+z');
    await expect.poll(patients).toEqual(before);
  });

  test('leave the viewer when the open one is removed in the inspector', async ({ app: { page }, problems }) => {
    // Tiles asked for in the moment before.
    problems.expect(/404.*\/slides\/.*\.jpeg/, /Tile .* failed to load/);
    await slideCard(page, 'C27').dblclick();
    await expect(page.getByRole('application', { name: /C27/ })).toBeVisible();
    await page
      .getByRole('region', { name: 'Inspector' })
      .getByRole('button', { name: /^Remove/ })
      .click();
    await expect(page.getByRole('application')).toHaveCount(0);
    await expect(page.getByRole('listbox', { name: 'Slides' }).getByRole('option')).toHaveCount(5);
    await expect(page.getByRole('status').filter({ hasText: 'Removed 1 slide with' })).toBeVisible();
  });

  test('without the size of a pixel ask for it once', async ({ app, workplace }) => {
    const { page } = app;
    putFile(workplace, 'field.jpg', files.field);
    await addSlide(page, 'field.jpg');
    await slideCard(page, 'field.jpg').click();
    await expect(slideCard(page, 'field.jpg')).toContainText('scale missing');
    await page.getByRole('region', { name: 'Inspector' }).getByRole('button', { name: 'Set scale' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Set scale' });
    await expectAccessibleInBothThemes(page);
    await dialog.getByText('Figure', { exact: true }).click();
    await dialog.getByLabel('Micrometres per pixel').fill('0.5');
    await dialog.getByRole('button', { name: 'Keep this scale' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('region', { name: 'Inspector' })).toContainText('set by hand');
    expect((await slides(app)).at(-1)).toMatchObject({ mpp: 0.5, mppSource: 'by-hand' });
  });

  test('are taken out, and back again', async ({ app }) => {
    const { page } = app;
    await slideCard(page, 'P9-B12').click();
    await page.keyboard.press('Delete');
    await expect.poll(async () => (await slides(app)).length).toBe(5);
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await slides(app)).length).toBe(6);
    await expect(slideCard(page, 'P9-B12')).toBeVisible();
  });

  test('are looked at, turned, and beside each other', async ({ app: { page } }) => {
    await slideCard(page, 'C27').dblclick();
    const viewer = page.getByRole('application', { name: /C27/ });
    await expect(viewer).toBeVisible();
    await page.getByRole('button', { name: 'Magnification 20x' }).click();
    await expect(page.getByRole('toolbar', { name: 'View' })).toContainText(/20(\.\d)?x$|^.*20x/);
    await page.getByRole('button', { name: 'Turn right' }).click();
    await viewer.focus();
    await page.keyboard.press('0');
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: /^Compare two/ }).click();
    await expect(page.getByRole('application')).toHaveCount(2);
    await page.keyboard.press('Escape');
  });

  test('are accessible', async ({ app: { page } }) => {
    await slideCard(page, 'C27').click();
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: 'List' }).click();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('no slides', () => {
  test.use({ stage: 'empty', place: 'slides' });

  test('say how to begin', async ({ app: { page } }) => {
    await expect(page.getByRole('heading', { name: 'Add your first slides' })).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});
