/** One of many that cannot be used is named with its reason, and the others are used all the same. */
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalOf } from '#main/services/refusal.ts';
import { TrefoilError, type ErrorCode } from '#common/errors.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
beforeEach(async () => {
  generated = await generateProject();
  ({ project, core } = generated);
});
afterEach(async () => generated.close());

const resources = join(import.meta.dirname, '../../../../resources/demo');
const wholeSlide = join(resources, 'CMU-1-Small-Region.svs');
const inFolder = (name: string): string => join(generated.folder, name);
const settings = {
  sizePx: 32,
  mpp: 1,
  minTissue: 0,
  tissue: { maskMpp: 4, minSpeckUm2: 0, minHoleUm2: 0, minFocus: 0 },
};

describe('adding slides', () => {
  it('adds the good ones and names each of the others with its reason and next step', async () => {
    const whole = readFileSync(wholeSlide);
    writeFileSync(inFolder('cut off.svs'), whole.subarray(0, Math.floor(whole.length / 2)));
    writeFileSync(inFolder('notes.svs'), 'no slide at all');
    copyFileSync(wholeSlide, inFolder('good.svs'));
    const files = ['cut off.svs', 'slide 2.png', 'notes.svs', 'not there.svs', 'good.svs'];
    const steps = (await core.projects.history({ project })).length;
    const answer = await core.slides.add({ project, slides: files.map((name) => ({ file: inFolder(name) })) });
    expect(answer.added.map(({ name }) => name)).toEqual(['good.svs']);
    expect(answer.alreadyThere).toEqual([generated.slides[1]]);
    expect(answer.refused.map(({ name }) => name)).toEqual(['cut off.svs', 'notes.svs', 'not there.svs']);
    for (const { error } of answer.refused) {
      expect(error.code).toMatch(/^file-/);
      expect(error.message).not.toBe('');
      expect(error.hint).not.toBe('');
    }
    expect((await core.projects.history({ project })).length).toBe(steps + 1);
  });

  it('makes no step to undo when every file is refused', async () => {
    const steps = (await core.projects.history({ project })).length;
    const { added, refused } = await core.slides.add({ project, slides: [{ file: inFolder('not there.svs') }] });
    expect([added.length, refused.length]).toEqual([0, 1]);
    expect((await core.projects.history({ project })).length).toBe(steps);
  });
});

describe('cutting tiles', () => {
  async function addUnscaled(): Promise<void> {
    const field = join(resources, 'osteosarcoma', 'Viable___Case-4-C21-25306-21689_120.jpg');
    copyFileSync(field, inFolder('unscaled.jpg'));
    await core.slides.add({ project, slides: [{ file: inFolder('unscaled.jpg') }] });
  }

  it('cuts the others when one slide has no scale and the file of another is gone', async () => {
    await addUnscaled();
    renameSync(inFolder('slide 2.png'), inFolder('moved.png'));
    const made = await core.tiles.extract({ project, settings });
    expect(made.slides.map(({ name, kept }) => [name, kept])).toEqual([
      ['slide 1.png', 32],
      ['slide 3.png', 32],
    ]);
    expect(made.refused.map(({ name, error }) => [name, error.code])).toEqual([
      ['slide 2.png', 'file-not-found'],
      ['unscaled.jpg', 'mpp-missing'],
    ]);
    expect((await core.tiles.current({ project }))?.kept).toBe(64);
  });

  it('goes on over a slide whose pixels cannot be read to the end', async () => {
    const path = inFolder('slide 3.png');
    writeFileSync(path, 'another file now');
    const made = await core.tiles.extract({ project, settings });
    expect(made.slides.map(({ name }) => name)).toEqual(['slide 1.png', 'slide 2.png']);
    expect(made.refused).toMatchObject([{ name: 'slide 3.png', error: { code: 'file-changed' } }]);
  });

  it('leaves the tiles as they are when not one slide can be cut, and says why', async () => {
    for (const number of [1, 2, 3]) renameSync(inFolder(`slide ${number}.png`), inFolder(`moved ${number}.png`));
    await expect(core.tiles.extract({ project, settings })).rejects.toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('None of the 3 slides can be cut.'),
    });
    expect((await core.tiles.current({ project }))?.tileSet).toBe(generated.tileSet);
  });

  it('says what stands in the way when the slides that can be cut have no tile', async () => {
    renameSync(inFolder('slide 1.png'), inFolder('moved.png'));
    const tissue = { ...settings.tissue, method: 'fixed' as const, saturationThreshold: 1 };
    const strict = { ...settings, minTissue: 1, tissue };
    await expect(core.tiles.extract({ project, settings: strict })).rejects.toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('1 slide cannot be cut, and of the others no tile was kept.'),
    });
  });

  it('says to add slides first in a project without any', async () => {
    await core.slides.remove({ project, slides: [...generated.slides] });
    await expect(core.tiles.extract({ project, settings })).rejects.toMatchObject({
      code: 'no-tiles',
      hint: expect.stringContaining('Add slides first'),
    });
  });
});

it.each(['cancelled', 'disk-full', 'out-of-memory'] satisfies ErrorCode[])(
  'what is about the whole job stops it: %s',
  (code) => {
    const error = new TrefoilError(code, 'What happened.', 'What to do.');
    expect(() => refusalOf(error)).toThrow(error);
  },
);
