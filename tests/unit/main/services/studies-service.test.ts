/** Comparisons and simulations stay with the project, say when labels changed since, and go when they are deleted. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRoutes } from '#main/server/routes.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';
import { labelHalves, plantRun } from '#tests/support/planted-run.ts';

let generated: GeneratedProject;
const about = (): { project: string } => ({ project: generated.project });

beforeAll(async () => {
  generated = await generateProject();
  await plantRun(generated);
  await labelHalves(generated);
}, 60_000);
afterAll(() => generated.close());

it('a comparison is found again with the same figures, and its table says the same', async () => {
  const { core } = generated;
  const out = join(generated.folder, 'written');
  const made = await core.classifier.compare({ ...about(), fractions: [0.1], draws: 3, group: 'image', out });
  expect(made).toMatchObject({ slides: 3, groups: 3, folds: 3, draws: 3 });
  const [entry] = await core.studies.list({ ...about(), kind: 'comparison' });
  expect(entry).toMatchObject({ study: made.study, kind: 'comparison', isStale: false, files: ['comparison.csv'] });
  const again = await core.studies.comparison({ ...about(), study: made.study });
  expect(again.result).toEqual({ ...made, files: [] });
  const csv = readFileSync(join(out, 'comparison.csv'), 'utf8').trim().split('\n');
  const { methods, bestBaseline } = made.at[0]!;
  expect(csv).toHaveLength(1 + methods.length);
  const first = csv[1]!.split(',');
  expect(Number(first[5])).toBe(methods[0]!.balancedAccuracy.value);
  expect([first[2], first[10]]).toEqual(['SimTriplet', bestBaseline]);
  // The gain is the difference of the two means, whatever its interval is.
  const baseline = methods.find((method) => method.name === bestBaseline)!;
  expect(Number(first[11])).toBeCloseTo(methods[0]!.balancedAccuracy.value - baseline.balancedAccuracy.value, 10);
  const routes = createRoutes({ core, logDefect: () => undefined });
  const answer = await routes(new Request(`http://x/studies/${generated.project}/${made.study}/comparison.csv`));
  expect(await answer!.text()).toBe(readFileSync(join(out, 'comparison.csv'), 'utf8'));
});

it('a simulation is found again, is old once a label changed, and is gone once deleted', async () => {
  const { core } = generated;
  const made = await core.labels.simulate({ ...about(), budget: 10, seeds: 2, folds: 3, strategies: ['coverage'] });
  expect(made).toMatchObject({ slides: 3, folds: 3, files: [] });
  const [entry] = await core.studies.list({ ...about(), kind: 'simulation' });
  expect(entry).toMatchObject({ study: made.study, isStale: false, files: ['simulation.csv', 'simulation.svg'] });
  const [a] = await core.labels.classes(about());
  await core.labels.set({ ...about(), tiles: [0], class: a!.class });
  expect((await core.studies.simulation({ ...about(), study: made.study })).isStale).toBe(true);
  await expect(core.studies.comparison({ ...about(), study: made.study })).rejects.toMatchObject({ code: 'not-found' });
  await core.studies.remove({ ...about(), study: made.study });
  expect(existsSync(join(generated.folder, 'project', 'studies', made.study))).toBe(false);
  await expect(core.studies.simulation({ ...about(), study: made.study })).rejects.toMatchObject({ code: 'not-found' });
});

it('a damaged study hides no other, and a path is no study', async () => {
  const { core } = generated;
  const before = await core.studies.list(about());
  const folder = join(generated.folder, 'project', 'studies', 'study-broken');
  mkdirSync(folder);
  writeFileSync(join(folder, 'study.json'), '{"kind":"comparison"');
  expect(await core.studies.list(about())).toEqual(before);
  await expect(core.studies.comparison({ ...about(), study: 'study-broken' })).rejects.toMatchObject({
    code: 'file-invalid',
  });
  for (const study of ['..', '../exports', 'study-x/../../..']) {
    await expect(core.studies.remove({ ...about(), study })).rejects.toMatchObject({ code: 'not-found' });
  }
});

it('a comparison never names more labels than there are', async () => {
  const { core } = generated;
  const { at, evaluatedTiles } = await core.classifier.compare({
    ...about(),
    fractions: [1],
    draws: 2,
    group: 'image',
  });
  // Every second of 96 tiles is labelled, and one more by the test above.
  expect([at[0]!.labels, evaluatedTiles]).toEqual([49, 49]);
});

it('networks trained from scratch go on where they were stopped, and are not trained twice', async () => {
  const { core } = generated;
  const ask = { ...about(), fractions: [0.2], draws: 2, group: 'image' as const, supervisedSteps: 10 };
  const seen: number[][] = [];
  const compare = (stopAt = Infinity) => {
    const abort = new AbortController();
    const done: number[] = [];
    seen.push(done);
    return core.classifier.compare(ask, {
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.stage !== 'Training from scratch') return;
        done.push(progress.done);
        if (progress.done >= stopAt) abort.abort();
      },
    });
  };
  await expect(compare(2)).rejects.toMatchObject({ code: 'cancelled' });
  const made = await compare();
  expect(await compare()).toEqual({ ...made, study: expect.any(String) as string });
  // Two draws of three folds; the third time everything is there.
  expect(seen.map((done) => done[0])).toEqual([0, expect.any(Number) as number, undefined]);
  expect(seen[1]![0]).toBeGreaterThanOrEqual(2);
  expect(seen[1]!.at(-1)).toBe(5);
  const method = made.at[0]!.methods.find(({ name }) => name === 'Supervised from scratch (10 steps)')!;
  expect(method).toMatchObject({ isBaseline: true, gain: null, run: '' });
  expect(method.balancedAccuracy.value).toBeGreaterThan(0);
}, 120_000);
