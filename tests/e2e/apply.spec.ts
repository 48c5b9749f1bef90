/** A portable model: written from a project, then applied to slides without one; models that are none, slides without a scale. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { slidesFolder } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

/** In the page's file browser, which begins in the folder that everything lies in. */
async function choose(page: Page, names: readonly string[], button: string): Promise<void> {
  const browser = page.getByRole('dialog').last();
  for (const [index, name] of names.entries()) {
    const item = browser.getByRole('option', { name });
    await expect(item).toBeVisible();
    await item.click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
  }
  await browser.getByRole('button', { name: button, exact: true }).click();
}

const applyDialog = (page: Page): Locator => page.getByRole('dialog', { name: 'Apply a model' });

test.describe('a portable model', () => {
  test.use({ stage: 'trained', place: 'map' });

  test('goes out of a project and is applied to slides without it', async ({ app: { page }, workplace }) => {
    test.setTimeout(180_000);
    await expect(page.getByRole('application', { name: /^Slide / })).toBeVisible();
    await page.keyboard.press('e');
    const exporting = page.getByRole('dialog', { name: 'Export' });
    const kinds = exporting.getByRole('group', { name: 'What to write' });
    for (const box of await kinds.getByRole('checkbox').all()) await box.uncheck();
    await exporting.getByRole('checkbox', { name: /^Portable model/ }).check();
    await exporting.getByRole('button', { name: 'Write and download' }).click();
    await expect(exporting.getByRole('heading', { name: 'Written into the project' })).toBeVisible({ timeout: 60_000 });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Close project' }).click();

    const [written] = readdirSync(join(workplace.project, 'exports'));
    const { folder } = workplace;
    copyFileSync(
      join(workplace.project, 'exports', written!, 'model.trefoil-model'),
      join(folder, 'Modell.trefoil-model'),
    );
    writeFileSync(join(folder, 'kein.trefoil-model'), 'no model');
    const [first] = readdirSync(join(folder, slidesFolder)).filter((name) => name.endsWith('.jpg'));
    copyFileSync(join(folder, slidesFolder, first!), join(folder, 'neu.jpg'));
    writeFileSync(join(folder, 'kaputt.jpg'), 'no picture');
    mkdirSync(join(folder, 'Ergebnisse'));

    await page.getByRole('button', { name: /^Apply a model/ }).click();
    const dialog = applyDialog(page);
    await expect(dialog.getByRole('button', { name: 'Apply', exact: true })).toBeDisabled();
    await dialog.getByRole('button', { name: 'Choose a model' }).click();
    await choose(page, ['kein.trefoil-model'], 'Choose');
    await expect(dialog.getByRole('alert')).toContainText(/model/i);

    await dialog.getByRole('button', { name: 'Choose a model' }).click();
    await choose(page, ['Modell.trefoil-model'], 'Choose');
    const card = dialog.getByRole('region', { name: 'About the model' });
    await expect(card).toContainText('research use only', { ignoreCase: true });
    await expect(card.getByRole('row')).not.toHaveCount(1);
    await expect(card.getByRole('row').nth(1)).toContainText(/\.\d\d.*\.\d\d to \.\d\d/);
    await expect(card).toContainText('µm per pixel: 1');
    await expectAccessibleInBothThemes(page);

    await dialog.getByRole('button', { name: 'Choose slides' }).click();
    await choose(page, ['neu.jpg', 'kaputt.jpg'], 'Choose');
    await expect(dialog).toContainText('2 slides: ');
    await dialog.getByRole('button', { name: 'Choose a folder' }).click();
    const browser = page.getByRole('dialog').last();
    await browser.getByRole('option', { name: 'Ergebnisse' }).dblclick();
    await browser.getByRole('button', { name: 'Use this folder' }).click();
    await dialog.getByLabel(/µm per pixel, for slides/).fill('nothing');
    await expect(dialog.getByRole('button', { name: 'Apply', exact: true })).toBeDisabled();
    await dialog.getByLabel(/µm per pixel, for slides/).fill('1');
    await dialog.getByRole('button', { name: 'Apply', exact: true }).click();

    const result = dialog.getByRole('region', { name: 'Result', exact: true });
    await expect(result).toContainText('1 slide done; a folder each in “Ergebnisse”.', { timeout: 120_000 });
    await expect(result.getByRole('row').filter({ hasText: 'neu.jpg' })).toContainText('mm²');
    await expect(result).toContainText('Not done');
    await expect(result.getByRole('listitem').filter({ hasText: 'kaputt.jpg' })).toBeVisible();
    await expectAccessibleInBothThemes(page);
    expect(existsSync(join(folder, 'Ergebnisse', 'neu', 'regions.geojson'))).toBe(true);
    const areas = readFileSync(join(folder, 'Ergebnisse', 'neu', 'areas.csv'), 'utf8');
    expect(areas.split('\n')[0]).toContain('area_mm2');
    await dialog.getByRole('button', { name: 'Other slides' }).click();
    await expect(dialog.getByRole('button', { name: 'Apply', exact: true })).toBeDisabled();
  });
});
