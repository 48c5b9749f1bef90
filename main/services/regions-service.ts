/** Regions of a project: imported from GeoJSON, each import one command that can be undone. */
import { basename, resolve } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { regionsCalls } from '#common/contract/regions.ts';
import { TrefoilError } from '#common/errors.ts';
import { listRegions, regionToRow, type RegionRow } from '../store/region-rows.ts';
import { findSlideByName, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { regionsFromGeoJson } from '../tiles/regions-geojson.ts';
import { newId, type OpenProjects } from './open-projects.ts';
import { readTextFile } from './text-file.ts';

export function createRegionsService(projects: OpenProjects): ClientOf<typeof regionsCalls> {
  return implementService('regions', regionsCalls, {
    import: async ({ project, file, slide: wanted }) => {
      const target = projects.get(project);
      const path = resolve(file);
      const { regions, skipped } = regionsFromGeoJson(await readTextFile(path), path);
      const slide = chooseSlide(listSlides(target.database), wanted, path);
      const rows = regions.map((region): RegionRow => ({ ...region, id: newId('region'), slide: slide.id }));
      target.change(
        `Import ${rows.length} regions for ${slide.name}`,
        'import',
        rows.map((row) => ({ table: 'regions', id: row.id, before: null, after: regionToRow(row) })),
      );
      return { imported: rows.map(({ slide: id, kind, name }) => ({ slide: id, kind, name })), skipped };
    },
    list: async ({ project }) =>
      listRegions(projects.get(project).database).map(({ id, slide, kind, name }) => ({
        region: id,
        slide,
        kind,
        name,
      })),
  });
}

/** The slide named, else the one the file is named after (as QuPath does), else the project's only one. */
function chooseSlide(slides: readonly SlideRow[], wanted: string | undefined, path: string): SlideRow {
  if (wanted !== undefined) {
    const slide = findSlideByName(slides, wanted);
    if (slide !== null) return slide;
    throw new TrefoilError('not-found', `The project has no slide "${wanted}".`, 'List the slides to see their names.');
  }
  const named = findSlideByName(slides, basename(path).replace(/\.(geo)?json$/i, ''));
  if (named !== null) return named;
  if (slides.length === 1 && slides[0] !== undefined) return slides[0];
  throw new TrefoilError(
    'invalid-input',
    `It is not clear which slide the regions in ${path} belong to.`,
    'Name it with --slide, or name the file after the slide.',
  );
}
