/** The whole way in one sitting, as a pathologist goes it: from a project with slides to an export and a report. */
import { addSlide, cells, filledCells } from './acts.ts';
import type { RunningApp } from './driver/app-driver.ts';
import type { CoreLine } from './driver/core-line.ts';
import { expect, goTo, test } from './fixtures.ts';
import { files, putFile } from './projects/files.ts';

async function ask<T>(app: RunningApp, question: (core: CoreLine, project: string) => Promise<T>): Promise<T> {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await question(core, project);
}

test.use({ stage: 'slides' });

test('a slide is added, a region drawn, tiles cut, a network trained, tiles labelled, the classifier checked, the map exported', async ({
  app,
  workplace,
  problems,
}) => {
  test.setTimeout(240_000);
  problems.expect(/Blocked script execution in .*report\.html/);
  const { page } = app;

  await test.step('add a slide', async () => {
    putFile(workplace, 'Biopsie 7.svs', files.wholeSlide);
    await addSlide(page, 'Biopsie 7.svs');
    await page.getByRole('option', { name: 'Biopsie 7.svs' }).click();
    await page.getByRole('button', { name: 'Draw regions' }).click();
  });

  await test.step('draw a region and look at the tissue', async () => {
    const viewer = page.getByRole('application', { name: /Biopsie 7/ });
    await expect(viewer).toBeVisible();
    await page.getByRole('toolbar', { name: 'Drawing tools' }).getByRole('button', { name: 'Rectangle' }).click();
    const box = (await viewer.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 6 });
    await page.mouse.up();
    await expect(page.getByRole('button', { name: /^Region 1\b/ })).toBeVisible();
    await page.keyboard.press('t');
    await expect(page.getByRole('region', { name: 'Inspector' })).toContainText('of the slide is tissue');
  });

  await test.step('cut tiles', async () => {
    const kept = page.getByRole('row', { name: /^Kept/ }).getByRole('cell').last();
    await expect.poll(async () => Number((await kept.innerText()).replaceAll(',', ''))).toBeGreaterThan(200);
    await page.getByRole('button', { name: /^Cut tiles/ }).click();
    const cut = () => ask(app, (core, project) => core.tiles.current({ project }));
    await expect.poll(async () => (await cut())?.slides.length, { timeout: 60_000 }).toBe(7);
  });

  await test.step('inspect triplets', async () => {
    await goTo(page, 'pretrain');
    const triplet = page.getByRole('region', { name: 'Triplet', exact: true });
    await expect(triplet.getByRole('img', { name: /^View \d, of the/ })).toHaveCount(3);
    await triplet.getByRole('button', { name: /^Reshuffle/ }).click();
    await expect(triplet).toContainText('Epoch 2');
  });

  await test.step('pretrain, with a live chart', async () => {
    await page.getByRole('radiogroup', { name: 'Recipe' }).getByText('Quick', { exact: true }).first().click();
    await page.getByRole('button', { name: /^Advanced/ }).click();
    await page.getByLabel('Epochs', { exact: true }).fill('2');
    await page.getByLabel('Engine', { exact: true }).selectOption('Processor (TensorFlow.js)');
    await page.getByRole('button', { name: /^Start: Quick/ }).click();
    await expect(page.getByRole('progressbar', { name: 'Progress of the run' })).toBeVisible();
    const loss = page.getByRole('figure').filter({ hasText: 'Loss' });
    await loss.getByRole('button', { name: /table/ }).click();
    await expect.poll(() => loss.getByRole('row').count(), { timeout: 60_000 }).toBeGreaterThan(2);
    await expect(page.getByRole('main')).toContainText('finished', { timeout: 120_000 });
  });

  await test.step('label 20 tiles by keyboard', async () => {
    await goTo(page, 'label');
    await page.getByRole('button', { name: 'Osteosarcoma' }).click();
    await page.getByRole('button', { name: 'Start labelling' }).click();
    const tile = page.getByTestId('tile');
    const classOf: Readonly<Record<string, string>> = { Viable: '1', 'Non-Viable-Tumor': '2', 'Non-Tumor': '3' };
    for (let count = 0; count < 20; count += 1) {
      await expect(tile).toHaveJSProperty('complete', true);
      const shown = await tile.getAttribute('data-tile');
      // The fields are named after what they show; the biopsy is of another tissue.
      const field = /^Tile: (\S+) /.exec((await tile.getAttribute('alt')) ?? '')?.[1] ?? '';
      await page.keyboard.press(classOf[field] ?? '3');
      await expect(tile).not.toHaveAttribute('data-tile', shown!);
    }
    await expect(page.getByTestId('labelled')).toHaveText('20');
  });

  await test.step('see the matrix, click a cell and fix a label', async () => {
    await goTo(page, 'classifier');
    const train = page.getByRole('button', { name: /^Train now/ });
    // It trains along while labelling; when it has not yet, a person starts it.
    await expect(
      cells(page)
        .first()
        .or(train.and(page.locator(':enabled')))
        .first(),
    ).toBeVisible({ timeout: 60_000 });
    if (!(await cells(page).first().isVisible())) await train.first().click();
    await expect(cells(page).first()).toBeVisible({ timeout: 120_000 });
    await filledCells(page).first().click();
    const looked = page.getByRole('region', { name: 'Tile looked at' });
    const before = await ask(app, (core, project) => core.labels.counts({ project }));
    await looked
      .getByRole('group', { name: 'Give another label' })
      .getByRole('button')
      .and(page.locator('[aria-pressed="false"]'))
      .first()
      .click();
    await expect.poll(() => ask(app, (core, project) => core.labels.counts({ project }))).not.toEqual(before);
  });

  await test.step('see the map', async () => {
    await goTo(page, 'map');
    const make = page.getByRole('button', { name: 'Make the maps' }).first();
    const viewer = page.getByRole('application', { name: /^Slide / });
    await expect(viewer.or(make).first()).toBeVisible({ timeout: 60_000 });
    if (await make.isVisible()) await make.click();
    await expect(viewer).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('table').filter({ hasText: 'mm²' })).toContainText('Viable tumour');
  });

  await test.step('export outlines and the report', async () => {
    await page.keyboard.press('e');
    const dialog = page.getByRole('dialog', { name: 'Export' });
    await expect(dialog.getByRole('checkbox').first()).toBeVisible();
    const kinds = dialog.getByRole('group', { name: 'What to write' });
    for (const box of await kinds.getByRole('checkbox').all()) await box.uncheck();
    await dialog.getByRole('checkbox', { name: /^Outlines for QuPath/ }).check();
    await dialog.getByRole('checkbox', { name: /^Report One HTML/ }).check();
    const write = dialog.getByRole('button', { name: 'Write and download' });
    await expect(write).toBeEnabled({ timeout: 60_000 });
    await write.click();
    await expect(dialog.getByRole('link', { name: 'Open the report' })).toBeVisible({ timeout: 60_000 });
    await expect(dialog.getByRole('link', { name: /\.geojson$/ }).first()).toBeVisible();
    const opened = page.waitForEvent('popup');
    await dialog.getByRole('link', { name: 'Open the report' }).click();
    await expect((await opened).getByText(/research use only/i).first()).toBeVisible();
  });
});
