/** What goes wrong outside of the page, for real: the core or the engine killed, a full disk. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CoreClient } from '#common/contract/client.ts';
import { enginesOf } from './driver/processes.ts';
import { expect, test } from './fixtures.ts';
import { copyStage } from './projects/stages.ts';
import { mountSmallDisk } from './system/small-disk.ts';
import { lostConnection } from './watch/page-problems.ts';

async function onlyProject(core: CoreClient): Promise<string> {
  return (await core.projects.list({}))[0]!.project;
}

test.describe('the core', () => {
  test('is killed and comes back: the page says so, stays readable and goes on by itself', async ({
    app,
    problems,
  }) => {
    const { page } = app;
    problems.expect(...lostConnection);
    const lost = page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' });
    // The place's own parts are loaded by then; what is not there yet cannot be read.
    await expect(page.getByRole('listbox', { name: 'Slides' }).getByRole('option')).toHaveCount(6);
    await app.killCore();
    await expect(lost).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Places' })).toBeVisible();
    await app.restartCore();
    await expect(lost).toBeHidden();
    await page.keyboard.press('Control+z');
    await expect(page.getByRole('status').filter({ hasText: 'Undone:' })).toBeVisible();
    using core = await app.core();
    expect((await core.labels.overview({ project: await onlyProject(core) })).budget.labelled).toBe(20);
  });

  test('is killed before a place was ever shown: the place comes by itself with the core', async ({
    app,
    problems,
  }) => {
    const { page } = app;
    problems.expect(...lostConnection);
    await expect(page.getByRole('listbox', { name: 'Slides' }).getByRole('option')).toHaveCount(6);
    await app.killCore();
    await page.getByRole('navigation', { name: 'Places' }).getByRole('button').nth(2).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Trefoil does not answer' })).toBeVisible();
    await expect(page.getByRole('main')).toHaveCount(0);
    await app.restartCore();
    await expect(page.getByRole('main', { name: 'Pretrain' })).toBeVisible();
  });

  test('serves two windows on one project: what one does, the other shows', async ({ app }) => {
    const other = await app.newPage();
    await other.keyboard.press('Control+h');
    const history = other.getByRole('dialog', { name: 'History' }).getByRole('listitem');
    await expect(history.first()).not.toContainText('undone');
    await app.page.bringToFront();
    await app.page.keyboard.press('Control+z');
    await expect(history.first()).toContainText('undone');
    await app.page.keyboard.press('Control+Shift+z');
    await expect(history.first()).not.toContainText('undone');
  });
});

test.describe('the engine', () => {
  test.use({ stage: 'tiles', place: 'pretrain' });

  test('is killed in mid-run: the run says so and goes on from its checkpoint', async ({ app }) => {
    test.skip(process.platform !== 'linux', 'finding the engine’s process needs /proc');
    test.setTimeout(240_000);
    const { page } = app;
    using core = await app.core();
    const project = await onlyProject(core);
    const job = await core.startJob('runs', 'pretrain', { project, recipe: 'quick', epochs: 500, engine: 'tfjs' });
    const steps = async () => {
      const [run] = await core.runs.states({ project });
      return run === undefined ? 0 : ((await core.runs.metrics({ project, run: run.run })).steps.step.at(-1) ?? 0);
    };
    await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(0);
    const [engine] = enginesOf(app.coreProcess);
    process.kill(engine!, 'SIGKILL');
    await page.keyboard.press('Control+j');
    const jobs = page.getByRole('contentinfo', { name: 'Jobs' });
    await expect(jobs).toContainText('It starts again from the last checkpoint');
    await expect.poll(() => enginesOf(app.coreProcess).filter((process) => process !== engine)).toHaveLength(1);
    await expect(jobs.getByRole('progressbar').first()).toBeVisible();
    const before = await steps();
    await expect.poll(steps, { timeout: 60_000 }).toBeGreaterThan(before);
    await jobs.getByRole('button', { name: 'Stop Pretraining' }).click();
    await expect.poll(async () => (await core.jobs.get({ job: job.job })).status).toBe('cancelled');
    expect((await core.runs.states({ project }))[0]).toMatchObject({ state: 'stopped', canResume: true });
  });
});

test.describe('a full disk', () => {
  test('ends a job with what to do, and nothing of before is lost', async ({ driver, workplace }) => {
    const folder = join(workplace.folder, 'small disk');
    mkdirSync(folder);
    const disk = mountSmallDisk(folder, 64);
    test.skip(typeof disk === 'string', String(disk));
    if (typeof disk === 'string') return;
    try {
      const small = copyStage('slides', join(folder, 'project folder'));
      const app = await driver.launch({
        project: small.project,
        place: 'regions',
        allowedFolders: [folder],
        configurationFolder: join(workplace.folder, 'configuration'),
      });
      using core = await app.core();
      const project = await onlyProject(core);
      disk.fill(3_000_000);
      await core.startJob('tiles', 'extract', { project, settings: { sizePx: 128, mpp: 1 } });
      const jobs = app.page.getByRole('contentinfo', { name: 'Jobs' });
      await expect(jobs).toContainText('failed');
      await app.page.keyboard.press('Control+j');
      await expect(jobs).toContainText(/disk.* full|no space/i);
      expect(await core.slides.list({ project })).toHaveLength(6);
      expect(await core.tiles.current({ project })).toBeNull();
      await app.close();
    } finally {
      disk.unmount();
    }
  });
});
