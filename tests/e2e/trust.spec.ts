/** A slide that really is unlike those a classifier was trained on, on the map; and the pictures of doubt in the export window. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { unlikeSlide } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / });

test.use({ stage: 'unlike', place: 'map' });

test('a slide unlike the training slides is marked in the list and warned of, and no other is', async ({
  app: { page },
}) => {
  const warning = page.getByRole('status').filter({ hasText: 'This slide is unlike the training slides.' });
  const strip = page.getByRole('navigation', { name: 'Slides' });
  await expect(viewer(page)).toBeVisible();
  await expect(strip.getByText('unlike the training slides')).toHaveCount(1);
  await expect(warning).toBeHidden();
  await strip.getByRole('button', { name: unlikeSlide }).click();
  await expect(warning).toContainText('100 %');
  await expect(warning).toContainText('6 slides');
  await expect(warning).toContainText('at most one usual slide in 7');
  await expectAccessibleInBothThemes(page);
  await warning.getByRole('button', { name: 'Show where' }).click();
  await expect(page.getByLabel('Shown')).toHaveValue('unlike');
  await strip.getByRole('button').first().click();
  await expect(warning).toBeHidden();
});

test('pictures of disagreement and distance are chosen in the export window', async ({ app: { page } }) => {
  await expect(viewer(page)).toBeVisible();
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: 'Export' });
  await dialog.getByRole('checkbox', { name: /^Map pictures/ }).check();
  const pictures = dialog.locator('summary').filter({ hasText: 'Map pictures' });
  // Class, confidence, uncertainty and the place on the slide, of seven slides.
  await expect(pictures).toContainText('28 files');
  await dialog.getByRole('checkbox', { name: 'With the distance from the training tiles' }).check();
  await dialog.getByRole('checkbox', { name: 'With the disagreement of the folds' }).check();
  await expect(pictures).toContainText('42 files');
  await expectAccessibleInBothThemes(page);
});
