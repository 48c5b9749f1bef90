/** What goes to other tools and comes from them: probability maps, tile images, labels of QuPath's annotations, tables of labels. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { slidesFolder } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

/** In the page's file browser: into the slides' folder, and there the file or the folder itself. */
async function chooseInSlidesFolder(page: Page, file: string | null, button: string): Promise<void> {
  const browser = page.getByRole('dialog').last();
  const folder = browser.getByRole('option', { name: slidesFolder });
  const inside = file === null ? folder : browser.getByRole('option', { name: file });
  // The browser begins where a file was chosen last.
  await expect(folder.or(inside).first()).toBeVisible();
  if (file === null || !(await inside.isVisible())) await folder.dblclick();
  if (file !== null) await inside.click();
  else await expect(folder).toBeHidden();
  await browser.getByRole('button', { name: button, exact: true }).click();
}

test.describe('exports for other tools', () => {
  test.use({ stage: 'trained', place: 'map' });

  test('probability maps are downloaded, with a preview and in every theme', async ({ app: { page } }) => {
    await expect(page.getByRole('application', { name: /^Slide / })).toBeVisible();
    await page.keyboard.press('e');
    const dialog = page.getByRole('dialog', { name: 'Export' });
    const kinds = dialog.getByRole('group', { name: 'What to write' });
    for (const box of await kinds.getByRole('checkbox').all()) await box.uncheck();
    await dialog.getByRole('checkbox', { name: /^Outlines for QuPath/ }).check();
    await dialog.getByRole('checkbox', { name: /^Probability maps/ }).check();
    await dialog.getByLabel('Objects', { exact: true }).selectOption({ label: 'An object a tile' });
    await dialog.getByRole('checkbox', { name: /^Packed/ }).check();
    await dialog.getByText('Outlines for QuPath').last().click();
    await expect(dialog.getByText(/\.tiles\.geojson\.gz$/).first()).toBeVisible();
    await expect(dialog.getByText(/\.regions\.geojson/)).toHaveCount(0);
    await expectAccessibleInBothThemes(page);
    await dialog.getByRole('button', { name: 'Write and download' }).click();
    await expect(dialog.getByRole('heading', { name: 'Written into the project' })).toBeVisible({ timeout: 60_000 });
    const waiting = page.waitForEvent('download');
    await dialog
      .getByRole('link', { name: /\.ome\.tiff$/ })
      .first()
      .click();
    const bytes = readFileSync(await (await waiting).path());
    expect(bytes.subarray(0, 4).toString('hex')).toBe('49492a00');
    expect(bytes.includes('<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"')).toBe(true);
  });

  test('tile images go to a folder, never as a thousand downloads', async ({ app: { page }, workplace }) => {
    await expect(page.getByRole('application', { name: /^Slide / })).toBeVisible();
    await page.keyboard.press('e');
    const dialog = page.getByRole('dialog', { name: 'Export' });
    const kinds = dialog.getByRole('group', { name: 'What to write' });
    for (const box of await kinds.getByRole('checkbox').all()) await box.uncheck();
    await dialog.getByRole('checkbox', { name: /^Tile images for training/ }).check();
    await expect(dialog.getByText(/no (patient|specimen|image) is on both sides/)).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Write and download' })).toBeDisabled();
    await expect(dialog.getByText('Tile images go to a folder')).toBeVisible();
    await dialog.getByRole('button', { name: 'Write to a folder' }).click();
    await chooseInSlidesFolder(page, null, 'Use this folder');
    await expect(dialog.getByText(/files were written to/)).toBeVisible({ timeout: 60_000 });
    const folder = join(workplace.slides, 'coco');
    const { images } = JSON.parse(readFileSync(join(folder, 'annotations.json'), 'utf8')) as {
      images: { file_name: string }[];
    };
    expect(images.length).toBeGreaterThan(0);
    for (const { file_name: name } of images) expect(existsSync(join(folder, 'images', name))).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      'annotations.json',
      'export-state.json',
      'images',
      'labels.csv',
      'predictions.json',
    ]);
  });
});

test.describe('labels from and to files', () => {
  test.use({ stage: 'trained', place: 'label' });

  test('annotations are previewed, imported in one step, and undone', async ({ app, workplace }) => {
    const { page } = app;
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const [slide] = await core.slides.list({ project });
    const before = await core.labels.overview({ project });
    const ring = [
      [0, 0],
      [slide!.width, 0],
      [slide!.width, slide!.height],
      [0, slide!.height],
      [0, 0],
    ];
    const feature = (objectType: string, name: string, coordinates: number[][]) => ({
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [coordinates] },
      properties: { objectType, classification: { name, color: [10, 120, 60] } },
    });
    const features = [
      feature('annotation', 'Cartilage', ring),
      feature('detection', 'Cell', ring),
      feature(
        'annotation',
        'Bone',
        ring.map(([x, y]) => [x! + 1_000_000, y!]),
      ),
    ];
    writeFileSync(
      join(workplace.slides, 'annotations.geojson'),
      JSON.stringify({ type: 'FeatureCollection', features }),
    );

    await page.getByRole('button', { name: 'Import labels' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import labels' });
    await dialog.getByRole('button', { name: 'Choose a file' }).click();
    await chooseInSlidesFolder(page, 'annotations.geojson', 'Choose');
    await expect(dialog).toContainText('It is not clear which slide');
    await expect(dialog.getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
    await dialog.getByLabel('Slide', { exact: true }).selectOption({ label: slide!.name });
    await expect(dialog.getByRole('heading', { name: 'What will happen' })).toBeVisible();
    await expect(dialog.getByRole('listitem').filter({ hasText: 'Cartilage' })).toContainText('new');
    await expect(dialog).toContainText('1 object is no annotation but a detection');
    await expect(dialog.getByRole('row').filter({ hasText: 'no kept tile' })).toContainText('3');
    await expectAccessibleInBothThemes(page);
    expect((await core.labels.overview({ project })).classes).toHaveLength(before.classes.length);
    await dialog.getByRole('button', { name: 'Import', exact: true }).click();
    await expect(dialog.getByText(/^\d+ labels were imported\.$/)).toBeVisible();
    const after = await core.labels.overview({ project });
    const tiles = before.slides.find((each) => each.slide === slide!.slide)!.tiles;
    expect(after.classes.find(({ name }) => name === 'Cartilage')).toMatchObject({ colour: '#0a783c', labels: tiles });
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await core.projects.undo({ project });
    expect((await core.labels.overview({ project })).classes).toEqual(before.classes);
  });

  test('labels are written as a table that can be imported again', async ({ app, workplace }) => {
    const { page } = app;
    await page.getByRole('button', { name: 'Export labels' }).click();
    await chooseInSlidesFolder(page, null, 'Use this folder');
    await expect(page.getByText(/labels were written to labels\.csv\./).first()).toBeVisible();
    const file = join(workplace.slides, 'labels.csv');
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe('slide,x,y,class,reader,source,kept,tile');
    await page.getByRole('button', { name: 'Import labels' }).click();
    const dialog = page.getByRole('dialog', { name: 'Import labels' });
    await dialog.getByRole('button', { name: 'Choose a file' }).click();
    await chooseInSlidesFolder(page, 'labels.csv', 'Choose');
    await expect(dialog.getByText(/^\d+ labels will be imported\.$/)).toBeVisible();
    await expect(dialog.getByText(/left out/)).toHaveCount(0);
  });
});
