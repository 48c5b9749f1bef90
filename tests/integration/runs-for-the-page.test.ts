/** A run held, continued, ended and resumed by the page, in a real engine's process, on a generated project. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let runs: GeneratedProject['core']['runs'];

beforeAll(async () => {
  generated = await generateProject();
  ({ project } = generated);
  ({ runs } = generated.core);
});
afterAll(async () => generated.close());

const quick = { recipe: 'quick', batch: 8, epochs: 200 } as const;

/** Starts a run; resolves with its id after the first step. */
async function startRun(seed: number, resume?: string): Promise<{ run: string; ended: Promise<unknown> }> {
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = runs.pretrain(
      { project, ...quick, seed, ...(resume === undefined ? {} : { resume }) },
      { onProgress: ({ stage, done }) => void (stage === 'Pretraining' && done > 0 && resolve()) },
    );
    ended.catch(reject);
  });
  return { run: resume ?? (await runs.states({ project }))[0]!.run, ended };
}

describe('estimates', () => {
  it('say that nothing is known before anything was measured, and then from what', async () => {
    const unknown = await runs.estimate({ project, ...quick });
    expect(unknown).toMatchObject({ triplets: 96, stepsPerEpoch: 12, steps: 2400, seconds: null, source: 'unknown' });
    const measured = await runs.estimate({ project, ...quick, measure: true });
    expect(measured.source).toBe('measured-now');
    expect(measured.seconds).toBeCloseTo((2400 * 8) / measured.tripletsPerSecond!, 6);
    expect(await runs.states({ project })).toEqual([]);
  }, 120_000);

  it('say when the tiles do not fill a batch', async () => {
    expect(await runs.estimate({ project, recipe: 'standard', batch: 128 })).toMatchObject({
      steps: 0,
      source: 'unknown',
      sentence: expect.stringContaining('smaller batch'),
    });
  });
});

describe('a run', () => {
  it('is paused, continued, stopped with a checkpoint, and goes on where it was', async () => {
    const { run, ended } = await startRun(1);
    expect(await runs.pause({ project, run })).toMatchObject({ state: 'paused', canResume: false });
    expect(await runs.continue({ project, run })).toMatchObject({ state: 'running' });
    await expect(runs.pretrain({ project, resume: run })).rejects.toMatchObject({ code: 'project-busy' });
    const stopping = expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    await runs.stop({ project, run });
    await stopping;
    const [state] = await runs.states({ project });
    expect(state).toMatchObject({ state: 'stopped', canResume: true, features: 128, healthyZStd: 1 / 16 });
    expect(state?.engine?.memoryBytes).toBeGreaterThan(0);
    await expect(runs.pause({ project, run })).rejects.toMatchObject({ code: 'invalid-input' });

    const first = await runs.metrics({ project, run });
    const again = await startRun(1, run);
    const stopped = expect(again.ended).rejects.toMatchObject({ code: 'cancelled' });
    await runs.stop({ project, run });
    await stopped;
    const second = await runs.metrics({ project, run });
    expect(second.resumedAt).toHaveLength(1);
    expect(second.steps.loss.slice(0, first.steps.loss.length)).toEqual(first.steps.loss);
    expect(second).toMatchObject({ state: 'stopped', hasMore: false });
  }, 120_000);

  it('is compared with another by what differs', async () => {
    const { run, ended } = await startRun(2);
    const stopped = expect(ended).rejects.toMatchObject({ code: 'cancelled' });
    await runs.stop({ project, run });
    await stopped;
    const all = (await runs.states({ project })).map((state) => state.run);
    const { differences, sentence } = await runs.compare({ project, runs: all });
    expect(differences).toEqual([{ setting: 'seed', values: ['2', '1'] }]);
    expect(sentence).toContain('Too few labels');
    expect((await runs.details({ project, run })).settings).toMatchObject({ batch: 8, epochs: 200, recipe: 'quick' });
  }, 120_000);
});

describe('the recipes', () => {
  it('say whose they are and hold every setting', async () => {
    const recipes = await runs.recipes({});
    expect(recipes.map(({ name, origin }) => [name, origin])).toEqual([
      ['quick', 'trefoil'],
      ['standard', 'trefoil'],
      ['paper', 'published'],
    ]);
    expect(recipes[2]!.settings).toMatchObject({ network: 'resnet50', batch: 128, epochs: 400 });
  });
});
