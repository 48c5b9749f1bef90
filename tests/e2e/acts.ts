/** What a person does in several specs, by role and name. */
import { expect, type Locator, type Page } from '@playwright/test';
import { slidesFolder } from './projects/stages.ts';

/** Through the file browser, from the slides' own folder. */
export async function addSlide(page: Page, name: string): Promise<void> {
  await page
    .getByRole('button', { name: /^Add slides/ })
    .first()
    .click();
  const dialog = page.getByRole('dialog');
  const folder = dialog.getByRole('option', { name: slidesFolder });
  const file = dialog.getByRole('option', { name });
  await expect(folder.or(file).first()).toBeVisible();
  if (!(await file.isVisible())) await folder.dblclick();
  await file.click();
  await dialog.getByRole('button', { name: 'Choose', exact: true }).click();
  await expect(dialog).toBeHidden();
}

/** Cells of the confusion matrix; `filledCells` those that hold tiles. */
export const cells = (page: Page): Locator => page.getByRole('button', { name: /Your label .*, classifier / });
export const filledCells = (page: Page): Locator =>
  cells(page).filter({ has: page.locator('strong', { hasText: /^[1-9]/ }) });
