/**
 * GeoJSON (RFC 7946) as QuPath writes it, read into plain features: FeatureCollection, one Feature, a bare geometry, or QuPath's
 * plain array of features, coordinates in level-0 pixels. Hostile input: bounded, validated, errors that name the feature.
 * What a feature means (a region, a label) is up to the caller.
 */
import { z } from 'zod';
import { TrefoilError } from './errors.ts';
import type { Polygon } from './domain/region.ts';

export interface GeoJsonFeature {
  /** Counted from 1. */
  readonly number: number;
  /** Empty for points, lines and no geometry. */
  readonly polygons: readonly Polygon[];
  /** Empty but for Point and MultiPoint. */
  readonly points: readonly (readonly [number, number])[];
  readonly properties: FeatureProperties;
}

export interface GeoJsonDocument {
  readonly features: readonly GeoJsonFeature[];
  /** Members of the collection beside its features (RFC 7946, section 6.1). */
  readonly members: Readonly<Record<string, unknown>>;
  /** How many were of a kind to pass over. */
  readonly passedOver: number;
}

/** What the file is for, in the words of its errors. */
export interface GeoJsonReading {
  /** Names the source in errors. */
  readonly file: string;
  /** "a region file" */
  readonly what: string;
  readonly maximumFeatures: number;
  /** Kinds of objects (QuPath's `objectType`) that are only counted, unread: a file can hold a million cells. */
  readonly passedOver?: readonly string[];
}

const maximumTextLength = 128 * 1024 * 1024;
const maximumPoints = 5_000_000;
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
  z.object({ type: z.literal('Point'), coordinates: position }),
  z.object({ type: z.literal('MultiPoint'), coordinates: z.array(position) }),
  z.object({ type: z.literal('LineString') }),
  z.object({ type: z.literal('MultiLineString') }),
]);
const properties = z.looseObject({
  kind: z.unknown().optional(),
  name: z.unknown().optional(),
  objectType: z.unknown().optional(),
  classification: z.looseObject({ name: z.unknown().optional() }).nullish().catch(undefined),
});
export type FeatureProperties = z.infer<typeof properties>;

const feature = z.object({
  type: z.literal('Feature'),
  // QuPath 0.2 stored the kind of object here.
  id: z.unknown().optional(),
  geometry: geometry.nullable(),
  properties: properties.nullish(),
});

/** Throws `file-invalid`, `limit-exceeded`. */
export function readGeoJson(text: string, reading: GeoJsonReading): GeoJsonDocument {
  if (text.length > maximumTextLength) throw tooLarge(reading, `${text.length} characters`);
  const document = parse(text, reading);
  const items = featuresOf(document, reading);
  const wanted = [...items.entries()].filter(([, item]) => !isOfKind(item, reading.passedOver ?? []));
  if (wanted.length > reading.maximumFeatures) throw tooLarge(reading, `${wanted.length} features`);
  let points = 0;
  const features = wanted.map(([index, item]): GeoJsonFeature => {
    const parsed = feature.safeParse(item);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw invalid(reading, `feature ${index + 1}, ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`);
    }
    const { geometry: shape, properties: given, id } = parsed.data;
    const polygons = polygonsOf(shape);
    const own = pointsOf(shape);
    points += own.length + polygons.reduce((sum, rings) => sum + rings.reduce((n, ring) => n + ring.length, 0), 0);
    if (points > maximumPoints) throw tooLarge(reading, `more than ${maximumPoints} points`);
    const objectType = given?.objectType ?? legacyObjectTypes.get(String(id));
    return {
      number: index + 1,
      polygons,
      points: own,
      properties: { ...given, ...(objectType === undefined ? {} : { objectType }) },
    };
  });
  const isCollection = typeof document === 'object' && document !== null && 'features' in document;
  const { features: _, ...members } = (isCollection ? document : {}) as Record<string, unknown>;
  return { features, members, passedOver: items.length - wanted.length };
}

