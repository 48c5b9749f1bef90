/** The frame round the six places: rail, palette, keys, settings, history, and what they remember. */
import { expect, goTo, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

test.describe('the frame', () => {
  test('goes to each place by its key, says how far it is, and comes back with the browser', async ({
    app: { page },
  }) => {
    const rail = page.getByRole('navigation', { name: 'Places' });
    await expect(rail.getByRole('button')).toHaveCount(6);
    for (const [index, name] of ['Slides', 'Regions', 'Pretrain', 'Label', 'Classifier', 'Map'].entries()) {
      await page.keyboard.press(`Alt+${index + 1}`);
      await expect(rail.getByRole('button', { name })).toHaveAttribute('aria-current', 'page');
      await expect(page.getByRole('main')).toBeVisible();
    }
    await expect(rail.getByRole('button', { name: 'Regions' })).toContainText('done');
    await page.goBack();
    await expect(rail.getByRole('button', { name: 'Classifier' })).toHaveAttribute('aria-current', 'page');
    await page.reload();
    await expect(rail.getByRole('button', { name: 'Classifier' })).toHaveAttribute('aria-current', 'page');
  });

  test('finds every command and slide by typing', async ({ app: { page } }) => {
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog', { name: 'Find anything' });
    await palette.getByRole('combobox').fill('go to map');
    await page.keyboard.press('Enter');
    await expect(palette).toBeHidden();
    await expect(page).toHaveURL(/\/map/);
    await page.keyboard.press('Control+k');
    await palette.getByRole('combobox').fill('c27');
    await expect(palette.getByRole('option')).toHaveCount(1);
    await palette.getByRole('option').click();
    await expect(page).toHaveURL(/slide=slide-/);
    await page.keyboard.press('Control+k');
    await palette.getByRole('combobox').fill('nothing is called so');
    await expect(palette).toContainText('Nothing is called that.');
    await page.keyboard.press('Escape');
    await expect(palette).toBeHidden();
  });

  test('shows all keys, and closes with Escape', async ({ app: { page } }) => {
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard' });
    await expect(sheet).toContainText('Find anything');
    await expect(sheet).toContainText('Undo');
    await page.keyboard.press('Escape');
    await expect(sheet).toBeHidden();
  });

  test('remembers appearance and language over a reload', async ({ app: { page } }) => {
    await page.keyboard.press('Control+,');
    const settings = page.getByRole('dialog');
    await settings.getByText('Light', { exact: true }).click();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await settings.getByLabel('Language').selectOption('Deutsch');
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    await page.keyboard.press('Escape');
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    await expect(page.getByRole('navigation').getByRole('button', { name: 'Karte' })).toBeVisible();
  });

  test('lists every change and moves back and forth along them', async ({ app }) => {
    const { page } = app;
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const labels = async () => (await core.labels.overview({ project })).budget.labelled;
    await expect.poll(labels).toBe(24);
    await page.keyboard.press('Control+z');
    await expect.poll(labels).toBe(20);
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(labels).toBe(24);
    await page.keyboard.press('Control+h');
    const history = page.getByRole('dialog', { name: 'History' });
    const entries = history.getByRole('listitem');
    await entries.nth(1).getByRole('button', { name: 'Go back to before this' }).click();
    await expect.poll(labels).toBe(16);
    await expect(entries.filter({ hasText: 'undone' })).toHaveCount(2);
    await entries.nth(0).getByRole('button', { name: 'Do this again' }).click();
    await expect.poll(labels).toBe(24);
  });

  test('shows what runs, also when the bar is opened', async ({ app: { page } }) => {
    const jobs = page.getByRole('contentinfo', { name: 'Jobs' });
    await expect(jobs).toContainText('Nothing is running');
    await page.keyboard.press('Control+j');
    await expect(jobs).toContainText('No job has run since Trefoil started.');
  });

  test('is accessible with each of its dialogs', async ({ app: { page } }) => {
    for (const keys of ['Control+k', '?', 'Control+,', 'Control+h']) {
      await page.keyboard.press(keys);
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessibleInBothThemes(page);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
  });

  test('works at 200 % zoom without scrolling sideways', async ({ app: { page } }) => {
    // A 1440 x 900 window at 200 %.
    await page.setViewportSize({ width: 720, height: 450 });
    for (const place of ['slides', 'regions', 'pretrain', 'label', 'classifier', 'map'] as const) {
      await goTo(page, place);
      await expect(page.getByRole('main')).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, place).toBeLessThanOrEqual(0);
    }
  });
});
