/** Comparisons and simulations: made as jobs, read with intervals, taken away as files, found again after a reload. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

async function downloaded(page: Page, name: string): Promise<string> {
  const waiting = page.waitForEvent('download');
  await page.getByRole('link', { name }).click();
  return readFileSync(await (await waiting).path(), 'utf8');
}

test.describe('the comparison of methods', () => {
  test.use({ stage: 'trained', place: 'classifier' });

  test('puts runs beside baselines with gains and intervals, and is there again after a reload', async ({ app }) => {
    const { page } = app;
    await page.getByRole('radiogroup', { name: 'View' }).getByText('Comparison').click();
    await expect(page.getByText('Nothing compared yet')).toBeVisible();
    await page.getByLabel('Labels used, in percent of the tiles').fill('nothing');
    await expect(page.getByRole('button', { name: 'Compare', exact: true })).toBeDisabled();
    await page.getByLabel('Labels used, in percent of the tiles').fill('10');
    await page.getByLabel('Draws of labels').fill('3');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    const table = page.getByRole('table').filter({ hasText: 'Over the best baseline' });
    await expect(table).toBeVisible({ timeout: 60_000 });
    await expect(table.getByRole('row')).toHaveCount(4);
    await expect(table.getByRole('row').filter({ hasText: 'VICReg' })).toContainText(/[+-]\.\d{3}/);
    await expect(table).toContainText('best baseline');
    await expect(page.getByRole('main')).toContainText('24 tiles on 6 slides judged');
    await expect(page.getByRole('main')).toContainText(/VICReg is (better than|worse than|not shown to differ from)/);
    await expectAccessibleInBothThemes(page);
    const rows = (await downloaded(page, 'comparison.csv')).trim().split('\n');
    expect(rows).toHaveLength(4);
    expect(rows[0]).toContain('gain_low');
    await page.reload();
    await expect(table).toBeVisible();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(page.getByText('Nothing compared yet')).toBeVisible();
  });

  test('trains networks from scratch beside the runs, as a baseline', async ({ app: { page } }) => {
    await page.getByRole('radiogroup', { name: 'View' }).getByText('Comparison').click();
    await page.getByLabel('Labels used, in percent of the tiles').fill('50');
    await page.getByLabel('Draws of labels').fill('2');
    await page.getByLabel('Also networks trained from scratch').check();
    await expect(page.getByLabel('Number of folds')).toHaveValue('5');
    await page.getByLabel('Number of folds').fill('2');
    await expect(page.getByText('Networks to train: 4')).toBeVisible();
    await page.getByLabel('Steps of each network').fill('3');
    await expect(page.getByRole('button', { name: 'Compare', exact: true })).toBeDisabled();
    await page.getByLabel('Steps of each network').fill('10');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: 'Supervised from scratch (10 steps)' });
    await expect(row).toContainText('baseline', { timeout: 60_000 });
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
  });

  test('is cancelled and leaves nothing behind', async ({ app: { page } }) => {
    await page.getByRole('radiogroup', { name: 'View' }).getByText('Comparison').click();
    await page.getByLabel('Labels used, in percent of the tiles').fill('1 2 3 4 5 10 20 30 50 100');
    await page.getByLabel('Draws of labels').fill('200');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
    await expect(page.getByRole('button', { name: 'Compare', exact: true })).toBeEnabled({ timeout: 30_000 });
    await expect(page.getByText('Nothing compared yet')).toBeVisible();
  });
});

test.describe('the simulation of labelling', () => {
  test.use({ stage: 'trained', place: 'label' });

  test('shows each way of choosing against random choice, as curves, table, sentences and files', async ({
    app: { page },
  }) => {
    await page.getByRole('radiogroup', { name: 'Way of labelling' }).getByText('Does it pay?').click();
    await expect(page.getByText('Nothing simulated yet')).toBeVisible();
    await page.getByLabel('Labels at a time').fill('4');
    await page.getByLabel('Labels in all').fill('12');
    await page.getByLabel('Replays').fill('2');
    await page.getByRole('button', { name: 'Simulate', exact: true }).click();
    const table = page.getByRole('table').filter({ hasText: 'Over random choice' });
    await expect(table).toBeVisible({ timeout: 60_000 });
    await expect(table.getByRole('row')).toHaveCount(5);
    await expect(page.getByRole('group', { name: /Balanced accuracy by number of labels/ })).toBeVisible();
    await expect(page.getByRole('main')).toContainText('this is a simulation of choosing tiles');
    await expectAccessibleInBothThemes(page);
    expect(await downloaded(page, 'simulation.svg')).toContain('<svg');
    expect((await downloaded(page, 'simulation.csv')).trim().split('\n')).toHaveLength(1 + 4 * 3);
    await page.reload();
    await expect(table).toBeVisible();
  });
});
