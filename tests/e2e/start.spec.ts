/** The first minute: the page loads, says where to begin, and nothing in it breaks a rule of the browser. */
import { expect, test } from './fixtures.ts';

test.describe('the page', () => {
  test.use({ stage: null });

  test('loads', async ({ app }) => {
    await expect(app.page).toHaveTitle(/Trefoil/);
  });
});
