/** Regions & tiles: drawing on the slide, tissue, the plan, cutting. */
import type { Page } from '@playwright/test';
import type { RunningApp } from './driver/app-driver.ts';
import { expect, test } from './fixtures.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const tool = (page: Page, name: string) =>
  page.getByRole('toolbar', { name: 'Drawing tools' }).getByRole('button', { name, exact: true });
const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / }).first();

/** From and to in shares of the picture's width and height. */
async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const box = (await viewer(page).boundingBox())!;
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]), { steps: 4 });
  await page.mouse.move(...at(to), { steps: 4 });
  await page.mouse.up();
}

/** With the button held down from point to point. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = (await viewer(page).boundingBox())!;
  for (const [index, [x, y]] of points.entries()) {
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
    if (index === 0) await page.mouse.down();
  }
  await page.mouse.up();
}

async function outlines(app: RunningApp) {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  const slide = (await core.slides.list({ project }))[0]!.slide;
  return await core.regions.outlines({ project, slide });
}

/** The number in the plan's row and column "This slide". */
async function planned(page: Page, reason: string): Promise<number> {
  return Number(
    await page
      .getByRole('row', { name: new RegExp(`^${reason}`) })
      .getByRole('cell')
      .first()
      .innerText(),
  );
}

test.describe('regions', () => {
  test.use({ stage: 'slides', place: 'regions' });

  test('are drawn with the mouse, named, excluded, and taken back', async ({ app }) => {
    const { page } = app;
    await expect(viewer(page)).toBeVisible();
    await tool(page, 'Rectangle').click();
    await drag(page, [0.4, 0.3], [0.6, 0.6]);
    await expect.poll(() => outlines(app)).toHaveLength(1);
    const [drawn] = await outlines(app);
    expect(drawn).toMatchObject({ kind: 'include', polygons: [[expect.any(Array)]] });
    expect(drawn!.areaMm2).toBeGreaterThan(0.01);
    await tool(page, 'Freehand').click();
    await page.getByText('Exclude', { exact: true }).first().click();
    await draw(page, [
      [0.45, 0.4],
      [0.55, 0.4],
      [0.55, 0.5],
    ]);
    await expect.poll(async () => (await outlines(app)).map(({ kind }) => kind)).toEqual(['include', 'exclude']);
    await page.keyboard.press('Control+z');
    await expect.poll(() => outlines(app)).toHaveLength(1);
    await page.getByRole('button', { name: /^Rename / }).click();
    await page.getByLabel('Name of the region').fill('Tumorrand Süd');
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await outlines(app))[0]?.name).toBe('Tumorrand Süd');
    await page.getByRole('button', { name: 'Remove Tumorrand Süd' }).click();
    await expect.poll(() => outlines(app)).toHaveLength(0);
    await page.keyboard.press('Control+z');
    await expect.poll(() => outlines(app)).toHaveLength(1);
  });

  test('are drawn with the keyboard alone', async ({ app }) => {
    const { page } = app;
    await expect(viewer(page)).toBeVisible();
    await tool(page, 'Rectangle').focus();
    await page.keyboard.press('Space');
    await viewer(page).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    for (let press = 0; press < 3; press += 1) {
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('Shift+ArrowDown');
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => outlines(app)).toHaveLength(1);
  });

  test('decide which tiles are planned, as tissue does', async ({ app: { page } }) => {
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThan(0);
    const before = await planned(page, 'Kept');
    await page.getByText('By hand', { exact: true }).click();
    await page.getByRole('slider', { name: 'Colour needed to count as tissue' }).focus();
    await page.keyboard.press('End');
    await expect.poll(() => planned(page, 'Kept')).toBeLessThan(before);
    await page.keyboard.press('Home');
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThanOrEqual(before);
    const all = await planned(page, 'Kept');
    await tool(page, 'Rectangle').click();
    await drag(page, [0.4, 0.3], [0.6, 0.7]);
    await expect.poll(() => planned(page, 'Outside regions')).toBeGreaterThan(0);
    expect(await planned(page, 'Kept')).toBeLessThan(all);
  });

  test('become tiles when they are cut', async ({ app }) => {
    const { page } = app;
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThan(0);
    const promised = await planned(page, 'Kept');
    await page.getByRole('button', { name: /^Cut tiles/ }).click();
    await expect(page.getByRole('contentinfo', { name: 'Jobs' })).toContainText('finished', { timeout: 60_000 });
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const cut = await core.tiles.current({ project });
    expect(cut?.slides[0]?.kept).toBe(promised);
    await expect(
      page.getByRole('navigation', { name: 'Places' }).getByRole('button', { name: 'Regions' }),
    ).toContainText('done');
  });

  test('are accessible, with the tools, the tissue and both pictures', async ({ app: { page } }) => {
    await expect.poll(() => planned(page, 'Kept')).toBeGreaterThan(0);
    await expectAccessibleInBothThemes(page);
    await page.keyboard.press('t');
    await page.keyboard.press('o');
    await expect(page.getByRole('application')).toHaveCount(2);
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('regions without slides', () => {
  test.use({ stage: 'empty', place: 'regions' });

  test('say what to do first', async ({ app: { page } }) => {
    await page.getByRole('button', { name: 'Add slides' }).click();
    await expect(page).toHaveURL(/\/slides/);
  });
});
