/** Label: tiles one by one at the speed of the keyboard, and what becomes of a label on its way. */
import type { Page } from '@playwright/test';
import type { CoreClient } from '#common/contract/client.ts';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';
import { lostConnection } from './watch/page-problems.ts';

const tile = (page: Page) => page.getByTestId('tile');
const position = (page: Page) => page.getByRole('heading', { name: /^Tile \d+ of \d+$/ });

/** Presses the key when the tile can be seen, as a person would, and waits for the next tile. Answers the tile it was for. */
async function say(page: Page, key: string): Promise<number> {
  await expect(tile(page)).toHaveJSProperty('complete', true);
  const shown = Number(await tile(page).getAttribute('data-tile'));
  await page.keyboard.press(key);
  await expect(tile(page)).not.toHaveAttribute('data-tile', String(shown));
  return shown;
}

async function overview(core: CoreClient) {
  const { project } = (await core.projects.list({}))[0]!;
  return core.labels.overview({ project });
}

async function labelled(app: RunningApp): Promise<number> {
  using core = await app.core();
  return (await overview(core)).budget.labelled;
}

test.describe('labelling', () => {
  test.use({ stage: 'trained', place: 'label' });

  test('takes one key a tile, and every label arrives in the core', async ({ app }) => {
    const { page } = app;
    using core = await app.core();
    const before = await overview(core);
    const said = new Map<number, number>();
    for (let count = 0; count < 20; count += 1) {
      const index = count % 3;
      said.set(await say(page, String(index + 1)), index);
    }
    expect(said.size).toBe(20);
    await expect.poll(async () => (await overview(core)).budget.labelled).toBe(before.budget.labelled + 20);
    const { project } = (await core.projects.list({}))[0]!;
    const { labels } = await core.labels.list({ project });
    const classes = before.classes.map((each) => each.class);
    for (const [labelled, index] of said) {
      expect(labels.find((label) => label.tile === labelled)?.class).toBe(classes[index]);
    }
    await expect(page.getByTestId('labelled')).toHaveText(String(before.budget.labelled + 20));
  });

  test('puts tiles off, takes the last one back and goes to and fro', async ({ app }) => {
    const { page } = app;
    using core = await app.core();
    await say(page, 'u');
    await say(page, 's');
    const labelled = await say(page, '2');
    await expect.poll(async () => (await overview(core)).budget).toMatchObject({ labelled: 25, unsure: 1, skipped: 1 });
    await page.keyboard.press('z');
    await expect(tile(page)).toHaveAttribute('data-tile', String(labelled));
    await expect.poll(async () => (await overview(core)).budget.labelled).toBe(24);
    await page.keyboard.press('ArrowLeft');
    await expect(position(page)).toContainText('Tile 2 of');
    await page.keyboard.press('Home');
    await expect(position(page)).toContainText('Tile 1 of');
    await page.keyboard.press('End');
    await expect(position(page)).toContainText('Tile 3 of');
  });

  test('says why a tile is asked for, and asks in another order', async ({ app: { page } }) => {
    const main = page.getByRole('main');
    await expect(main).toContainText('Why this tile');
    await page.getByLabel('Order of the tiles').selectOption('Slide by slide in balance');
    await expect(main).toContainText('from the slides with the fewest labels');
    await page.getByLabel('Order of the tiles').selectOption('Coverage: all kinds of tissue');
    await expect(main).toContainText('unlike each other, all kinds of tissue');
    const list = () =>
      main.getByRole('button', { name: /^Tile \d+$/ }).evaluateAll((all) => all.map((each) => each.innerHTML).join());
    const first = await list();
    await page.getByRole('button', { name: 'Other tiles' }).click();
    await expect.poll(list).not.toBe(first);
  });

  test('keeps labels given while the core is gone, also over a reload, and saves them when it is back', async ({
    app,
    problems,
  }) => {
    const { page } = app;
    problems.expect(...lostConnection);
    await say(page, '1');
    await expect.poll(() => labelled(app)).toBe(25);
    await app.killCore();
    await expect(page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' })).toBeVisible();
    await say(page, '2');
    await say(page, '3');
    await expect(page.getByText('2 labels wait to be saved')).toBeVisible();
    await app.restartCore();
    await page.reload();
    await expect.poll(() => labelled(app)).toBe(27);
    await expect(page.getByTestId('labelled')).toHaveText('27');
  });

  test('shows a label of one window in the other', async ({ app }) => {
    const other = await app.newPage('label');
    await expect(other.getByTestId('labelled')).toHaveText('24');
    await app.page.bringToFront();
    await say(app.page, '1');
    await expect(other.getByTestId('labelled')).toHaveText('25');
  });

  test('is accessible', async ({ app: { page } }) => {
    await expect(tile(page)).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('labelling for the first time', () => {
  test.use({ stage: 'tiles', place: 'label' });

  test('begins with the classes, from an example or typed', async ({ app }) => {
    const { page } = app;
    await page.getByRole('button', { name: 'Osteosarcoma' }).click();
    await page.getByRole('textbox', { name: 'Class 3' }).fill('Knochen');
    await expectAccessibleInBothThemes(page);
    await page.getByRole('button', { name: 'Start labelling' }).click();
    await expect(tile(page)).toBeVisible();
    using core = await app.core();
    expect((await overview(core)).classes.map(({ name }) => name)).toEqual([
      'Viable tumour',
      'Non-viable tumour',
      'Knochen',
    ]);
    await say(page, '1');
    await expect.poll(async () => (await overview(core)).budget.labelled).toBe(1);
  });
});

test.describe('labelling without tiles', () => {
  test.use({ stage: 'slides', place: 'label' });

  test('says what to do first and leads there', async ({ app: { page } }) => {
    await page.getByRole('button', { name: 'Go to regions and tiles' }).click();
    await expect(page).toHaveURL(/\/regions/);
  });
});
