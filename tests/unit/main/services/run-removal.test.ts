/** A run is deleted with all that stands on it, only when that was said, and nothing else goes with it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

let generated: GeneratedProject;
let core: GeneratedProject['core'];
let project: string;
const inProject = (...parts: string[]): string => join(generated.folder, 'project', ...parts);
const run = 'run-planted';

beforeEach(async () => {
  generated = await generateProject();
  ({ core, project } = generated);
  await plantRun(generated);
  mkdirSync(inProject('runs', run, 'checkpoints'), { recursive: true });
  writeFileSync(inProject('runs', run, 'checkpoints', 'epoch-1.safetensors'), 'x'.repeat(1000));
});
afterEach(async () => generated.close());

test('a run that no classifier stands on goes with its folder and its features', async () => {
  const before = await core.runs.removal({ project, run });
  expect(before).toMatchObject({ classifiers: 0, mappedSlides: 0, isInUse: false });
  expect(before.byteLength).toBeGreaterThan(1000);
  const features = readdirSync(inProject('embeddings')).length;
  expect(await core.runs.remove({ project, run })).toEqual(before);
  expect(await core.runs.list({ project })).toEqual([]);
  expect(existsSync(inProject('runs', run))).toBe(false);
  expect(readdirSync(inProject('embeddings')).length).toBe(features - 1);
  await expect(core.runs.remove({ project, run })).rejects.toMatchObject({ code: 'no-run' });
});

test('the run behind the current classifier is refused with what would be lost, and goes once that is confirmed', async () => {
  await labelHalves(generated);
  const { evaluation } = await core.classifier.refresh({ project });
  const events: unknown[] = [];
  core.openProjects.subscribe((event) => events.push(event));
  await expect(core.runs.remove({ project, run })).rejects.toMatchObject({
    code: 'not-allowed',
    message: expect.stringContaining('1 classifier, the maps of 3 slides'),
  });
  expect(await core.runs.list({ project })).toHaveLength(1);
  const lost = await core.runs.remove({ project, run, confirmed: true });
  expect(lost).toMatchObject({ classifiers: 1, mappedSlides: 3, isInUse: true });
  expect(await core.classifier.list({ project })).toEqual([]);
  expect(await core.maps.layers({ project })).toBeNull();
  expect(readdirSync(inProject('classifiers')).filter((name) => name.includes(evaluation.classifier))).toEqual([]);
  expect((await core.labels.counts({ project })).reduce((sum, { labels }) => sum + labels, 0)).toBeGreaterThan(0);
  expect(await core.tiles.current({ project })).not.toBeNull();
  expect(events).toContainEqual({ type: 'project-changed', project, kinds: ['runs', 'classifiers', 'maps'] });
});

test('no run is deleted while a job works in the project', async () => {
  const release = core.openProjects.hold(project, 'Making maps');
  await expect(core.runs.remove({ project, run })).rejects.toMatchObject({
    code: 'project-busy',
    message: expect.stringContaining('Making maps'),
  });
  release();
  await core.runs.remove({ project, run });
  expect(await core.runs.list({ project })).toEqual([]);
});

test('a damaged project cannot name a folder outside of it for deletion', async () => {
  const outside = join(generated.folder, 'outside');
  mkdirSync(outside);
  const { database } = core.openProjects.get(project);
  database.prepare('UPDATE runs SET id = ?').run('../../outside');
  await core.runs.remove({ project, run: '../../outside' });
  expect(existsSync(outside)).toBe(true);
  expect(existsSync(inProject('runs', run))).toBe(true);
});
