/** Classes, labels and the queue through the service, on a generated project; every change undone again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let labels: GeneratedProject['core']['labels'];

beforeAll(async () => {
  generated = await generateProject();
  ({ project } = generated);
  ({ labels } = generated.core);
});
afterAll(async () => generated.close());

const undo = async () => generated.core.projects.undo({ project });
const redo = async () => generated.core.projects.redo({ project });
const classId = async (name: string): Promise<string> =>
  (await labels.classes({ project })).find((item) => item.name === name)!.class;
const labelsOf = async (name: string): Promise<number> =>
  (await labels.classes({ project })).find((item) => item.name === name)?.labels ?? -1;

describe('classes', () => {
  it('get a colour, a letter and a key by position', async () => {
    for (const name of ['Tumour', 'Stroma', 'Necrosis']) await labels.addClass({ project, name });
    const classes = await labels.classes({ project });
    expect(classes.map(({ name, colour, letter, key }) => [name, colour, letter, key])).toEqual([
      ['Tumour', '#0072b2', 'A', '1'],
      ['Stroma', '#e69f00', 'B', '2'],
      ['Necrosis', '#009e73', 'C', '3'],
    ]);
  });

  it('keep a chosen key, and the others get out of its way', async () => {
    await labels.editClass({ project, class: await classId('Necrosis'), key: '1', letter: 'N' });
    const classes = await labels.classes({ project });
    expect(classes.map((item) => item.key)).toEqual([null, '2', '1']);
    expect(classes.map((item) => item.letter)).toEqual(['A', 'B', 'N']);
    await undo();
    expect((await labels.classes({ project })).map((item) => item.key)).toEqual(['1', '2', '3']);
  });

  it.each([
    ['a name that is there, in other case', { name: 'tumour' }, 'already-exists'],
    ['an empty name', { name: '  ' }, 'invalid-input'],
    ['a colour in words', { name: 'X', colour: 'red' }, 'invalid-input'],
    ['the key of undo', { name: 'X', key: 'z' }, 'invalid-input'],
  ])('refuse %s', async (_, wanted, code) => {
    await expect(labels.addClass({ project, ...wanted })).rejects.toMatchObject({ code });
  });

  it('are reordered as a whole, and refuse an order that misses one', async () => {
    const ids = (await labels.classes({ project })).map((item) => item.class);
    const names = (await labels.reorderClasses({ project, classes: ids.toReversed() })).map((item) => item.name);
    expect(names).toEqual(['Necrosis', 'Stroma', 'Tumour']);
    await expect(labels.reorderClasses({ project, classes: ids.slice(1) })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await undo();
  });
});

describe('labels', () => {
  it('are set for many tiles at once and replaced one by one', async () => {
    const [tumour, stroma] = [await classId('Tumour'), await classId('Stroma')];
    expect(await labels.set({ project, tiles: [0, 1, 2, 2], class: tumour })).toMatchObject({ changed: 3 });
    expect(await labels.set({ project, tiles: [2, 4], class: stroma, source: 'suggestion' })).toMatchObject({
      changed: 2,
    });
    const { total, labels: rows } = await labels.list({ project });
    expect(total).toBe(4);
    expect(rows.map((row) => row.tile).sort()).toEqual([0, 1, 2, 4]);
    expect(rows.find((row) => row.tile === 2)).toMatchObject({ class: stroma, source: 'suggestion' });
    expect((await generated.core.projects.history({ project })).at(-1)).toMatchObject({
      what: 'Label 2 tiles Stroma',
      source: 'suggestion',
    });
  });

  it('that say what is so already make no undo step', async () => {
    const before = (await generated.core.projects.history({ project })).length;
    expect(await labels.set({ project, tiles: [0], class: await classId('Tumour') })).toEqual({
      changed: 0,
      command: null,
    });
    expect(await generated.core.projects.history({ project })).toHaveLength(before);
  });

  it('are undone by their command only while it is the last one', async () => {
    const { command } = await labels.set({ project, tiles: [7], class: await classId('Tumour') });
    const later = await labels.set({ project, tiles: [8], class: await classId('Tumour') });
    const { projects } = generated.core;
    expect(await projects.undo({ project, command: command ?? 0 })).toEqual({ what: null });
    expect(await projects.undo({ project, command: later.command ?? 0 })).toEqual({ what: 'Label 1 tile Tumour' });
    expect(await projects.undo({ project, command: command ?? 0 })).toEqual({ what: 'Label 1 tile Tumour' });
    expect(await projects.undo({ project, command: command ?? 0 })).toEqual({ what: null });
  });

  it('give way to unsure, which is no label, and come back on undo', async () => {
    await labels.mark({ project, tiles: [0, 5], mark: 'unsure' });
    expect(await labelsOf('Tumour')).toBe(1);
    expect((await labels.list({ project, kind: 'unsure' })).labels.map((row) => row.tile).sort()).toEqual([0, 5]);
    const { budget } = await labels.overview({ project });
    expect(budget).toMatchObject({ tiles: 96, labelled: 3, unsure: 2, skipped: 0 });
    await undo();
    expect(await labelsOf('Tumour')).toBe(2);
    await redo();
    await labels.set({ project, tiles: [0], class: await classId('Tumour') });
    expect((await labels.list({ project, kind: 'unsure' })).labels.map((row) => row.tile)).toEqual([5]);
    await labels.clear({ project, tiles: [0] });
    expect(await labelsOf('Tumour')).toBe(1);
    await undo();
    expect(await labelsOf('Tumour')).toBe(2);
  });

  it('go with a merged or removed class, and undo brings class and labels back', async () => {
    const [tumour, stroma] = [await classId('Tumour'), await classId('Stroma')];
    const merged = await labels.mergeClasses({ project, from: tumour, into: stroma });
    expect(merged.map(({ name, labels: count }) => [name, count])).toEqual([
      ['Stroma', 4],
      ['Necrosis', 0],
    ]);
    await undo();
    expect([await labelsOf('Tumour'), await labelsOf('Stroma')]).toEqual([2, 2]);
    await labels.removeClass({ project, class: stroma });
    expect((await labels.list({ project })).total).toBe(2);
    await undo();
    expect([await labelsOf('Tumour'), await labelsOf('Stroma')]).toEqual([2, 2]);
    await expect(labels.mergeClasses({ project, from: tumour, into: tumour })).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });

  it.each([
    ['a tile that is not there', { tiles: [96] }, 'not-found'],
    ['tiles of an older set', { tiles: [0], tileSet: 'tiles-of-yesterday' }, 'not-found'],
    ['no tile', { tiles: [] }, 'invalid-input'],
  ])('refuse %s', async (_, wanted, code) => {
    await expect(labels.set({ project, class: await classId('Tumour'), ...wanted })).rejects.toMatchObject({ code });
  });

  it('are counted per class and slide', async () => {
    const { slides, tileSet } = await labels.overview({ project });
    expect(tileSet).toBe(generated.tileSet);
    expect(slides.map((slide) => [slide.tiles, slide.labels])).toEqual([
      [32, [2, 2, 0]],
      [32, [0, 0, 0]],
      [32, [0, 0, 0]],
    ]);
  });
});

describe('the queue', () => {
  it('leaves out what is labelled or put off, says why, and is the same for the same seed', async () => {
    const queue = await labels.queue({ project, size: 10, seed: 3 });
    expect(queue).toMatchObject({ order: 'coverage', features: 'Colour and texture', tileSet: generated.tileSet });
    expect(queue.tiles).toHaveLength(10);
    const tiles = queue.tiles.map((item) => item.tile);
    expect(new Set(tiles).size).toBe(10);
    for (const taken of [0, 1, 2, 4, 5]) expect(tiles).not.toContain(taken);
    for (const item of queue.tiles) expect(item.why).toMatch(/^Looks unlike your labels/);
    expect(await labels.queue({ project, size: 10, seed: 3 })).toEqual(queue);
    expect((await labels.queue({ project, size: 10, seed: 4 })).tiles.map((item) => item.tile)).not.toEqual(tiles);
  });

  it('balances the slides', async () => {
    const { tiles } = await labels.queue({ project, order: 'slide-balance', size: 6 });
    const slides = tiles.map((item) => item.slide);
    expect(slides).not.toContain(generated.slides[0]);
    expect(slides.filter((slide) => slide === generated.slides[1])).toHaveLength(3);
    expect(tiles[0]!.why).toMatch(/slide [23]\.png has no label yet/);
  });

  it('keeps to the slides asked for', async () => {
    const { tiles } = await labels.queue({ project, size: 5, slides: [generated.slides[2]!] });
    expect(new Set(tiles.map((item) => item.slide))).toEqual(new Set([generated.slides[2]]));
  });

  it('says when an order has nothing to go by yet', async () => {
    const queue = await labels.queue({ project, order: 'uncertainty', size: 2 });
    expect(queue.order).toBe('coverage');
    expect(queue.notes.join(' ')).toMatch(/no map yet/);
  });
});
