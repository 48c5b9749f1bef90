/**
 * Regions from and to GeoJSON (RFC 7946 shapes, coordinates in level-0 pixels as QuPath writes them): FeatureCollection,
 * Feature, a bare geometry, or QuPath's plain array of features. Hostile input: bounded, validated, typed errors.
 *
 * Kind: `properties.kind` when it is one of ours; else a QuPath classification whose name starts with
 * "Ignore" or contains "exclude" is an exclude region; anything else is an include region. Lines and points have no area:
 * they are skipped and counted.
 */
import { z } from 'zod';
import { TrefoilError } from '#common/errors.ts';
import { regionKinds, type Polygon, type RegionShape } from '#common/domain/region.ts';

export interface ImportedRegions {
  readonly regions: readonly RegionShape[];
  /** Features without an area (points, lines, no geometry). */
  readonly skipped: number;
}

const maximumTextLength = 64 * 1024 * 1024;
const maximumFeatures = 20_000;
const maximumPoints = 2_000_000;
/** Larger than any slide; keeps products of coordinates exact enough. */
const maximumCoordinate = 10_000_000;

const coordinate = z.number().min(-maximumCoordinate).max(maximumCoordinate);
// Elevation and anything after it is allowed by the RFC and dropped.
const position = z
  .array(coordinate)
  .min(2)
  .max(4)
  .transform((values): [number, number] => [values[0] as number, values[1] as number]);
const polygon = z.array(z.array(position).min(4)).min(1);
const geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: polygon }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon).min(1) }),
  z.object({ type: z.literal('Point') }),
  z.object({ type: z.literal('MultiPoint') }),
  z.object({ type: z.literal('LineString') }),
  z.object({ type: z.literal('MultiLineString') }),
]);
const properties = z.looseObject({
  kind: z.unknown().optional(),
  name: z.unknown().optional(),
  classification: z.looseObject({ name: z.unknown().optional() }).nullish().catch(undefined),
});
const feature = z.object({
  type: z.literal('Feature'),
  geometry: geometry.nullable(),
  properties: properties.nullish(),
});

type Feature = z.infer<typeof feature>;

/** `file` names the source in errors. Throws `file-invalid`, `limit-exceeded`. */
export function regionsFromGeoJson(text: string, file: string): ImportedRegions {
  if (text.length > maximumTextLength) throw tooLarge(file, `${text.length} characters`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(file, 'it is not JSON', error);
  }
  const items = featuresOf(document, file);
  if (items.length > maximumFeatures) throw tooLarge(file, `${items.length} features`);
  const regions: RegionShape[] = [];
  let skipped = 0;
  let points = 0;
  items.forEach((item, index) => {
    const parsed = feature.safeParse(item);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw invalid(file, `feature ${index + 1}, ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
    }
    const polygons = polygonsOf(parsed.data);
    points += polygons.reduce((sum, rings) => sum + rings.reduce((count, ring) => count + ring.length, 0), 0);
    if (points > maximumPoints) throw tooLarge(file, `more than ${maximumPoints} points`);
    if (polygons.length === 0) skipped += 1;
    else regions.push({ kind: kindOf(parsed.data), name: nameOf(parsed.data, index), polygons });
  });
  return { regions, skipped };
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

function featuresOf(document: unknown, file: string): readonly unknown[] {
  if (Array.isArray(document)) return document;
  const type = (document as { type?: unknown } | null)?.type;
  if (type === 'FeatureCollection') {
    const { features } = document as { features?: unknown };
    if (Array.isArray(features)) return features;
    throw invalid(file, 'the FeatureCollection has no list of features');
  }
  if (type === 'Feature') return [document];
  if (geometry.options.some((option) => option.shape.type.value === type)) {
    return [{ type: 'Feature', geometry: document }];
  }
  throw invalid(file, 'it holds no FeatureCollection, Feature or geometry');
}

function polygonsOf({ geometry: shape }: Feature): Polygon[] {
  switch (shape?.type) {
    case 'Polygon':
      return [shape.coordinates];
    case 'MultiPolygon':
      return shape.coordinates;
    default:
      return [];
  }
}

function kindOf({ properties: given }: Feature): RegionShape['kind'] {
  const stated = regionKinds.find((kind) => kind === given?.kind);
  if (stated !== undefined) return stated;
  const name = given?.classification?.name;
  return typeof name === 'string' && (/^ignore/i.test(name) || /exclude/i.test(name)) ? 'exclude' : 'include';
}

function nameOf({ properties: given }: Feature, index: number): string {
  const name = [given?.name, given?.classification?.name].find((text) => typeof text === 'string' && text !== '');
  return typeof name === 'string' ? name.slice(0, 200) : `Region ${index + 1}`;
}

function invalid(file: string, what: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file} is not a region file Trefoil can read: ${what}.`,
    'Export the annotations again as GeoJSON, with polygons in pixels of the full resolution.',
    { file },
    cause,
  );
}

function tooLarge(file: string, what: string): TrefoilError {
  return new TrefoilError(
    'limit-exceeded',
    `${file} is too large for a region file: ${what}.`,
    'Simplify the outlines or export the annotations of fewer slides at once.',
    { file },
  );
}
