/** An encoder of one's own: chosen, its card filled in, tried out, refused where it does not fit, and used like a run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { channelMeans } from '#tests/support/small-onnx.ts';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { slidesFolder } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Choose an ONNX file' }).click();
  const browser = page.getByRole('dialog').filter({ has: page.getByRole('option') });
  const folder = browser.getByRole('option', { name: slidesFolder });
  const file = browser.getByRole('option', { name });
  await expect(folder.or(file).first()).toBeVisible();
  if (!(await file.isVisible())) await folder.dblclick();
  await file.click();
  await browser.getByRole('button', { name: 'Choose', exact: true }).click();
}

test.use({ stage: 'trained', place: 'pretrain' });

test('an ONNX file becomes a run, once the card says what the file does not', async ({ app, workplace }) => {
  const { page } = app;
  writeFileSync(join(workplace.slides, 'Farben 色.onnx'), channelMeans(64));
  writeFileSync(join(workplace.slides, 'kein Modell.onnx'), 'nothing of the kind');
  await page.getByRole('button', { name: 'Use an encoder of your own' }).first().click();
  await choose(page, 'kein Modell.onnx');
  const dialog = page.getByRole('dialog', { name: 'An encoder of your own' });
  await expect(dialog.getByRole('alert')).toContainText('no ONNX model');
  await choose(page, 'Farben 色.onnx');
  await expect(dialog).toContainText('pixels [batch, 3, 64, 64]', { timeout: 20_000 });
  await expect(dialog.getByLabel('Input size in pixels')).toHaveValue('64');
  const use = dialog.getByRole('button', { name: 'Try it and use it' });
  await expect(use).toBeDisabled();
  await dialog.getByLabel('Mean', { exact: true }).fill('0.5, 0.5, 0.5');
  await dialog.getByLabel('Standard deviation').fill('0.5 0.5 0.5');
  await dialog.getByLabel('Micrometres per pixel').fill('20');
  await use.click();
  // Tissue at 20 micrometres a pixel is nothing these tiles hold.
  await expect(dialog.getByRole('alert')).toContainText('trained at 20', { timeout: 20_000 });
  await dialog.getByLabel('Micrometres per pixel').fill(await seenMpp(app));
  await dialog.getByLabel('Licence').fill('ours');
  await expectAccessibleInBothThemes(page);
  await use.click();
  await expect(page.getByRole('heading', { name: /Farben 色, imported/ })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('main')).toContainText('3 numbers a tile, tried out with onnxruntime');
  await expect(
    page
      .getByRole('row')
      .filter({ hasText: 'Licence' })
      .or(page.getByText('ours', { exact: true }))
      .first(),
  ).toBeVisible();
  await expectAccessibleInBothThemes(page);
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  const [run] = await core.runs.states({ project });
  const evaluation = await core.classifier.finetune({ project, run: run!.run });
  expect(evaluation.rows[0]!.features).toBe('Farben 色');
});

/** Pixel size of a whole tile shown at 64 px. */
async function seenMpp(app: RunningApp): Promise<string> {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  const { sizePx, mpp } = (await core.tiles.current({ project }))!;
  return String((sizePx * mpp) / 64);
}
