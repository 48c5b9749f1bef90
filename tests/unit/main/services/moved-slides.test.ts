/** Slides found again after a move: by fingerprint, all in one step, whatever else lies in the folder. */
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findMovedSlides } from '#main/services/moved-slides.ts';
import { generateProject, type GeneratedProject } from '#tests/support/generated-project.ts';

let generated: GeneratedProject;
let project: string;
let core: GeneratedProject['core'];
let archive: string;
const old = (name: string): string => join(generated.folder, name);

beforeEach(async () => {
  generated = await generateProject(3);
  ({ project, core } = generated);
  archive = join(generated.folder, 'Archiv', 'Jahr 2026', '切片');
  mkdirSync(archive, { recursive: true });
});
afterEach(() => generated.close());

const states = async (): Promise<string[]> => (await core.slides.facts({ project })).map(({ state }) => state);

describe('moved slides', () => {
  it('are found below a folder, renamed ones too, and linked in one step that can be undone', async () => {
    renameSync(old('slide 1.png'), join(archive, 'slide 1.png'));
    renameSync(old('slide 2.png'), join(archive, 'Präparat zwei.PNG'));
    // Of the right name and ending, but another picture.
    writeFileSync(join(generated.folder, 'Archiv', 'slide 1.png'), 'no picture');
    const steps = (await core.projects.history({ project })).length;
    const found = await core.slides.findMoved({ project, directory: join(generated.folder, 'Archiv') });
    expect(found).toMatchObject({
      relinked: [{ location: join(archive, 'slide 1.png') }, { location: join(archive, 'Präparat zwei.PNG') }],
      notFound: [],
      files: 3,
      isComplete: true,
    });
    expect(await states()).toEqual(['ready', 'ready', 'ready']);
    expect((await core.projects.history({ project })).length).toBe(steps + 1);
    await core.projects.undo({ project });
    expect(await states()).toEqual(['missing', 'missing', 'ready']);
  });

  it('that are nowhere are named, and nothing becomes an undo step', async () => {
    rmSync(old('slide 3.png'));
    const steps = (await core.projects.history({ project })).length;
    const found = await core.slides.findMoved({ project, directory: generated.folder });
    expect(found).toMatchObject({ relinked: [], notFound: [{ slide: generated.slides[2] }] });
    expect((await core.projects.history({ project })).length).toBe(steps);
  });

  it('whose place another file took are found too; the other slides work all the time', async () => {
    renameSync(old('slide 2.png'), join(archive, 'slide 2.png'));
    writeFileSync(old('slide 2.png'), 'not that slide');
    expect(await states()).toEqual(['ready', 'changed', 'ready']);
    const first = await core.slideImages.thumbnail(project, generated.slides[0]!, 64);
    expect(first.bytes.length).toBeGreaterThan(100);
    const second = core.slideImages.thumbnail(project, generated.slides[1]!, 64);
    await expect(second).rejects.toMatchObject({ code: 'file-changed' });
    await core.slides.findMoved({ project, directory: archive });
    expect(await states()).toEqual(['ready', 'ready', 'ready']);
    expect((await core.slideImages.thumbnail(project, generated.slides[1]!, 64)).bytes.length).toBeGreaterThan(100);
  });

  it('are found past circles of links, pipes and folders that may not be read', async () => {
    renameSync(old('slide 1.png'), join(archive, 'slide 1.png'));
    symlinkSync(generated.folder, join(archive, 'back to the top'));
    mkdirSync(join(archive, 'locked'));
    chmodSync(join(archive, 'locked'), 0o000);
    const found = await core.slides.findMoved({ project, directory: generated.folder });
    expect(found.relinked).toHaveLength(1);
    // Root may read what nobody may.
    expect(found.unreadableFolders).toBe(process.getuid?.() === 0 ? 0 : 1);
  });

  it('are looked for within bounds, and the answer says when there was more', async () => {
    renameSync(old('slide 1.png'), join(archive, 'slide 1.png'));
    const open = core.openProjects.get(project);
    const shallow = await findMovedSlides(open, generated.folder, {}, { entries: 1000, candidates: 100, depth: 1 });
    expect(shallow).toMatchObject({ relinked: [], isComplete: false });
    const few = await findMovedSlides(open, generated.folder, {}, { entries: 2, candidates: 100, depth: 9 });
    expect(few.isComplete).toBe(false);
  });

  it('stop being looked for at once when a person gives up, and nothing is linked', async () => {
    renameSync(old('slide 1.png'), join(archive, 'slide 1.png'));
    for (let copy = 0; copy < 20; copy += 1) copyFileSync(old('slide 2.png'), join(archive, `copy ${copy}.png`));
    const giveUp = new AbortController();
    const search = core.slides.findMoved(
      { project, directory: archive },
      { signal: giveUp.signal, onProgress: ({ done }) => void (done > 0 && giveUp.abort()) },
    );
    // The slide of that name is looked at first; the step is written only at the end.
    renameSync(join(archive, 'slide 1.png'), join(archive, 'zz.png'));
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    expect(await states()).toEqual(['missing', 'ready', 'ready']);
  });

  it('a folder that is not there is told, without harm', async () => {
    rmSync(old('slide 1.png'));
    const search = core.slides.findMoved({ project, directory: join(generated.folder, 'nowhere') });
    await expect(search).rejects.toMatchObject({ code: 'file-not-found' });
  });
});
