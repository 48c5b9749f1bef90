/** Gathers what the HTML report shows: areas, map pictures and thumbnails of the slides that can still be read. */
import sharp from 'sharp';
import { throwIfCancelled, TrefoilError } from '#common/errors.ts';
import { distinctNames } from '#common/slide-names.ts';
import type { StageContext } from '#common/stage.ts';
import type { MethodCard } from '../exports/method-card.ts';
import { reportHtml, type ReportInput, type ReportPicture } from '../exports/report-html.ts';
import { readScaledRegion } from '../slides/read-scaled-region.ts';
import { listRegions } from '../store/region-rows.ts';
import { listSlides, type SlideRow } from '../store/slide-rows.ts';
import { areasOfSlide, notesOn, totalOf } from './map-areas.ts';
import type { OpenProject } from './open-projects.ts';
import type { SlideMaps } from './slide-maps.ts';
import { openProjectSlide } from './slides-service.ts';

export const reportFile = 'report.html';

/** Pictures beyond this would make a file no browser prints. */
const picturesShown = 60;
const picturePx = 640;

export async function composeReport(
  project: OpenProject,
  maps: SlideMaps,
  card: MethodCard,
  pixelSizes: ReportInput['pixelSizes'],
  context: StageContext,
): Promise<string> {
  const classifier = await maps.require(project.id, card.evaluation.classifier);
  const slides = listSlides(project.database).filter((slide) => classifier.slides.has(slide.id));
  const names = distinctNames(listSlides(project.database));
  const nameOf = ({ id, name }: SlideRow): string => names.get(id) ?? name;
  const regions = listRegions(project.database);
  const areas = slides.map((slide) =>
    areasOfSlide(
      maps.slideMap(project.id, classifier, slide.id),
      classifier,
      nameOf(slide),
      0,
      regions.filter((region) => region.slide === slide.id),
    ),
  );
  const notes = notesOn(areas, 0);
  const pictures: ReportPicture[] = [];
  for (const slide of slides.slice(0, picturesShown)) {
    throwIfCancelled(context.signal);
    const map = maps.picture(project.id, classifier, slide.id, picturePx);
    const { dataUri, caption } = await thumbnailOf(project, slide, context.signal);
    pictures.push({ slide: nameOf(slide), thumbnail: dataUri, map: uri('image/png', map), caption });
    context.onProgress?.({
      stage: 'Drawing the report',
      done: pictures.length,
      total: Math.min(slides.length, picturesShown),
      note: slide.name,
    });
  }
  if (slides.length > picturesShown)
    notes.push(`Pictures of the first ${picturesShown} of ${slides.length} slides only.`);
  return reportHtml({
    project: project.name,
    card,
    classes: classifier.classes,
    slides: areas,
    total: totalOf(areas, classifier),
    pictures,
    pixelSizes,
    notes,
  });
}

/** A slide that was moved or damaged since must not cost the report: its map is there, and the reason is said. */
async function thumbnailOf(
  project: OpenProject,
  slide: SlideRow,
  signal: AbortSignal | undefined,
): Promise<{ readonly dataUri: string | null; readonly caption: string }> {
  try {
    await using reader = await openProjectSlide(project, slide);
    const { width, height } = reader.info;
    const scale = Math.min(1, picturePx / Math.max(width, height));
    const size = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))] as const;
    const { data } = await readScaledRegion(reader, { x: 0, y: 0, width, height }, ...size, signal);
    const jpeg = await sharp(data, { raw: { width: size[0], height: size[1], channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer();
    return { dataUri: uri('image/jpeg', jpeg), caption: 'Slide and class map.' };
  } catch (error) {
    if (!(error instanceof TrefoilError) || error.code === 'cancelled') throw error;
    return { dataUri: null, caption: `Class map only: the slide cannot be read now (${error.code}).` };
  }
}

function uri(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}
