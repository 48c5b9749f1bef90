/** What a person does with slides: add, name, group, set the scale, link anew, remove. Each can be undone. */
import { defineStore } from 'pinia';
import { useI18n } from 'vue-i18n';
import type { Refused } from '#common/contract/slides.ts';
import { TrefoilError } from '#common/errors.ts';
import { formatCount } from '../ui/formats.ts';
import { useCounts } from '../ui/useCounts.ts';
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
  const { t, locale } = useI18n();
  const counted = useCounts();

  const undo = (): { label: string; run: () => void } => ({
    label: t('common.undo'),
    run: () => void notices.attempt(() => project.undo()),
  });

  jobs.onEnded((job) => {
    if (job.service !== 'slides' || job.call !== 'add' || job.project !== project.id) return;
    if (job.status === 'failed' && job.error !== null) notices.failed(TrefoilError.fromReport(job.error));
    const refused = (job.result as { readonly refused?: readonly Refused[] } | null)?.refused ?? [];
    if (refused.length > 0) {
      notices.refused(
        t('slides.refused', { count: formatCount(refused.length, locale.value) }, refused.length),
        refused,
      );
    }
  });

  /** `note` is said above the list of files. */
  async function add(note = ''): Promise<void> {
    const chosen = await openFileBrowser({
      mode: 'files',
      kinds: ['slide', 'image'],
      isMultiple: true,
      title: t('slides.add'),
      note,
    });
    await addChosen(chosen ?? []);
  }

  /** A browser gives contents and no place, and slides are too large to copy: there the person chooses them once more. */
  async function addDropped(files: readonly File[]): Promise<void> {
    const shell = desktopShell();
    if (shell === null) await add(t('slides.dropped'));
    else await addChosen((await notices.attempt(() => shell.allowDropped(files))) ?? []);
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
    await notices.attempt(() =>
      core.services().slides.update({ project: project.required(), slides: [...ids], ...change }),
    );
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
    const text = t('slides.removed', {
      slides: counted('slides', gone.removed),
      regions: counted('regions', gone.regions),
      labels: counted('labels', gone.labels),
    });
    notices.done(text, undo());
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

  /** Without label and macro, and without names in its texts: what is handed on should not say whose slide it is. */
  async function copyWithoutLabel(slide: string): Promise<void> {
    const name = slides.nameOf(slide);
    const chosen = await openFileBrowser({
      mode: 'new',
      suggestedName: t('slides.copy.name', { name }),
      title: t('slides.copy.title', { name }),
    });
    const out = chosen?.[0]?.reference;
    if (out === undefined) return;
    const copy = await notices.attempt(() =>
      core
        .services()
        .slides.copyWithoutLabel({ source: { project: project.required(), slide }, out, macro: true, text: true }),
    );
    if (copy !== undefined) notices.done(t('slides.copy.done', { name: copy.name, images: copy.removed.join(', ') }));
  }

  return { add, findMoved, addDropped, update, setMpp, remove, relink, copyWithoutLabel };
});
