/** Gathers what a report shows: slides, areas, folds, readings, checksums, map pictures and thumbnails of the slides that can still be read. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import type { MapAreas } from '#common/contract/maps.ts';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { distinctNames } from '#common/slide-names.ts';
import type { StageContext } from '#common/stage.ts';
import type { MethodCard } from '../exports/method-card.ts';
import type { Picture } from '../exports/report/document.ts';
import { unsureBelow, type ReportFold, type ReportInput, type ReportSlide } from '../exports/report/report-input.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import { listSessions } from '../store/reading-rows.ts';
import { listRegions } from '../store/region-rows.ts';
import { readReservedSlides } from '../store/reserved-slides.ts';
import { listSlides, type SlideRow } from '../store/slide-rows.ts';
import { classifierDetails } from './classifier-details.ts';
import type { Classified, ClassifiedSlide } from './classified-slides.ts';
import { areasOfSlide, notesOn, totalOf } from './map-areas.ts';
import type { OpenProject } from './open-projects.ts';
import { agreementOf } from './reading-agreement.ts';
import { describeReserve } from './reserve-service.ts';
import type { SlideMaps } from './slide-maps.ts';
import { tileSetProvenance } from './slide-provenance.ts';
import { openProjectSlide } from './slides-service.ts';
import type { StoredRun } from './stored-runs.ts';
import type { TileLookups } from './tile-lookup.ts';
import { trainingSlides } from './training-reference.ts';

/** Pictures beyond this would make a file no program prints. */
const picturesShown = 60;
const picturePx = 640;

export interface ReportSources {
  readonly project: OpenProject;
  readonly maps: SlideMaps;
  readonly lookups: TileLookups;
  readonly classified: Classified;
  readonly run: StoredRun;
  readonly card: MethodCard;
}

export async function gatherReport(sources: ReportSources, context: StageContext): Promise<ReportInput> {
  const { project, maps, classified, card } = sources;
  const classifier = await maps.require(project.id, classified.classifier.id);
  const slides = await reportSlides(sources);
  const areas = slides.map((slide) => slide.areas);
  const notes = notesOn(areas, 0);
  const rows = new Map(listSlides(project.database).map((row) => [row.id as string, row]));
  const pictures: ReportInput['pictures'][number][] = [];
  for (const { name, slide } of classified.slides.slice(0, picturesShown)) {
    throwIfCancelled(context.signal);
    const row = rows.get(slide.slide);
    if (row === undefined) continue;
    const map = maps.picture(project.id, classifier, slide.slide, picturePx);
    const { picture, caption } = await thumbnailOf(project, row, name, context.signal);
    pictures.push({
      slide: name,
      pictures: [
        ...(picture === null ? [] : [picture]),
        { alternative: `Class map of ${name}`, type: 'image/png', bytes: map, isPixelated: true },
      ],
      caption,
    });
    const total = Math.min(classified.slides.length, picturesShown);
    context.onProgress?.({ stage: 'Drawing the report', done: pictures.length, total, note: name });
  }
  if (slides.length > picturesShown)
    notes.push(`Pictures of the first ${picturesShown} of ${slides.length} slides only.`);
  return {
    project: project.name,
    card,
    classes: classifier.classes,
    slides,
    total: totalOf(areas, classifier),
    folds: await foldsOf(sources),
    reserve: describeReserve(project),
    readings: readingsOf(sources),
    pictures,
    checksums: await checksumsOf(sources),
    notes,
  };
}

