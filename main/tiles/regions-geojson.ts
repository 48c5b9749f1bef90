/**
 * Regions from and to GeoJSON (main/common/geojson-features.ts says which forms are read).
 *
 * Kind: `properties.kind` when it is one of ours; else a QuPath classification whose name starts with
 * "Ignore" or contains "exclude" is an exclude region; anything else is an include region. Lines and points have no area:
 * they are skipped and counted.
 */
import { readGeoJson, type GeoJsonFeature } from '#common/geojson-features.ts';
import { regionKinds, type RegionShape } from '#common/domain/region.ts';

export interface ImportedRegions {
  readonly regions: readonly RegionShape[];
  /** Features without an area (points, lines, no geometry). */
  readonly skipped: number;
}

const maximumFeatures = 20_000;

/** `file` names the source in errors. Throws `file-invalid`, `limit-exceeded`. */
export function regionsFromGeoJson(text: string, file: string): ImportedRegions {
  const { features } = readGeoJson(text, { file, what: 'a region file', maximumFeatures });
  const areas = features.filter(({ polygons }) => polygons.length > 0);
  return {
    regions: areas.map((each) => ({ kind: kindOf(each), name: nameOf(each), polygons: each.polygons })),
    skipped: features.length - areas.length,
  };
}

/** A FeatureCollection that QuPath opens and `regionsFromGeoJson` reads back unchanged. */
export function regionsToGeoJson(regions: readonly RegionShape[]): string {
  return JSON.stringify({
    type: 'FeatureCollection',
    features: regions.map(({ kind, name, polygons }) => ({
      type: 'Feature',
      geometry:
        polygons.length === 1
          ? { type: 'Polygon', coordinates: polygons[0] }
          : { type: 'MultiPolygon', coordinates: polygons },
      properties: {
        objectType: 'annotation',
        name,
        kind,
        ...(kind === 'exclude' ? { classification: { name: 'Ignore*' } } : {}),
      },
    })),
  });
}

function kindOf({ properties: given }: GeoJsonFeature): RegionShape['kind'] {
  const stated = regionKinds.find((kind) => kind === given.kind);
  if (stated !== undefined) return stated;
  const name = given.classification?.name;
  return typeof name === 'string' && (/^ignore/i.test(name) || /exclude/i.test(name)) ? 'exclude' : 'include';
}

function nameOf({ properties: given, number }: GeoJsonFeature): string {
  const name = [given.name, given.classification?.name].find((text) => typeof text === 'string' && text !== '');
  return typeof name === 'string' ? name.slice(0, 200) : `Region ${number}`;
}
