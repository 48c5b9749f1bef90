/** Slides and regions as the page edits them, on a generated project; every change undone again. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
let slide: string;

beforeAll(async () => {
  generated = await generateProject();
  ({ project, core } = generated);
  slide = generated.slides[0]!;
});
afterAll(async () => generated.close());

const square: [number, number][] = [
  [0, 0],
  [64, 0],
  [64, 64],
  [0, 64],
];

describe('regions', () => {
  it('are drawn, renamed, turned to exclude and removed, each step undone by itself', async () => {
    const drawn = await core.regions.create({ project, slide, polygons: [[square]] });
    expect(drawn).toMatchObject({ name: 'Region 1', kind: 'include', areaPx: 4096, areaMm2: 4096e-6 });
    const { region } = drawn;
    await core.regions.update({ project, region, name: 'Rand', kind: 'exclude' });
    await core.regions.update({ project, region, name: 'Rand' });
    expect(await core.regions.remove({ project, regions: [region, region] })).toEqual({ removed: 1 });
    expect(await core.regions.outlines({ project, slide })).toEqual([]);
    await core.projects.undo({ project });
    expect(await core.regions.outlines({ project, slide })).toMatchObject([{ name: 'Rand', kind: 'exclude' }]);
    await core.projects.undo({ project });
    expect(await core.regions.outlines({ project, slide })).toEqual([drawn]);
    await core.projects.undo({ project });
    expect(await core.regions.list({ project })).toEqual([]);
  });

  it.each([
    [
      'no area',
      [
        [
          [0, 0],
          [10, 0],
          [20, 0],
        ],
      ],
    ],
    [
      'a place beside the slide',
      [
        [
          [900, 900],
          [990, 900],
          [990, 990],
        ],
      ],
    ],
    [
      'two corners',
      [
        [
          [0, 0],
          [10, 0],
        ],
      ],
    ],
  ])('with %s are refused', async (_, polygon) => {
    const polygons = [polygon as [number, number][][]];
    await expect(core.regions.create({ project, slide, polygons })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('of an unknown id are named as gone', async () => {
    await expect(core.regions.update({ project, region: 'x', name: 'y' })).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('slides', () => {
  it('are removed with regions and labels and come back whole', async () => {
    await core.regions.create({ project, slide, polygons: [[square]] });
    const { class: tumour } = (await core.labels.addClass({ project, name: 'Tumour' })) as { class: string };
    await core.labels.set({ project, tiles: [0, 1], class: tumour });
    const before = await core.slides.facts({ project });
    expect(before[0]).toMatchObject({ state: 'ready', regions: 1, labels: 2, tiles: { kept: 32 } });
    expect(await core.slides.remove({ project, slides: [slide] })).toEqual({ removed: 1, regions: 1, labels: 2 });
    expect((await core.slides.list({ project })).map((item) => item.slide)).not.toContain(slide);
    await core.projects.undo({ project });
    expect(await core.slides.facts({ project })).toEqual(before);
  });

  it('whose file moved are listed as missing, and found again only with the same file', async () => {
    const [from, to] = [join(generated.folder, 'slide 1.png'), join(generated.folder, 'umgezogen.png')];
    renameSync(from, to);
    expect((await core.slides.facts({ project }))[0]).toMatchObject({
      state: 'missing',
      error: { code: 'file-not-found', hint: expect.stringContaining('where it is now') },
    });
    const other = join(generated.folder, 'slide 2.png');
    await expect(core.slides.relink({ project, slide, file: other })).rejects.toMatchObject({ code: 'file-changed' });
    await core.slides.relink({ project, slide, file: to });
    expect((await core.slides.facts({ project }))[0]).toMatchObject({ state: 'ready', error: null });
  });

  it('whose file is another now are listed as changed', async () => {
    const path = join(generated.folder, 'slide 3.png');
    writeFileSync(path, 'not a slide any more');
    expect((await core.slides.facts({ project }))[2]).toMatchObject({
      state: 'changed',
      error: { code: 'file-changed' },
    });
    rmSync(path);
  });

  it('are renamed, and a name that is so already makes no undo step', async () => {
    await core.slides.update({ project, slides: [slide], name: 'Präparat A' });
    const steps = (await core.projects.history({ project })).length;
    await core.slides.update({ project, slides: [slide], name: 'Präparat A' });
    expect((await core.projects.history({ project })).length).toBe(steps);
    expect((await core.slides.list({ project }))[0]).toMatchObject({ name: 'Präparat A' });
  });

  it('get their patient all at once, in one step that is undone at once', async () => {
    const patients = async (): Promise<string[]> => (await core.slides.list({ project })).map(({ patient }) => patient);
    const before = await patients();
    const steps = (await core.projects.history({ project })).length;
    const answer = await core.slides.update({ project, slides: [...generated.slides, slide], patient: 'Müller' });
    expect(answer.map(({ patient }) => patient)).toEqual(['Müller', 'Müller', 'Müller']);
    const history = await core.projects.history({ project });
    expect(history.length).toBe(steps + 1);
    expect(history.at(-1)).toMatchObject({ what: 'Set specimen and patient (3 slides)', changeCount: 3 });
    await core.projects.undo({ project });
    expect(await patients()).toEqual(before);
  });

  it('are changed all or none: an unknown one leaves the others as they were', async () => {
    const before = await core.slides.list({ project });
    await expect(core.slides.update({ project, slides: [slide, 'unknown'], patient: 'Nobody' })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await core.slides.list({ project })).toEqual(before);
  });
});

describe('the description of a slide', () => {
  it('says what of its values is shown as black and as white, also once it is in the project', async () => {
    const file = join(generated.folder, 'deep.tiff');
    const samples = Uint16Array.from({ length: 64 * 64 }, (_, i) => (i % 2 === 0 ? 100 : 4000));
    const picture = sharp(samples, { raw: { width: 64, height: 64, channels: 1 } });
    await picture.toColourspace('grey16').tiff({ compression: 'none' }).toFile(file);
    const note = 'Sample values 100 to 4000 are shown as black to white.';
    expect((await core.slides.info({ file })).notes).toEqual([note]);
    const { added } = await core.slides.add({ project, slides: [{ file }], mpp: 1 });
    expect(added[0]?.notes).toEqual([note]);
    await core.projects.undo({ project });
  });
});
