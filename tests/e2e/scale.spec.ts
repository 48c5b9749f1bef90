/** 102,400 tiles on one slide, all labelled by the map: everything still works. How fast is measured by build/measure-frames.ts. */
import { expect, goTo, test } from './fixtures.ts';

test.use({ stage: 'scale', place: 'map' });

test('a slide of 100,000 tiles is panned, zoomed and read', async ({ app: { page } }) => {
  const viewer = page.getByRole('application', { name: /scale 1/ });
  await expect(viewer).toBeVisible();
  const box = (await viewer.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let turn = 0; turn < 12; turn += 1) await page.mouse.wheel(0, turn < 8 ? -240 : 240);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4, box.y + box.height / 3, { steps: 12 });
  await page.mouse.up();
  const reading = page.getByRole('status').filter({ hasText: /Dark|Bright/ });
  await expect(reading.first()).toBeVisible();
  await expect(page.getByRole('row', { name: /Dark/ })).toContainText(/\d/);
  await goTo(page, 'regions');
  await expect(page.getByRole('row', { name: /^Kept/ })).toContainText('102,400');
  await goTo(page, 'label');
  await expect(page.getByTestId('tile')).toBeVisible();
  await page.keyboard.press('Shift+G');
  await expect(page.getByRole('main').locator('img').first()).toBeVisible();
});
