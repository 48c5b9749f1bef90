/**
 * Slides: reads what a file says, adds files to a project, keeps what a person says about them (mpp, specimen, patient).
 * Files stay where they are; the project keeps a relative path and a fingerprint.
 */
import { statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { slidesCalls, type ProjectSlide, type Refused, type SlideDescription } from '#common/contract/slides.ts';
import { counted } from '#common/counted.ts';
import type { SlideId } from '#common/domain/identifiers.ts';
import type { SlideInfo, SlideMpp } from '#common/domain/slide.ts';
import { throwIfCancelled, TrefoilError, type ErrorReport } from '#common/errors.ts';
import { openSlide } from '../slides/open-slide.ts';
import { slideFingerprint } from '../slides/slide-fingerprint.ts';
import type { SlideReader } from '../slides/slide-reader.ts';
import type { RowChange } from '../store/command-log.ts';
import { findSlide, listSlides, toRow, type SlideRow } from '../store/slide-rows.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import { refusalOf } from './refusal.ts';
import { slideFacts } from './slide-facts.ts';
import { removeSlides } from './slide-removal.ts';

export function createSlidesService(projects: OpenProjects): ClientOf<typeof slidesCalls> {
  return implementService('slides', slidesCalls, {
    info: async ({ file }) => {
      await using reader = await openSlide(resolve(file));
      return describeSlide(reader.info);
    },

    add: async ({ project, slides, mpp }, context) => {
      const target = projects.get(project);
      const present = listSlides(target.database);
      const byFingerprint = new Map(present.map((slide) => [slide.fingerprint, slide]));
      const added: SlideRow[] = [];
      const alreadyThere: string[] = [];
      const refused: Refused[] = [];
      for (const [index, item] of slides.entries()) {
        throwIfCancelled(context.signal);
        const path = resolve(item.file);
        const name = basename(path);
        context.onProgress?.({ stage: 'Adding slides', done: index, total: slides.length, note: name });
        const read = await readSlide(path);
        if ('error' in read) {
          refused.push({ name, error: read.error });
          continue;
        }
        const { info, fingerprint } = read;
        const same = byFingerprint.get(fingerprint);
        if (same !== undefined) {
          alreadyThere.push(same.id);
          continue;
        }
        const own = withoutExtension(name);
        const row: SlideRow = {
          id: newId('slide') as SlideId,
          position: (present.at(-1)?.position ?? -1) + 1 + added.length,
          name,
          path: relative(target.directory, path).split(sep).join('/'),
          fingerprint,
          specimen: item.specimen ?? own,
          patient: item.patient ?? item.specimen ?? own,
          mppByHand: info.mpp.source === 'missing' ? (mpp ?? null) : null,
          info,
        };
        byFingerprint.set(fingerprint, row);
        added.push(row);
      }
      context.onProgress?.({ stage: 'Adding slides', done: slides.length, total: slides.length });
      target.change(
        `Add ${added.length === 1 ? (added[0]?.name ?? '') : counted(added.length, 'slide')}`,
        'person',
        added.map((slide) => ({ table: 'slides', id: slide.id, before: null, after: toRow(slide) })),
      );
      return { added: added.map(describeProjectSlide), alreadyThere, refused };
    },

    list: async ({ project }) => listSlides(projects.get(project).database).map(describeProjectSlide),

    setMpp: async ({ project, slide, mpp }) =>
      edit(projects.get(project), slide, `Set mpp to ${mpp} by hand`, (row) => ({ ...row, mppByHand: mpp })),

    setGroups: async ({ project, slide, specimen, patient }) =>
      edit(projects.get(project), slide, 'Set specimen and patient', (row) => ({
        ...row,
        specimen: specimen ?? row.specimen,
        patient: patient ?? row.patient,
      })),

    update: async ({ project, slides, name, specimen, patient }) => {
      const target = projects.get(project);
      const rows = [...new Set(slides)].map((slide) => findSlide(target.database, slide));
      const what = name === undefined ? 'Set specimen and patient' : 'Rename slide';
      return editAll(target, rows, what, (row) => ({
        ...row,
        name: name ?? row.name,
        specimen: specimen ?? row.specimen,
        patient: patient ?? row.patient,
      })).map(describeProjectSlide);
    },

    remove: async ({ project, slides }) => removeSlides(projects.get(project), [...new Set(slides)]),

    relink: async ({ project, slide, file }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const row = findSlide(target.database, slide);
      if ((await slideFingerprint(path)) !== row.fingerprint) {
        throw new TrefoilError(
          'file-changed',
          `${basename(path)} is not the file that was added as ${row.name}.`,
          'Choose the same file at its new place, or add this one as a new slide.',
          { slide },
        );
      }
      const moved = relative(target.directory, path).split(sep).join('/');
      return edit(target, slide, 'Link moved file', (before) => ({ ...before, path: moved }));
    },

    facts: async ({ project }, context) => slideFacts(projects.get(project), context.signal),
  });
}

/** Info with the pixel size a person set laid over what the file says. */
export function slideInfoOf(slide: SlideRow): SlideInfo {
  if (slide.mppByHand === null) return slide.info;
  const mpp: SlideMpp = { source: 'by-hand', x: slide.mppByHand, y: slide.mppByHand };
  return { ...slide.info, mpp };
}

/** Absolute path of a slide's file; typed error when it is gone or another file is there now. */
export function slidePathOf(project: OpenProject, slide: SlideRow): string {
  const path = join(project.directory, slide.path);
  try {
    statSync(path);
    return path;
  } catch (error) {
    throw new TrefoilError(
      'file-not-found',
      `The slide ${slide.name} is no longer at ${path}.`,
      'Put the file back, or move it together with the project folder so that the relative path stays the same.',
      { slide: slide.id },
      error,
    );
  }
}

/** Opens a project's slide with its hand-set mpp and checks that it is still the same file. */
export async function openProjectSlide(project: OpenProject, slide: SlideRow): Promise<SlideReader> {
  const path = slidePathOf(project, slide);
  if ((await slideFingerprint(path)) !== slide.fingerprint) {
    throw new TrefoilError(
      'file-changed',
      `The file of slide ${slide.name} is not the one that was added to the project.`,
      'Put the original file back, or add this file as a new slide.',
      { slide: slide.id },
    );
  }
  return openSlide(path);
}

/** A file that cannot be read says why instead: it must not keep the others out. */
async function readSlide(
  path: string,
): Promise<{ readonly info: SlideInfo; readonly fingerprint: string } | { readonly error: ErrorReport }> {
  try {
    await using reader = await openSlide(path);
    return { info: reader.info, fingerprint: await slideFingerprint(path) };
  } catch (error) {
    return { error: refusalOf(error) };
  }
}

function edit(project: OpenProject, id: string, what: string, update: (row: SlideRow) => SlideRow): ProjectSlide {
  const row = findSlide(project.database, id);
  editAll(project, [row], what, update);
  return describeProjectSlide(update(row));
}

/** One command for all of them. Saying what is already so is no change, and must not become an undo step that does nothing. */
function editAll(
  project: OpenProject,
  rows: readonly SlideRow[],
  what: string,
  update: (row: SlideRow) => SlideRow,
): SlideRow[] {
  const edited = rows.map((before) => ({ before, after: update(before) }));
  const changes = edited
    .map(({ before, after }): RowChange => ({
      table: 'slides',
      id: before.id,
      before: toRow(before),
      after: toRow(after),
    }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
  const of =
    changes.length === 1 ? (rows.find(({ id }) => id === changes[0]?.id)?.name ?? '') : `${changes.length} slides`;
  project.change(`${what} (${of})`, 'person', changes);
  return edited.map(({ after }) => after);
}

function describeProjectSlide(slide: SlideRow): ProjectSlide {
  return {
    slide: slide.id,
    name: slide.name,
    specimen: slide.specimen,
    patient: slide.patient,
    ...describeSlide(slideInfoOf(slide)),
  };
}

function describeSlide(info: SlideInfo): SlideDescription {
  return {
    width: info.width,
    height: info.height,
    levels: info.levels.map(({ width, height, downsample }) => ({ width, height, downsample })),
    mpp: info.mpp.source === 'missing' ? null : (info.mpp.x + info.mpp.y) / 2,
    mppSource: info.mpp.source,
    vendor: info.vendor,
    objectivePower: info.objectivePower,
    compression: info.compression,
    associatedImages: info.associatedImages.map(({ name, width, height }) => ({ name, width, height })),
  };
}

function withoutExtension(name: string): string {
  return name.replace(/\.[^.]+$/, '');
}
