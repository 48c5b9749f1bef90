/** Regions of a project: drawn or imported from GeoJSON, each change one command that can be undone. */
import { resolve } from 'node:path';
import { implementService, type ClientOf } from '#common/contract/service.ts';
import { regionsCalls, type DrawnRegion } from '#common/contract/regions.ts';
import { counted } from '#common/counted.ts';
import type { Polygon, RegionKind } from '#common/domain/region.ts';
import { TrefoilError } from '#common/errors.ts';
import { polygonArea, polygonBounds } from '#common/geometry.ts';
import { listRegions, regionToRow, type RegionRow } from '../store/region-rows.ts';
import { findSlide, listSlides, type SlideRow } from '../store/slide-rows.ts';
import { regionsFromGeoJson } from '../tiles/regions-geojson.ts';
import { newId, type OpenProject, type OpenProjects } from './open-projects.ts';
import { slideInfoOf } from './slides-service.ts';
import { chooseSlide } from './slide-of-file.ts';
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
        `Import ${counted(rows.length, 'region')} for ${slide.name}`,
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

    outlines: async ({ project, slide }) => {
      const target = projects.get(project);
      const row = findSlide(target.database, slide);
      return listRegions(target.database)
        .filter((region) => region.slide === slide)
        .map((region) => describeRegion(region, row));
    },

    create: async ({ project, slide, kind, name, polygons }) => {
      const target = projects.get(project);
      const row = findSlide(target.database, slide);
      checkOutlines(polygons, row);
      const region: RegionRow = {
        id: newId('region'),
        slide,
        kind,
        name: name ?? freeName(listRegions(target.database)),
        polygons,
      };
      target.change(`Draw ${region.name} on ${row.name}`, 'person', [
        { table: 'regions', id: region.id, before: null, after: regionToRow(region) },
      ]);
      return describeRegion(region, row);
    },

    update: async ({ project, region: id, kind, name, polygons }) => {
      const target = projects.get(project);
      const before = findRegion(target, id);
      const slide = findSlide(target.database, before.slide);
      if (polygons !== undefined) checkOutlines(polygons, slide);
      const after: RegionRow = {
        ...before,
        kind: kind ?? before.kind,
        name: name ?? before.name,
        polygons: polygons ?? before.polygons,
      };
      const change = { table: 'regions', id, before: regionToRow(before), after: regionToRow(after) } as const;
      // Saying what is already so must not become an undo step that does nothing.
      if (JSON.stringify(change.before) !== JSON.stringify(change.after)) {
        target.change(describeUpdate(before, after), 'person', [change]);
      }
      return describeRegion(after, slide);
    },

    remove: async ({ project, regions }) => {
      const target = projects.get(project);
      const rows = [...new Set(regions)].map((id) => findRegion(target, id));
      target.change(
        `Remove ${rows.length === 1 ? (rows[0]?.name ?? '') : `${rows.length} regions`}`,
        'person',
        rows.map((row) => ({ table: 'regions', id: row.id, before: regionToRow(row), after: null })),
      );
      return { removed: rows.length };
    },
  });
}

function findRegion(project: OpenProject, id: string): RegionRow {
  const region = listRegions(project.database).find((item) => item.id === id);
  if (region !== undefined) return region;
  throw new TrefoilError(
    'not-found',
    'This region is not there any more.',
    'It may have been removed in another window.',
  );
}

const kindVerbs = {
  include: 'Include',
  exclude: 'Exclude',
  tissue: 'Count as tissue:',
  'no-tissue': 'Count as no tissue:',
} as const satisfies Record<RegionKind, string>;

function describeUpdate(before: RegionRow, after: RegionRow): string {
  if (before.polygons !== after.polygons) return `Reshape ${after.name}`;
  if (before.name !== after.name) return `Rename ${before.name} to ${after.name}`;
  return `${kindVerbs[after.kind]} ${after.name}`;
}

function describeRegion(region: RegionRow, slide: SlideRow): DrawnRegion {
  const { mpp } = slideInfoOf(slide);
  const areaPx = region.polygons.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
  return {
    region: region.id,
    slide: region.slide,
    kind: region.kind,
    name: region.name,
    polygons: region.polygons.map((polygon) => polygon.map((ring) => ring.map(([x, y]): [number, number] => [x, y]))),
    areaPx,
    areaMm2: mpp.source === 'missing' ? null : (areaPx * mpp.x * mpp.y) / 1e6,
  };
}

/** A slip of the mouse gives an outline without area; one beside the slide would silently drop every tile. */
function checkOutlines(polygons: readonly Polygon[], { info }: SlideRow): void {
  for (const polygon of polygons) {
    const bounds = polygonBounds(polygon);
    const isBeside =
      bounds === null || bounds.maxX < 0 || bounds.maxY < 0 || bounds.minX > info.width || bounds.minY > info.height;
    if (!isBeside && polygonArea(polygon) >= 1) continue;
    throw new TrefoilError(
      'invalid-input',
      isBeside ? 'The region lies beside the slide.' : 'The region has no area.',
      'Draw it again on the slide.',
    );
  }
}

function freeName(regions: readonly RegionRow[]): string {
  const taken = new Set(regions.map(({ name }) => name));
  let number = regions.length + 1;
  while (taken.has(`Region ${number}`)) number += 1;
  return `Region ${number}`;
}
