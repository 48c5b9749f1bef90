import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regionKinds } from '#common/domain/region.ts';
import { regionsFromGeoJson, regionsToGeoJson } from '#main/tiles/regions-geojson.ts';
import type { RegionShape } from '#common/domain/region.ts';

const square = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
  [0, 0],
];
const polygon = { type: 'Polygon', coordinates: [square] };
const feature = (properties: unknown, geometry: unknown = polygon): unknown => ({
  type: 'Feature',
  id: 'x',
  geometry,
  properties,
});
const read = (document: unknown): ReturnType<typeof regionsFromGeoJson> =>
  regionsFromGeoJson(JSON.stringify(document), 'r.geojson');

describe('regions from GeoJSON', () => {
  it.each([
    ['a geometry', polygon],
    ['a feature', feature(null)],
    ['a collection', { type: 'FeatureCollection', features: [feature({})] }],
    ["QuPath's array of features", [feature({ objectType: 'annotation' })]],
  ])('reads %s', (_, document) => {
    expect(read(document)).toEqual({
      regions: [{ kind: 'include', name: 'Region 1', polygons: [[square]] }],
      skipped: 0,
    });
  });

  it.each([
    ['exclude', { kind: 'exclude' }],
    ['no-tissue', { kind: 'no-tissue', classification: { name: 'Ignore*' } }],
    ['exclude', { classification: { name: 'Ignore*' } }],
    ['exclude', { classification: { name: 'to exclude' } }],
    ['include', { kind: 'include', classification: { name: 'Ignore*' } }],
    ['include', { classification: { name: 'Tumor', color: [200, 0, 0] } }],
    ['include', { classification: 'Ignore' }],
    ['include', null],
  ])('takes as %s what says %j', (kind, properties) => {
    expect(read(feature(properties)).regions[0]?.kind).toBe(kind);
  });

  it('keeps every polygon and hole of a MultiPolygon and drops elevations', () => {
    const geometry = { type: 'MultiPolygon', coordinates: [[square.map(([x, y]) => [x, y, 7]), square], [square]] };
    expect(read(feature({ name: 'Core' }, geometry)).regions).toEqual([
      { kind: 'include', name: 'Core', polygons: [[square, square], [square]] },
    ]);
  });

  it('skips and counts points, lines and features without geometry', () => {
    const line = {
      type: 'LineString',
      coordinates: [
        [0, 0],
        [1, 1],
      ],
    };
    const result = read([
      feature({}, line),
      feature({}, null),
      feature({}),
      feature({}, { type: 'Point', coordinates: [1, 2] }),
    ]);
    expect(result.skipped).toBe(3);
    expect(result.regions).toHaveLength(1);
  });

  it.each([
    ['text', 'not json'],
    ['a number', '7'],
    ['null', 'null'],
    ['another type', '{"type":"Topology"}'],
    ['a collection without features', '{"type":"FeatureCollection"}'],
    ['a feature of a wrong type', '[{"type":"Feat"}]'],
    [
      'text for a coordinate',
      JSON.stringify(
        feature(
          {},
          {
            type: 'Polygon',
            coordinates: [
              [
                ['a', 0],
                [1, 1],
                [2, 2],
                [0, 0],
              ],
            ],
          },
        ),
      ),
    ],
    [
      'an open triangle',
      JSON.stringify(
        feature(
          {},
          {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 1],
                [2, 2],
              ],
            ],
          },
        ),
      ),
    ],
    [
      'a coordinate beyond any slide',
      JSON.stringify(
        feature(
          {},
          {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1e9, 1],
                [2, 2],
                [0, 0],
              ],
            ],
          },
        ),
      ),
    ],
  ])('refuses %s with an error that names the file', (_, text) => {
    expect(() => regionsFromGeoJson(text, 'r.geojson')).toThrow(
      expect.objectContaining({ code: 'file-invalid', message: expect.stringContaining('r.geojson') }),
    );
  });

  it('refuses more features than any slide has', () => {
    expect(() => read(Array.from({ length: 20_001 }, () => 0))).toThrow(
      expect.objectContaining({ code: 'limit-exceeded' }),
    );
  });

  it('throws only typed errors, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          regionsFromGeoJson(text, 'r.geojson');
        } catch (error) {
          expect(error).toHaveProperty('code', 'file-invalid');
        }
      }),
    );
  });

  it('reads back what it wrote', () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 99_999 }));
    const ring = fc.array(point, { minLength: 4, maxLength: 9 });
    const region: fc.Arbitrary<RegionShape> = fc.record({
      kind: fc.constantFrom(...regionKinds),
      name: fc.string({ minLength: 1, maxLength: 30 }),
      polygons: fc.array(fc.array(ring, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(region, { maxLength: 5 }), (regions) => {
        expect(regionsFromGeoJson(regionsToGeoJson(regions), 'r')).toEqual({ regions, skipped: 0 });
      }),
    );
  });
});
