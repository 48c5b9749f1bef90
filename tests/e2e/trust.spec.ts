/** How far probabilities and maps can be trusted: calibration, abstention, layers of doubt, a slide unlike the training slides. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { unlikeSlide } from './projects/stages.ts';
import { expectAccessibleInBothThemes } from './watch/accessibility.ts';

const viewer = (page: Page) => page.getByRole('application', { name: /^Slide / });
const banner = (page: Page) => page.getByRole('complementary', { name: 'This slide is unlike the training slides' });
const strip = (page: Page) => page.getByRole('navigation', { name: 'Slides' });

test.describe('can the probabilities be trusted', () => {
  test.use({ stage: 'unlike', place: 'classifier' });

  test('says what calibration did, with intervals, and shows the bins as a table', async ({ app }) => {
    const { page } = app;
    const trust = page.getByRole('region', { name: 'Can the probabilities be trusted?' });
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const { summary } = await core.classifier.details({ project });
    const calibration = summary.calibration!;
    await expect(trust).toContainText(calibration.sentence);
    await expect(trust).toContainText(/Calibration error before\s*\.\d\d\s*\.\d\d to \.\d\d/);
    await trust.getByText('The same as a table').click();
    const rows = trust.getByRole('region', { name: 'The same as a table' }).getByRole('row');
    const filled = calibration.binsBefore.filter(
      (bin, index) => bin.tiles + (calibration.binsAfter?.[index]?.tiles ?? 0) > 0,
    );
    await expect(rows).toHaveCount(1 + filled.length);
    const before = await rows.locator('td:nth-child(2)').allInnerTexts();
    expect(before.map(Number)).toEqual(filled.map(({ tiles }) => tiles));
  });

  test('answers the slider, also from the keyboard, with the figures of the core', async ({ app }) => {
    const { page } = app;
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const { points } = (await core.classifier.details({ project })).summary.abstention!;
    const slider = page.getByRole('slider', { name: 'Name only tiles at least this sure' });
    await slider.focus();
    await page.keyboard.press('Home');
    await expect(page.getByText('100 % of the held-out labels are named (316 tiles)')).toBeVisible();
    for (let step = 0; step < 40; step += 1) await page.keyboard.press('ArrowRight');
    await expect(slider).toHaveAttribute('aria-valuetext', '.80');
    const at = points.find(({ confidence }) => Math.abs(confidence - 0.8) < 1e-9)!;
    const answer = page.getByRole('status').filter({ hasText: 'of the held-out labels are named' });
    await expect(answer).toContainText(`(${at.tiles} tiles)`);
    await expect(answer).toContainText(at.accuracy!.value.toFixed(2).replace(/^0/, ''));
  });

  test('lists the slide that is unlike the others first, in words', async ({ app: { page } }) => {
    const slides = page.getByRole('region', { name: 'Slides unlike the training slides' }).getByRole('row');
    await expect(slides.nth(1)).toContainText(unlikeSlide);
    await expect(slides.nth(1)).toContainText('unlike the training slides');
    await expect(slides.nth(1)).toContainText('0 of 6');
    await expect(slides.nth(2)).toContainText('a training slide');
    await slides.nth(1).getByRole('button').click();
    await expect(banner(page)).toBeVisible();
  });

  test('is accessible', async ({ app: { page } }) => {
    await expect(page.getByRole('region', { name: 'Can the probabilities be trusted?' })).toBeVisible();
    await page.getByText('The same as a table').click();
    await expectAccessibleInBothThemes(page);
  });
});

test.describe('doubt on the map', () => {
  test.use({ stage: 'unlike', place: 'map' });

  test('warns of a slide unlike the training slides, and says what to do', async ({ app: { page } }) => {
    await expect(viewer(page)).toBeVisible();
    await expect(banner(page)).toBeHidden();
    const entry = strip(page).getByRole('button', { name: unlikeSlide });
    await expect(entry).toContainText('unlike the training slides');
    await entry.click();
    await expect(banner(page)).toContainText('none lies as far out');
    await expect(banner(page)).toContainText('100 %');
    await expect(banner(page)).toContainText('What to do');
    await banner(page).getByRole('button', { name: 'Show the distance' }).click();
    await expect(page.getByLabel('Shown')).toHaveValue('unlike');
    await expectAccessibleInBothThemes(page);
  });

  test('switches its layers with the keyboard and reads all of them under a point', async ({ app: { page } }) => {
    await expect(viewer(page)).toBeVisible();
    const shown = page.getByLabel('Shown');
    const options = await shown.getByRole('option').allInnerTexts();
    expect(options.slice(0, 5)).toEqual([
      'Class',
      'How sure it is of the class',
      'Uncertainty of the tile',
      'Disagreement of the folds',
      'Distance from the training tiles',
    ]);
    for (const layer of ['confidence', 'uncertainty', 'disagreement', 'unlike']) {
      await page.keyboard.press('n');
      await expect(shown).toHaveValue(layer);
    }
    await expect(page.getByText('95 % of the tiles of training slides lie below 1')).toBeVisible();
    // The first slide has no tile in its middle.
    await strip(page).getByRole('button').nth(1).click();
    await expect(viewer(page)).toBeVisible();
    await page.keyboard.press('v');
    const reading = page.getByRole('status').filter({ hasText: 'Uncertainty' });
    await expect(reading).toContainText(/Uncertainty\s*1?\.\d\d/);
    await expect(reading).toContainText(/Disagreement\s*1?\.\d\d/);
    await expect(reading).toContainText(/Distance\s*[\d.≥ ]+ × limit/);
  });

  test('hides what is not sure enough and says what is left, as the areas count it', async ({ app }) => {
    const { page } = app;
    await expect(viewer(page)).toBeVisible();
    const slider = page.getByRole('slider', { name: 'Hide tiles less sure than' });
    await slider.focus();
    for (let step = 0; step < 80; step += 1) await page.keyboard.press('ArrowRight');
    using core = await app.core();
    const { project } = (await core.projects.list({}))[0]!;
    const { slides } = await core.maps.areas({ project, threshold: 0.8 });
    const left = (100 - slides[0]!.unclassified.percent).toFixed(1);
    expect(Number(left)).toBeLessThan(100);
    await expect(page.getByText(`${left} % of the tissue of this slide is left`)).toBeVisible();
    await expect(page.getByText('Of held-out labels this sure, named rightly:')).toBeVisible();
  });
});
