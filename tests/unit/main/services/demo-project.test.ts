/** What a project without anything says is missing first, and the demo's project while it is made: offered to nobody, closed again when it was stopped, kept when it is done. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCore } from '#main/services/core.ts';

let folder: string;
let core: ReturnType<typeof createCore>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trefoil-demo-'));
  core = createCore({ workers: 1, configurationFolder: join(folder, 'configuration') });
});
afterEach(async () => {
  await core.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a demo that is stopped was offered to no page, is closed again, and is not among the recent projects', async () => {
  const stop = new AbortController();
  const seen: number[] = [];
  const run = core.demo.run(
    { out: join(folder, 'Trefoil demo') },
    {
      signal: stop.signal,
      onProgress: () => {
        void core.projects.list({}).then((list) => seen.push(list.length));
        stop.abort();
      },
    },
  );
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.every((count) => count === 0)).toBe(true);
  expect(await core.projects.list({})).toEqual([]);
  expect(await core.app.recentProjects({})).toEqual([]);
  const project = join(folder, 'Trefoil demo', 'Osteosarcoma demo');
  expect(existsSync(join(project, 'project.sqlite'))).toBe(true);
  expect((await core.projects.open({ directory: project })).name).toBe('Osteosarcoma demo');
});

test('a project without slides is told to add slides before tiles are made', async () => {
  const { project } = await core.projects.create({ directory: join(folder, 'empty') });
  expect(await core.classifier.state({ project })).toMatchObject({ canTrain: false, reason: 'Add slides first.' });
  const file = join(import.meta.dirname, '../../../../resources/demo/CMU-1-Small-Region.svs');
  await core.slides.add({ project, slides: [{ file }] });
  expect(await core.classifier.state({ project })).toMatchObject({ canTrain: false, reason: 'Make tiles first.' });
});

test('a demo project that a person has open stays open when a demo in it is stopped', async () => {
  const stop = new AbortController();
  stop.abort();
  const directory = join(folder, 'Trefoil demo', 'Osteosarcoma demo');
  const { project } = await core.projects.create({ directory });
  const run = core.demo.run({ out: join(folder, 'Trefoil demo') }, { signal: stop.signal });
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
  expect((await core.projects.list({})).map((each) => each.project)).toEqual([project]);
});
