/**
 * Slides: reads what a file says, adds files to a project, keeps what a person says about them (mpp, specimen, patient).
 * Files stay where they are; the project keeps a relative path and a fingerprint.
 */
import { basename, resolve } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { slidesCalls, type ProjectSlide, type Refused, type SlideDescription } from '#common/contract/slides.ts';
import { counted } from '#common/counted.ts';
import type { SlideId } from '#common/domain/identifiers.ts';
import type { MppProvenance } from '#common/domain/mpp-provenance.ts';
import { showsPatientData, type SlideInfo, type SlideMpp } from '#common/domain/slide.ts';
import { throwIfCancelled, TrefoilError, type ErrorReport } from '#common/errors.ts';
import { folderHints } from '#common/slide-names.ts';
import { slideTilePx } from '#common/slide-pyramid.ts';
import { withColourProfile } from '../slides/colour/with-colour-profile.ts';
import { openSlide } from '../slides/open-slide.ts';
import { copyWithoutLabel } from '../slides/private/copy-without-label.ts';
import { slideFingerprint } from '../slides/slide-fingerprint.ts';
import { mppProvenance } from '../slides/slide-mpp.ts';
import type { SlideReader } from '../slides/slide-reader.ts';
import type { RowChange } from '../store/command-log.ts';
import { readProjectSettings } from '../store/project-settings.ts';
import { findSlide, listSlides, toRow, type SlideRow } from '../store/slide-rows.ts';
import { findMovedSlides } from './moved-slides.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import { refusalOf } from './refusal.ts';
import { colourOf, stainsOf } from './slide-colours.ts';
import { slideFacts } from './slide-facts.ts';
import { slideLocation, storedSlidePath } from './slide-path.ts';
import { slideProvenances } from './slide-provenance.ts';
import { removeSlides } from './slide-removal.ts';

export function createSlidesService(projects: OpenProjects): ClientOf<typeof slidesCalls> {
  return implementService('slides', slidesCalls, {
    info: async ({ file }) => {
      await using reader = await openSlide(resolve(file), { drives: projects.drives });
      return describeSlide(reader.info, mppProvenance(reader.info, null));
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
        const read = await readSlide(path, target, context.signal);
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
          path: storedSlidePath(target.directory, path),
          fingerprint,
          specimen: item.specimen ?? own,
          patient: item.patient ?? item.specimen ?? own,
          mppByHand: info.mpp.source === 'missing' ? (mpp ?? null) : null,
          tissue: null,
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
      return { added: describeProjectSlides(target, added), alreadyThere, refused };
    },

    list: async ({ project }) => {
      const target = projects.get(project);
      return describeProjectSlides(target, listSlides(target.database));
    },

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
      const edited = editAll(target, rows, what, (row) => ({
        ...row,
        name: name ?? row.name,
        specimen: specimen ?? row.specimen,
        patient: patient ?? row.patient,
      }));
      return describeProjectSlides(target, edited);
    },

    setTissue: async ({ project, slide, tissue }) =>
      edit(
        projects.get(project),
        slide,
        tissue === null ? 'Find tissue as on all slides' : 'Find tissue its own way',
        (row) => ({
          ...row,
          tissue,
        }),
      ),

    colour: async ({ project, slide }) => colourOf(projects.get(project), slide),

    stain: async ({ project, slide, tissue }, context) => stainsOf(projects.get(project), slide, tissue, context),

    copyWithoutLabel: async ({ source, out, macro, text }, context) => {
      const path =
        'file' in source
          ? resolve(source.file)
          : slidePathOf(projects.get(source.project), findSlide(projects.get(source.project).database, source.slide));
      const target = resolve(out);
      const { removed, ...rest } = await copyWithoutLabel(path, target, { macro, text }, context);
      return { name: basename(target), removed: [...removed], ...rest };
    },

    remove: async ({ project, slides }) => removeSlides(projects.get(project), [...new Set(slides)]),

    relink: async ({ project, slide, file }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const row = findSlide(target.database, slide);
      if ((await slideFingerprint(path, { drives: target.drives })) !== row.fingerprint) {
        throw new TrefoilError(
          'file-changed',
          `${basename(path)} is not the file that was added as ${row.name}.`,
          'Choose the same file at its new place, or add this one as a new slide.',
          { slide },
        );
      }
      const moved = storedSlidePath(target.directory, path);
      return edit(target, slide, 'Link moved file', (before) => ({ ...before, path: moved }));
    },

    findMoved: async ({ project, directory }, context) =>
      findMovedSlides(projects.get(project), resolve(directory), context),

    facts: async ({ project }, context) => slideFacts(projects.get(project), context.signal),
  });
}

/** Info with the pixel size a person set laid over what the file says. */
export function slideInfoOf(slide: SlideRow): SlideInfo {
  if (slide.mppByHand === null) return slide.info;
  const mpp: SlideMpp = { source: 'by-hand', x: slide.mppByHand, y: slide.mppByHand };
  return { ...slide.info, mpp };
}

