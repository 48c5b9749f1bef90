/** Classifier: figures beside their baselines, the tiles behind each number, labels fixed there, training again. */
import type { Page } from '@playwright/test';
import { cells, filledCells } from './acts.ts';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const tileLooked = (page: Page) => page.getByRole('region', { name: 'Tile looked at' });

async function ask<T>(
  app: RunningApp,
  question: (core: Awaited<ReturnType<RunningApp['core']>>, project: string) => Promise<T>,
) {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await question(core, project);
}

test.describe('the classifier', () => {
  test.use({ stage: 'trained', place: 'classifier' });

  test('shows its figures with intervals beside the baselines', async ({ app: { page } }) => {
    const table = page.getByRole('table').filter({ hasText: 'VICReg' }).first();
    await expect(table).toContainText('Colour and texture');
    await expect(table).toContainText(/\d to \.?\d/);
    await expect(page.getByRole('main')).toContainText('Research use only');
    await expect(cells(page)).toHaveCount(9);
    const sum = (await cells(page).locator('strong').allInnerTexts()).reduce((total, text) => total + Number(text), 0);
    expect(sum).toBe(24);
  });

  test('says whether its probabilities are right, and what leaving doubtful tiles out buys', async ({
    app: { page },
  }) => {
    const calibration = page.getByRole('region', { name: 'Are the probabilities right?' });
    // 24 labels: too few to correct anything, and it says so.
    await expect(calibration).toContainText('24 held-out labels are too few to correct them (50 are needed)');
    await expect(calibration).toContainText(/Calibration error as stated\s*\.\d\d/);
    const abstention = page.getByRole('region', { name: 'What does leaving doubtful tiles out buy?' });
    const slider = abstention.getByRole('slider', { name: 'Name only where certain above' });
    await slider.focus();
    await page.keyboard.press('Home');
    await expect(abstention.getByText('100 % of the labelled tiles would be named.')).toBeVisible();
    await page.keyboard.press('End');
    await expect(abstention.getByText('100 % of the labelled tiles would be named.')).toBeHidden();
    await expect(abstention).toContainText('area under the risk-coverage curve');
  });

  test('opens a cell, where a label is fixed and the training follows', async ({ app }) => {
    const { page } = app;
    await filledCells(page).first().click();
    await expect(tileLooked(page)).toBeVisible();
    const relabel = tileLooked(page).getByRole('group', { name: 'Give another label' }).getByRole('button');
    const other = relabel.and(page.locator('[aria-pressed="false"]')).first();
    const before = await ask(app, (core, project) => core.labels.counts({ project }));
    await other.click();
    await expect.poll(() => ask(app, (core, project) => core.labels.counts({ project }))).not.toEqual(before);
    await page.keyboard.press('Escape');
    await expect(
      page
        .getByText('Labels changed since it was trained')
        .or(page.getByText('Training', { exact: true }))
        .first(),
    ).toBeVisible();
    const trained = await ask(app, (core, project) => core.classifier.state({ project }));
    await page.getByRole('button', { name: /^Train now/ }).click();
    await expect
      .poll(async () => (await ask(app, (core, project) => core.classifier.state({ project }))).classifier, {
        timeout: 60_000,
      })
      .not.toBe(trained.classifier);
    await expect(page.getByText('Up to date')).toBeVisible({ timeout: 30_000 });
  });

  test('is read with the keyboard: arrows in the matrix, Enter opens', async ({ app: { page } }) => {
    await cells(page).first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(cells(page).nth(1)).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(cells(page).nth(4)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: /^Back to training/ })).toBeVisible();
  });

  test('says what a leaking split would claim, that it is no result, and still knows it later', async ({
    app: { page },
  }) => {
    await page.getByRole('button', { name: 'Compare with a leaking split' }).click();
    await expect(page.getByText('Not a result')).toBeVisible({ timeout: 60_000 });
    await page.reload();
    await expect(page.getByText('Not a result')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Compare with a leaking split' })).toHaveCount(0);
  });

  test('is accessible, with a cell open too', async ({ app: { page } }) => {
    await expect(cells(page).first()).toBeVisible();
    await expectAccessibleInBothThemes(page);
    await filledCells(page).first().click();
    await expect(tileLooked(page)).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('no classifier', () => {
  test.use({ stage: 'tiles', place: 'classifier' });

  test('says what is missing', async ({ app: { page } }) => {
    await expect(page.getByRole('heading', { name: 'No classifier yet' })).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});