async function reportSlides({ project, maps, lookups, classified, card }: ReportSources): Promise<ReportSlide[]> {
  const classifier = await maps.require(project.id, classified.classifier.id);
  const regions = listRegions(project.database);
  const rows = new Map(listSlides(project.database).map((row) => [row.id as string, row]));
  const trained = new Set(await trainingSlides(project, lookups, classified.classifier.id));
  const reserved = readReservedSlides(project.database);
  const tested = new Set(card.evaluation.test?.slides ?? []);
  const distinct = distinctNames([...rows.values()]);
  return classified.slides.flatMap((item): ReportSlide[] => {
    const { name, slide, likeness } = item;
    const row = rows.get(slide.slide);
    if (row === undefined) return [];
    const own = regions.filter((region) => region.slide === slide.slide);
    const areas: MapAreas = areasOfSlide(maps.slideMap(project.id, classifier, slide.slide), classifier, name, 0, own);
    const isTested = tested.has(row.name) || tested.has(distinct.get(row.id) ?? '') || tested.has(row.id);
    const role = isTested
      ? 'final test'
      : reserved.has(row.id)
        ? 'reserved'
        : trained.has(row.id)
          ? 'training'
          : 'mapped';
    return [
      {
        name,
        widthPx: row.info.width,
        heightPx: row.info.height,
        format: [row.info.vendor, row.info.compression].filter((text) => text !== '').join(', '),
        fingerprint: row.fingerprint,
        mpp: tileSetProvenance(slide),
        keptTiles: slide.kept,
        dropped: areas.noTissue.reasons,
        role,
        areas,
        unsureShares: unsureSharesOf(item),
        likeness,
        remarks: [...(row.info.notes ?? []), ...slide.warnings],
      },
    ];
  });
}

function unsureSharesOf({ tiles }: ClassifiedSlide): number[] {
  return unsureBelow.map((limit) => {
    const unsure = tiles.filter(({ probabilities, classIndex }) => (probabilities[classIndex] ?? 0) < limit).length;
    return tiles.length === 0 ? 0 : unsure / tiles.length;
  });
}

/**
 * None for a classifier of an earlier Trefoil, or whose files were damaged. Patients and specimens are numbered and told by their
 * slides: their names do not leave with a report.
 */
async function foldsOf({ project, lookups, classified }: ReportSources): Promise<ReportFold[]> {
  try {
    const { folds, summary } = await classifierDetails(project, lookups, classified.classifier.id);
    const names = distinctNames(listSlides(project.database));
    const numbers = new Map([...new Set(folds.flatMap(({ heldOut }) => heldOut))].map((group, i) => [group, i + 1]));
    return folds.map(({ heldOut, slides, tiles, correct }) => {
      const held = slides.map(({ slide, name }) => names.get(slide as SlideRow['id']) ?? name);
      const groups = heldOut.map((group) => `${summary.groupLevel} ${numbers.get(group) ?? ''}`);
      return {
        heldOut: summary.groupLevel === 'image' ? held : [`${groups.join(', ')}: ${held.join(', ')}`],
        tiles,
        correct,
      };
    });
  } catch (error) {
    if (error instanceof TrefoilError) return [];
    throw error;
  }
}

/** Finished ones that can be compared here. */
function readingsOf({ project, lookups }: ReportSources): { reader: string; sentences: string[] }[] {
  return listSessions(project.database)
    .filter((session) => session.finishedAt !== null)
    .flatMap(({ id, reader }) => {
      try {
        return [{ reader, sentences: agreementOf(project, lookups, id).sentences }];
      } catch (error) {
        if (error instanceof TrefoilError) return [];
        throw error;
      }
    });
}

async function checksumsOf({ project, classified, run }: ReportSources): Promise<{ what: string; sha256: string }[]> {
  const { checkpoint } = run.summary;
  const files = [
    { what: 'Classifier', path: classified.classifier.file },
    ...(checkpoint === null ? [] : [{ what: 'Encoder', path: checkpoint }]),
  ];
  const found: { what: string; sha256: string }[] = [];
  for (const { what, path } of files) {
    found.push({ what, sha256: await sha256Of(join(project.directory, path)).catch(() => 'the file is gone') });
  }
  return found;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A slide that was moved or damaged since must not cost the report: its map is there, and the reason is said. */
async function thumbnailOf(
  project: OpenProject,
  slide: SlideRow,
  name: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly picture: Picture | null; readonly caption: string }> {
  try {
    await using reader = await openProjectSlide(project, slide);
    const { width, height } = reader.info;
    const scale = Math.min(1, picturePx / Math.max(width, height));
    const size = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))] as const;
    const { data } = await readScaledRegion(reader, { x: 0, y: 0, width, height }, ...size, signal);
    const bytes = await sharp(data, { raw: { width: size[0], height: size[1], channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer();
    const picture: Picture = { alternative: `Slide ${name}`, type: 'image/jpeg', bytes, isPixelated: false };
    return { picture, caption: 'Slide and class map.' };
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code === 'cancelled') throw error;
    return { picture: null, caption: `Class map only: the slide cannot be read now (${error.code}).` };
  }
}