/** Absolute path of a slide's file, whether it is there or not. */
export function slidePathOf(project: OpenProject, slide: SlideRow): string {
  return slideLocation(project.directory, slide.path);
}

/** Opens a project's slide in the colours the project chose and checks that it is still the same file. */
export async function openProjectSlide(
  project: OpenProject,
  slide: SlideRow,
  signal?: AbortSignal,
): Promise<SlideReader> {
  return withColourProfile(await openStoredSlide(project, slide, signal), readProjectSettings(project.database).colour);
}

/** Changes when a slide's pictures do: another file, other colours. */
export function pictureTagOf(project: OpenProject, slide: SlideRow): string {
  return `${slide.fingerprint.slice(0, 24)}-${readProjectSettings(project.database).colour}`;
}

/** The same in the colours that are stored, whatever the project chose. */
export async function openStoredSlide(
  project: OpenProject,
  slide: SlideRow,
  signal?: AbortSignal,
): Promise<SlideReader> {
  const path = slidePathOf(project, slide);
  if ((await fingerprintOf(project, slide, path, signal)) !== slide.fingerprint) {
    throw new TrefoilError(
      'file-changed',
      `The file of slide ${slide.name} is not the one that was added to the project.`,
      'Put the original file back, or add this file as a new slide.',
      { slide: slide.id },
    );
  }
  return openSlide(path, { drives: project.drives, ...project.slideReading });
}

async function fingerprintOf(
  { drives }: OpenProject,
  slide: SlideRow,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    return await slideFingerprint(path, { drives, signal });
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code !== 'file-not-found') throw error;
    throw new TrefoilError(
      'file-not-found',
      `The slide ${slide.name} is no longer at ${path}.`,
      'Put the file back, or show where it is now: "Find moved slides" on the page, trefoil slides relink --search FOLDER.',
      { slide: slide.id },
      error,
    );
  }
}

async function readInfo(path: string, { drives }: OpenProject): Promise<SlideInfo> {
  await using reader = await openSlide(path, { drives });
  return reader.info;
}

/** A file that cannot be read says why instead: it must not keep the others out. */
async function readSlide(
  path: string,
  project: OpenProject,
  signal: AbortSignal | undefined,
): Promise<{ readonly info: SlideInfo; readonly fingerprint: string } | { readonly error: ErrorReport }> {
  try {
    const info = await readInfo(path, project);
    return { info, fingerprint: await slideFingerprint(path, { drives: project.drives, signal }) };
  } catch (error) {
    return { error: refusalOf(error) };
  }
}

function edit(project: OpenProject, id: string, what: string, update: (row: SlideRow) => SlideRow): ProjectSlide {
  const [described] = describeProjectSlides(project, editAll(project, [findSlide(project.database, id)], what, update));
  return described as ProjectSlide;
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

function describeProjectSlides(project: OpenProject, slides: readonly SlideRow[]): ProjectSlide[] {
  const provenanceOf = slideProvenances(project, slides);
  const hints = folderHints(listSlides(project.database));
  return slides.map((slide) => ({
    ...describeProjectSlide(slide, provenanceOf(slide), hints.get(slide.id) ?? null),
    pictureTag: pictureTagOf(project, slide),
  }));
}

function describeProjectSlide(
  slide: SlideRow,
  provenance: MppProvenance,
  folderHint: string | null,
): Omit<ProjectSlide, 'pictureTag'> {
  return {
    slide: slide.id,
    name: slide.name,
    folderHint,
    specimen: slide.specimen,
    patient: slide.patient,
    tissue: slide.tissue,
    ...describeSlide(slideInfoOf(slide), provenance),
  };
}

function describeSlide(info: SlideInfo, provenance: MppProvenance): SlideDescription {
  return {
    width: info.width,
    height: info.height,
    levels: info.levels.map(({ width, height, downsample }) => ({ width, height, downsample })),
    mpp: info.mpp.source === 'missing' ? null : (info.mpp.x + info.mpp.y) / 2,
    mppSource: info.mpp.source,
    tilePx: slideTilePx(info.levels),
    mppProvenance: {
      ...provenance,
      claims: provenance.claims === null ? null : [...provenance.claims],
      contradictions: [...provenance.contradictions],
    },
    vendor: info.vendor,
    objectivePower: info.objectivePower,
    compression: info.compression,
    associatedImages: info.associatedImages.map(({ name, width, height }) => ({
      name,
      width,
      height,
      isPrivate: showsPatientData(name),
    })),
    colourProfile: info.colourProfile ?? null,
    notes: [...(info.notes ?? [])],
  };
}

function withoutExtension(name: string): string {
  return name.replace(/\.[^.]+$/, '');
}
