/** What this computer can do, in plain words: on the first start, and from the settings later. */
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

test.use({ stage: null });

test.describe('the first start', () => {
  test('looks at the computer when asked, and says what trains, how exactly and how fast', async ({
    app: { page },
  }) => {
    await page.getByRole('button', { name: 'What this computer can do' }).click();
    const dialog = page.getByRole('dialog', { name: 'What this computer can do' });
    await expect(dialog).toContainText('you can go on working');
    await dialog.getByRole('button', { name: 'Check this computer' }).click();
    // The self-test and the steps are real: on two busy cores they take their time.
    await expect(dialog.getByText('Self-test')).toBeVisible({ timeout: 80_000 });
    await expect(dialog).toContainText('passed');
    await expect(dialog).toContainText(/[\d.,]+ images a second/);
    await expect(dialog.getByRole('button', { name: 'Copy this report' })).toBeVisible();
    await expectAccessibleInBothThemes(page);
  });
});
