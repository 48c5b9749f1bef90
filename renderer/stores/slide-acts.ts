/** What a person does with slides: add, name, group, set the scale, link anew, remove. Each can be undone. */
import { defineStore } from 'pinia';
import { useI18n } from 'vue-i18n';
import { useCore } from './core.ts';
import { desktopShell } from '../client/shell.ts';
import { openFileBrowser, type ChosenFile } from './file-browser.ts';
import { useJobs } from './jobs.ts';
import { useNotices } from './notices.ts';
import { useProject } from './project.ts';
import { useSlides } from './slides.ts';

export const useSlideActs = defineStore('slideActs', () => {
  const core = useCore();
  const project = useProject();
  const notices = useNotices();
  const jobs = useJobs();
  const slides = useSlides();
  const { t } = useI18n();

  const undo = (): { label: string; run: () => void } => ({
    label: t('common.undo'),
    run: () => void notices.attempt(() => project.undo()),
  });

  async function add(): Promise<void> {
    const chosen = await openFileBrowser({
      mode: 'files',
      kinds: ['slide', 'image'],
      isMultiple: true,
      title: t('slides.add'),
    });
    await addChosen(chosen ?? []);
  }

  /** False in a browser, which does not tell where a dropped file lies. */
  async function addDropped(files: readonly File[]): Promise<boolean> {
    const shell = desktopShell();
    if (shell === null) return false;
    await addChosen((await notices.attempt(() => shell.allowDropped(files))) ?? []);
    return true;
  }

  async function addChosen(chosen: readonly ChosenFile[]): Promise<void> {
    if (chosen.length === 0) return;
    await jobs.start('slides', 'add', {
      project: project.required(),
      slides: chosen.map(({ reference }) => ({ file: reference })),
    });
  }

  async function update(
    ids: readonly string[],
    change: { readonly name?: string; readonly specimen?: string; readonly patient?: string },
  ): Promise<void> {
    await notices.attempt(async () => {
      for (const slide of ids) await core.services().slides.update({ project: project.required(), slide, ...change });
    });
  }

  async function setMpp(slide: string, mpp: number): Promise<boolean> {
    const done = await notices.attempt(() =>
      core.services().slides.setMpp({ project: project.required(), slide, mpp }),
    );
    if (done !== undefined) notices.done(t('slides.mpp.done', { name: slides.nameOf(slide) }), undo());
    return done !== undefined;
  }

  async function remove(ids: readonly string[]): Promise<void> {
    const gone = await notices.attempt(() =>
      core.services().slides.remove({ project: project.required(), slides: [...ids] }),
    );
    if (gone === undefined) return;
    notices.done(t('slides.removed', { slides: gone.removed, regions: gone.regions, labels: gone.labels }), undo());
  }

  async function relink(slide: string): Promise<void> {
    const chosen = await openFileBrowser({
      mode: 'files',
      kinds: ['slide', 'image'],
      isMultiple: false,
      title: t('slides.relinkTitle', { name: slides.nameOf(slide) }),
    });
    const file = chosen?.[0]?.reference;
    if (file === undefined) return;
    await notices.attempt(() => core.services().slides.relink({ project: project.required(), slide, file }));
  }

  /** A job: a drive full of slides takes minutes, and other pages may go on meanwhile. */
  async function findMoved(): Promise<void> {
    const chosen = await openFileBrowser({
      mode: 'folder',
      title: t('slides.findMovedTitle'),
    });
    const directory = chosen?.[0]?.reference;
    if (directory === undefined) return;
    await jobs.start('slides', 'findMoved', { project: project.required(), directory });
  }
  jobs.onEnded(({ service, call, status, result, project: of }) => {
    if (service !== 'slides' || call !== 'findMoved' || status !== 'finished' || of !== project.id) return;
    const { relinked, notFound } = result as { relinked: readonly object[]; notFound: readonly object[] };
    notices.done(
      t('slides.foundMoved', { found: relinked.length, missing: notFound.length }),
      relinked.length > 0 ? undo() : null,
    );
  });

  return { add, findMoved, addDropped, update, setMpp, remove, relink };
});
