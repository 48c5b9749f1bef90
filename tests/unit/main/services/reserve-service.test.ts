/** Slides kept for evaluation: never suggested, never trained on, judged on at the end; one step of undo. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantRun } from '#tests/support/planted-run.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];

beforeAll(async () => {
  generated = await generateProject(4);
  ({ project, core } = generated);
  const classes: string[] = [];
  for (const name of ['Left', 'Right']) classes.push((await core.labels.addClass({ project, name })).class);
  for (let slide = 0; slide < 4; slide += 1) {
    for (const [k, first] of [0, 4].entries()) {
      const tiles = [0, 1, 2].map((i) => slide * 32 + first + i);
      await core.labels.set({ project, tiles, class: classes[k]! });
    }
  }
  await plantRun(generated);
});
afterAll(async () => generated.close());

const last = (): string => generated.slides[3]!;

it('is nothing at first, and says so', async () => {
  const { slides, sentence } = await core.reserve.get({ project });
  expect(slides).toEqual([]);
  expect(sentence).toMatch(/^No slide is reserved/);
});

describe('a reserved slide', () => {
  it('is set in one step that undo takes back', async () => {
    const reserve = await core.reserve.set({ project, slides: ['slide 4'] });
    expect(reserve).toEqual({
      slides: [{ slide: last(), name: 'slide 4.png', labels: 6 }],
      perClass: [
        { name: 'Left', reserved: 3, all: 12 },
        { name: 'Right', reserved: 3, all: 12 },
      ],
      sentence: '1 slide is reserved for evaluation, with 6 labels.',
    });
    await core.projects.undo({ project });
    expect((await core.reserve.get({ project })).slides).toEqual([]);
    await core.projects.redo({ project });
    expect((await core.reserve.get({ project })).slides).toHaveLength(1);
  });

  it('is never suggested, whatever the order, and the queue says so', async () => {
    for (const order of ['auto', 'coverage', 'random', 'slide-balance'] as const) {
      const queue = await core.labels.queue({ project, order, size: 500 });
      expect(queue.tiles.length).toBe(3 * 26);
      expect(queue.tiles.filter(({ slide }) => slide === last())).toEqual([]);
      expect(queue.notes).toContain('1 slide is reserved for evaluation and never suggested.');
    }
    expect((await core.labels.queue({ project, slides: [last()] })).tiles).toEqual([]);
  });

  it('is in no fold and no training, and is what the classifier is judged on at the end', async () => {
    const summary = await core.classifier.finetune({ project, group: 'image', baselines: 'ready' });
    expect(summary.trainingLabels).toBe(18);
    expect(summary.evaluatedTiles).toBe(18);
    expect(summary.folds).toBe(3);
    expect(summary.test).toMatchObject({ slides: ['slide 4.png'], tiles: 6 });
    const state = async () => (await core.classifier.state({ project })).isStale;
    expect(await state()).toBe(false);
    await core.reserve.set({ project, slides: [] });
    expect(await state()).toBe(true);
    expect((await core.classifier.finetune({ project, group: 'image', baselines: 'ready' })).test).toBeNull();
    await core.projects.undo({ project });
    const both = await core.classifier.finetune({
      project,
      group: 'image',
      baselines: 'ready',
      testSlides: ['slide 3'],
    });
    expect(both.test?.slides).toEqual(['slide 3.png', 'slide 4.png']);
  });

  it('is no part of a simulation, which would learn from it', async () => {
    const simulated = await core.labels.simulate({
      project,
      run: 'colour',
      strategies: ['random', 'coverage'],
      step: 4,
      budget: 4,
      seeds: 2,
      folds: 3,
    });
    expect(simulated).toMatchObject({ tiles: 18, features: 'Colour and texture' });
  });
});

it.each(['disagreement', 'mix'] as const)('%s asks the fold classifiers of the map one by one', async (order) => {
  await core.classifier.classify({ project });
  const queue = await core.labels.queue({ project, order, size: 10 });
  expect(queue.order).toBe(order);
  expect(queue.tiles).toHaveLength(10);
  expect(queue.notes.filter((note) => note.includes('cannot be asked'))).toEqual([]);
  if (order === 'disagreement') {
    for (const { why } of queue.tiles) expect(why).toMatch(/^The \d fold classifiers disagree by \d\.\d\d: \d /);
  }
});

it('can be drawn, and cannot be every slide', async () => {
  const drawn = await core.reserve.draw({ project, share: 0.25, group: 'image' });
  expect(drawn).toMatchObject({ group: 'image', slides: [{ labels: 6 }] });
  expect(await core.reserve.draw({ project, share: 0.25, group: 'image' })).toEqual(drawn);
  await expect(core.reserve.set({ project, slides: [...generated.slides] })).rejects.toMatchObject({
    code: 'invalid-input',
  });
  await expect(core.reserve.set({ project, slides: ['slide 9'] })).rejects.toMatchObject({ code: 'not-found' });
});
