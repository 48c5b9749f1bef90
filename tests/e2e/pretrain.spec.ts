/** Pretrain: triplets before anything runs, a real short run with live curves, holding and ending it. */
import type { Page } from '@playwright/test';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const triplet = (page: Page) => page.getByRole('region', { name: 'Triplet', exact: true });
const view = (page: Page, name: string) => page.getByRole('radiogroup', { name: 'View' }).getByText(name);

async function runs(app: RunningApp) {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await core.runs.states({ project });
}

/** Prepares a quick run of so many epochs on the processor and starts it. */
async function start(page: Page, epochs: number): Promise<void> {
  await page.getByRole('radiogroup', { name: 'Recipe' }).getByText('Quick', { exact: true }).first().click();
  const advanced = page.getByRole('button', { name: /^Advanced/ });
  if ((await advanced.getAttribute('aria-expanded')) !== 'true') await advanced.click();
  await page.getByLabel('Epochs', { exact: true }).fill(String(epochs));
  await page.getByLabel('Engine', { exact: true }).selectOption('Processor (TensorFlow.js)');
  await page.getByRole('button', { name: /^Start: Quick/ }).click();
}

test.describe('pretraining', () => {
  test.use({ stage: 'tiles', place: 'pretrain' });

  test('shows a triplet with its views, draws another neighbour and walks over the slide', async ({
    app: { page },
  }) => {
    const views = triplet(page).getByRole('img', { name: /^View \d, of the/ });
    await expect(views).toHaveCount(3);
    for (const each of await views.all()) await expect.poll(() => isLoaded(each)).toBe(true);
    const before = await views.first().getAttribute('src');
    await triplet(page)
      .getByRole('button', { name: /^Reshuffle/ })
      .click();
    await expect(triplet(page)).toContainText('Epoch 2');
    await expect(views.first()).not.toHaveAttribute('src', before!);
    const tile = triplet(page).getByRole('img', { name: 'Tile', exact: true });
    const shown = await tile.getAttribute('src');
    await triplet(page)
      .getByRole('button', { name: /drawn for this epoch/ })
      .click();
    await expect(tile).not.toHaveAttribute('src', shown!);
  });

  test('runs to its end with live curves, and is found again after a reload', async ({ app }) => {
    const { page } = app;
    await start(page, 3);
    await expect(page.getByRole('heading', { name: /^Run 1/ })).toBeVisible();
    await expect(page.getByRole('progressbar', { name: 'Progress of the run' })).toBeVisible();
    const loss = page.getByRole('figure').filter({ hasText: 'Loss' });
    await loss.getByRole('button', { name: /table/ }).click();
    const rows = loss.getByRole('row');
    await expect.poll(() => rows.count(), { timeout: 30_000 }).toBeGreaterThan(2);
    const early = await rows.count();
    await expect.poll(() => rows.count(), { timeout: 30_000 }).toBeGreaterThan(early);
    await page.reload();
    await expect(page.getByRole('heading', { name: /^Run 1/ })).toBeVisible();
    await expect(page.getByRole('main')).toContainText('finished', { timeout: 60_000 });
    await expect(page.getByRole('main')).toContainText(/Learning normally|Keep an eye on it|Act now/);
    expect((await runs(app))[0]).toMatchObject({ state: 'finished', epochs: 3, engine: { engine: 'tfjs' } });
  });

  test('is held, goes on, is stopped and can be resumed', async ({ app }) => {
    const { page } = app;
    const state = async () => (await runs(app))[0]?.state;
    await start(page, 200);
    await page.getByRole('button', { name: 'Pause', exact: true }).click({ timeout: 30_000 });
    await expect.poll(state).toBe('paused');
    await expect(page.getByRole('main')).toContainText('nothing is computed until it goes on');
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
    await expect.poll(state).toBe('running');
    await page.getByRole('button', { name: 'Stop and keep', exact: true }).click();
    await expect.poll(state, { timeout: 30_000 }).toBe('stopped');
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect.poll(state, { timeout: 30_000 }).toBe('running');
    await page.getByRole('button', { name: 'Stop and keep', exact: true }).click({ timeout: 30_000 });
    await expect.poll(state, { timeout: 30_000 }).toBe('stopped');
    expect(await runs(app)).toHaveLength(1);
  });

  test('is refused where a number makes no sense', async ({ app: { page } }) => {
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await page.getByLabel('Epochs', { exact: true }).fill('0');
    await expect(page.getByRole('alert')).toContainText('A whole number from 1 to 100,000.');
    await expect(page.getByRole('button', { name: /^Start:/ })).toBeDisabled();
  });

  test('is accessible while it is prepared', async ({ app: { page } }) => {
    await expect(triplet(page).getByRole('img', { name: /^View 1/ })).toBeVisible();
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('pretraining that has run', () => {
  test.use({ stage: 'trained', place: 'pretrain' });

  test('is accessible: its curves and the comparison', async ({ app: { page } }) => {
    await view(page, 'Runs').click();
    await expect(page.getByRole('heading', { name: /^Run 1/ })).toBeVisible();
    await expectAccessibleInBothThemes(page);
    await view(page, 'Compare').click();
    await expect(page.getByText('Choose two runs or more')).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('pretraining without tiles', () => {
  test.use({ stage: 'slides', place: 'pretrain' });

  test('says what to do first', async ({ app: { page } }) => {
    await page.getByRole('button', { name: 'Go to regions' }).click();
    await expect(page).toHaveURL(/\/regions/);
  });
});

test.describe('a run that a classifier stands on', () => {
  test.use({ stage: 'trained', place: 'pretrain' });

  test('is deleted only after what goes with it was said', async ({ app }) => {
    const { page } = app;
    await view(page, 'Runs').click();
    await expect(page.getByRole('heading', { name: /^Run 1/ })).toBeVisible();
    await page.getByRole('button', { name: /^Delete run/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Run 1?' });
    await expect(dialog).toContainText('The current classifier stands on this run.');
    await expect(dialog.getByRole('listitem')).toHaveText([/network/, /^1 classifier/, /^the maps of 6 slides/]);
    await expectAccessibleInBothThemes(page);
    await page.keyboard.press('Escape');
    expect(await runs(app)).toHaveLength(1);
    await page.keyboard.press('Delete');
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Run 1 was deleted.' })).toBeVisible();
    expect(await runs(app)).toHaveLength(0);
    await page
      .getByRole('navigation', { name: 'Places' })
      .getByRole('button', { name: /^Classifier/ })
      .click();
    await expect(page.getByRole('heading', { name: 'No classifier yet' })).toBeVisible();
  });
});

function isLoaded(image: ReturnType<Page['locator']>): Promise<boolean> {
  return image.evaluate(
    (element) => element instanceof HTMLImageElement && element.complete && element.naturalWidth > 0,
  );
}
