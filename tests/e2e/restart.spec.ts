/** The power goes in the middle of something: after the core is back, no label, no region and no run is lost. */
import type { Page } from '@playwright/test';
import type { RunningApp } from './driver/app-driver.ts';
import type { CoreLine } from './driver/core-line.ts';
import { expect, test } from './fixtures.ts';
import { lostConnection } from './watch/page-problems.ts';

async function ask<T>(app: RunningApp, question: (core: CoreLine, project: string) => Promise<T>): Promise<T> {
  using core = await app.core();
  const { project } = (await core.projects.list({}))[0]!;
  return await question(core, project);
}

async function cutThePower(app: RunningApp): Promise<void> {
  await app.killCore();
  await expect(app.page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' })).toBeVisible();
  await app.restartCore();
  await expect(app.page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' })).toBeHidden();
}

test.beforeEach(({ problems }) => problems.expect(...lostConnection));

test.describe('labelling', () => {
  test.use({ stage: 'trained', place: 'label' });

  test('goes on where it was: every key pressed is a label', async ({ app }) => {
    const { page } = app;
    const tile = page.getByTestId('tile');
    const said: number[] = [];
    for (let count = 0; count < 12; count += 1) {
      await expect(tile).toHaveJSProperty('complete', true);
      const shown = Number(await tile.getAttribute('data-tile'));
      await page.keyboard.press(String((count % 3) + 1));
      await expect(tile).not.toHaveAttribute('data-tile', String(shown));
      said.push(shown);
      // In the middle, without waiting for anything.
      if (count === 6) await app.killCore();
    }
    await app.restartCore();
    const labelled = async () =>
      (await ask(app, (core, project) => core.labels.list({ project }))).labels.map(({ tile: at }) => at);
    await expect.poll(labelled).toEqual(expect.arrayContaining(said));
  });
});

test.describe('drawing', () => {
  test.use({ stage: 'slides', place: 'regions' });

  test('keeps a region that was finished while the core was gone, and those before', async ({ app }) => {
    const { page } = app;
    const regions = () =>
      ask(app, async (core, project) => {
        const { slide } = (await core.slides.list({ project }))[0]!;
        return await core.regions.outlines({ project, slide });
      });
    await draw(page, [0.3, 0.3], [0.4, 0.5]);
    await expect.poll(async () => (await regions()).length).toBe(1);
    await app.killCore();
    await draw(page, [0.5, 0.3], [0.6, 0.5]);
    await expect(page.getByRole('button', { name: /^Region 1\b/ })).toBeVisible();
    await app.restartCore();
    await expect.poll(async () => (await regions()).length).toBe(2);
    await expect(page.getByRole('button', { name: /^Region 2\b/ })).toBeVisible();
  });
});

test.describe('a run', () => {
  test.use({ stage: 'tiles', place: 'pretrain' });

  test('is found interrupted and goes on from its last saved step', async ({ app }) => {
    test.setTimeout(240_000);
    const { page } = app;
    await ask(app, (core, project) =>
      core.startJob('runs', 'pretrain', { project, recipe: 'quick', epochs: 500, engine: 'tfjs' }),
    );
    const states = () => ask(app, (core, project) => core.runs.states({ project }));
    const lastStep = async () =>
      (
        await ask(app, async (core, project) => {
          const [run] = await core.runs.states({ project });
          return run === undefined ? [0] : (await core.runs.metrics({ project, run: run.run })).steps.step;
        })
      ).at(-1) ?? 0;
    // Beyond the first epoch, which ends with a saved step.
    await expect.poll(lastStep, { timeout: 90_000 }).toBeGreaterThan(9);
    await cutThePower(app);
    expect((await states())[0]).toMatchObject({ state: 'interrupted', canResume: true });
    await page.getByRole('radiogroup', { name: 'View' }).getByText(/^Runs/).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await expect.poll(async () => (await states())[0]?.state, { timeout: 30_000 }).toBe('running');
    const { resumedAt } = await ask(app, async (core, project) => {
      const [run] = await core.runs.states({ project });
      return await core.runs.metrics({ project, run: run!.run });
    });
    await expect.poll(lastStep, { timeout: 90_000 }).toBeGreaterThan(resumedAt[0] ?? 9);
    expect(await states()).toHaveLength(1);
    await page.getByRole('button', { name: 'Stop and keep', exact: true }).click();
    await expect.poll(async () => (await states())[0]?.state, { timeout: 30_000 }).toBe('stopped');
  });
});

async function draw(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const viewer = page.getByRole('application', { name: /^Slide / }).first();
  await page.getByRole('toolbar', { name: 'Drawing tools' }).getByRole('button', { name: 'Rectangle' }).click();
  const box = (await viewer.boundingBox())!;
  await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 6 });
  await page.mouse.up();
}