function isOfKind(item: unknown, kinds: readonly string[]): boolean {
  const { properties: given, id } = (item ?? {}) as { properties?: { objectType?: unknown } | null; id?: unknown };
  return kinds.includes(String(given?.objectType ?? legacyObjectTypes.get(String(id))));
}

/** What QuPath 0.2 wrote as the id of a feature. */
const legacyObjectTypes: ReadonlyMap<string, string> = new Map([
  ['PathAnnotationObject', 'annotation'],
  ['PathDetectionObject', 'detection'],
  ['PathTileObject', 'tile'],
  ['PathCellObject', 'cell'],
  ['TMACoreObject', 'tmaCore'],
]);

function parse(text: string, reading: GeoJsonReading): unknown {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return JSON.parse(content);
  } catch (first) {
    try {
      return JSON.parse(withoutNumbersJsonLacks(content));
    } catch {
      throw invalid(reading, `it is not JSON (${lineOfMistake(content)})`, first);
    }
  }
}

/**
 * QuPath writes measurements that are not a number as bare NaN and Infinity, which JSON lacks: read as null. A plain walk: a
 * regular expression over quotes takes quadratic time on a file made for it.
 */
function withoutNumbersJsonLacks(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') {
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      continue;
    }
    if (sign !== 'N' && sign !== 'I') continue;
    const found = ['NaN', 'Infinity'].find((word) => text.startsWith(word, at));
    if (found === undefined) continue;
    pieces.push(text.slice(copied, text[at - 1] === '-' ? at - 1 : at), 'null');
    copied = at + found.length;
    at = copied - 1;
  }
  return [...pieces, text.slice(copied)].join('');
}

/** Larger files are not read a dozen times to find a line. */
const searchedLength = 4 * 1024 * 1024;

/** V8 does not always say where: the first line up to which the text is wrong already, and not only unfinished. */
function lineOfMistake(text: string): string {
  const lines = text.length > searchedLength ? [] : text.split('\n');
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isOnlyUnfinished(lines.slice(0, middle + 1).join('\n'))) low = middle + 1;
    else high = middle;
  }
  if (lines.length === 0) return 'a mistake in the text';
  return low === lines.length ? 'it ends too early' : `line ${low + 1}`;
}

function isOnlyUnfinished(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    return /end of JSON input|Unterminated string/.test(String(error));
  }
}

function featuresOf(document: unknown, reading: GeoJsonReading): readonly unknown[] {
  if (Array.isArray(document)) return document;
  const type = (document as { type?: unknown } | null)?.type;
  if (type === 'FeatureCollection') {
    const { features } = document as { features?: unknown };
    if (Array.isArray(features)) return features;
    throw invalid(reading, 'the FeatureCollection has no list of features');
  }
  if (type === 'Feature') return [document];
  if (geometry.options.some((option) => option.shape.type.value === type)) {
    return [{ type: 'Feature', geometry: document }];
  }
  throw invalid(reading, 'it holds no FeatureCollection, Feature or geometry');
}

type Geometry = z.infer<typeof geometry> | null;

function polygonsOf(shape: Geometry): Polygon[] {
  if (shape?.type === 'Polygon') return [shape.coordinates];
  return shape?.type === 'MultiPolygon' ? shape.coordinates : [];
}

function pointsOf(shape: Geometry): [number, number][] {
  if (shape?.type === 'Point') return [shape.coordinates];
  return shape?.type === 'MultiPoint' ? shape.coordinates : [];
}

function invalid({ file, what }: GeoJsonReading, problem: string, cause?: unknown): TrefoilError {
  return new TrefoilError(
    'file-invalid',
    `${file} is not ${what} Trefoil can read: ${problem}.`,
    'Export the annotations again as GeoJSON, with polygons in pixels of the full resolution.',
    { file },
    cause,
  );
}

function tooLarge({ file, what }: GeoJsonReading, how: string): TrefoilError {
  return new TrefoilError(
    'limit-exceeded',
    `${file} is too large for ${what}: ${how}.`,
    'Simplify the outlines or export the annotations of fewer slides at once.',
    { file },
  );
}
