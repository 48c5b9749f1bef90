/** The first minute: no project yet, a new one, one that is there already, the demo. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { copyStage } from './projects/stages.ts';
import { makeReadOnly } from './system/read-only.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const browser = (page: Page) => page.getByRole('dialog', { name: 'Open project' });

/** Chooses a project of the first allowed folder, as with the mouse. */
async function openProject(page: Page, folder: string): Promise<void> {
  await page.getByRole('button', { name: /^Open project/ }).click();
  await browser(page).getByRole('option', { name: folder }).dblclick();
  await browser(page).getByRole('option', { name: 'project' }).click();
  await browser(page).getByRole('button', { name: 'Choose', exact: true }).click();
}

test.describe('a person without any project', () => {
  test.use({ stage: null });

  test('makes one, leaves it, and finds it again among the recent ones', async ({ app, workplace }) => {
    const { page } = app;
    await expect(page.getByText('Projects you open appear here.')).toBeVisible();
    await page.getByRole('button', { name: /^New project/ }).click();
    const dialog = page.getByRole('dialog', { name: 'New project' });
    await dialog.getByLabel('Name').last().fill('Gewebe 組織 1');
    await dialog.getByRole('button', { name: 'Use this folder' }).click();
    await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible();
    await expect(page).toHaveTitle(/Gewebe 組織 1/);
    await page.getByRole('button', { name: 'Close project' }).click();
    await expect(page.getByRole('region', { name: 'Open now' })).toContainText('Gewebe 組織 1');
    await app.close();
    await app.restartCore();
    const again = await app.newPage();
    const recent = again.getByRole('region', { name: 'Recent projects' });
    await expect(recent).toContainText(workplace.folder);
    await recent.getByRole('button', { name: /^Gewebe 組織 1/ }).click();
    await expect(again.getByRole('navigation', { name: 'Places' })).toBeVisible();
  });

  test('opens one from a folder', async ({ app: { page }, workplace }) => {
    copyStage('slides', join(workplace.folder, 'Kopie'));
    await openProject(page, 'Kopie');
    await expect(page.getByRole('banner')).toContainText('6 slides');
    await page.goBack();
    await expect(page.getByRole('button', { name: /^Open project/ })).toBeVisible();
  });

  test('is told why a folder is no project that can be opened', async ({ driver, workplace }) => {
    const copy = copyStage('slides', join(workplace.folder, 'Kopie'));
    const readOnly = makeReadOnly(copy.project);
    test.skip(typeof readOnly === 'string', String(readOnly));
    if (typeof readOnly === 'string') return;
    const configurationFolder = join(workplace.folder, 'configuration');
    mkdirSync(configurationFolder);
    chmodSync(configurationFolder, 0o777);
    try {
      const app = await driver.launch({
        allowedFolders: [workplace.folder],
        configurationFolder,
        ...(readOnly.userId === null ? {} : { userId: readOnly.userId }),
      });
      await openProject(app.page, 'Kopie');
      const alert = app.page.getByRole('alert');
      await expect(alert).toContainText('cannot be written');
      await expect(alert).toContainText('Check that');
      await app.close();
    } finally {
      readOnly.restore();
    }
  });

  test('starts the demo with one click and can stop it', async ({ app: { page } }) => {
    await page.getByRole('button', { name: /^Try the demo/ }).click();
    const demo = page
      .getByRole('main')
      .getByRole('region')
      .filter({ has: page.getByRole('progressbar') });
    await expect(demo.getByRole('progressbar')).toBeVisible();
    await expect(demo).toContainText('The demo project is being made.');
    await demo.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('progressbar')).toHaveCount(0);
    await expect(page.getByRole('button', { name: /^Try the demo/ })).toBeEnabled();
    await expect(page.getByRole('main')).toContainText('What is finished is kept in its folder.');
    await expect(page.getByRole('region', { name: 'Open now' })).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('button', { name: /^Try the demo/ })).toBeEnabled();
    await expect(page.getByRole('region', { name: 'Open now' })).toHaveCount(0);
  });

  test('works the file browser with the keyboard', async ({ app: { page }, workplace }) => {
    for (const name of ['A', 'B', 'B/C']) mkdirSync(join(workplace.folder, name));
    writeFileSync(join(workplace.folder, 'B', 'C', 'notes.txt'), '');
    await page.keyboard.press('Control+o');
    const list = browser(page).getByRole('listbox');
    await expect(list.getByRole('option')).toHaveCount(3);
    await list.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(list.getByRole('option')).toHaveText([/^C/]);
    await page.keyboard.press('Enter');
    await expect(list).toContainText('Nothing to choose in this folder.');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await expect(list.getByRole('option')).toHaveCount(3);
    await page.keyboard.press('Escape');
    await expect(browser(page)).toBeHidden();
  });

  test('can use all of it with a screen reader', async ({ app: { page } }) => {
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: /^Open project/ }).click();
    await expect(browser(page).getByRole('listbox')).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});
