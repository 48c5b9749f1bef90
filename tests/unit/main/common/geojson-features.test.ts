import { describe, expect, it } from 'vitest';
import { readGeoJson } from '#common/geojson-features.ts';

const read = (text: string, maximumFeatures = 100) =>
  readGeoJson(text, { file: 'a.geojson', what: 'a file of annotations', maximumFeatures });
const point = (properties: string) =>
  `{"type":"Feature","geometry":{"type":"Point","coordinates":[3,4]},"properties":${properties}}`;

describe('features of GeoJSON', () => {
  it('read points, areas, what is said of them, and what stands beside them', () => {
    const { features, members } = read(
      `{"type":"FeatureCollection","slide":"A","features":[${point('{"name":"x"}')}]}`,
    );
    expect(features).toEqual([{ number: 1, polygons: [], points: [[3, 4]], properties: { name: 'x' } }]);
    expect(members).toEqual({ type: 'FeatureCollection', slide: 'A' });
  });

  it('take the numbers QuPath writes and JSON lacks, but not inside text', () => {
    const measured = '{"measurements":{"a":NaN,"b":-Infinity,"c":Infinity,"NaN":1},"name":"NaN, \\"Infinity\\""}';
    expect(read(`[${point(measured)}]`).features[0]!.properties).toEqual({
      measurements: { a: null, b: null, c: null, NaN: 1 },
      name: 'NaN, "Infinity"',
    });
  });

  it('know the kinds of objects QuPath 0.2 wrote as ids', () => {
    const old = point('{}').replace('{"type"', '{"id":"PathDetectionObject","type"');
    expect(read(`[${old}]`).features[0]!.properties.objectType).toBe('detection');
  });

  it('begin after a byte order mark', () => {
    expect(read(`\ufeff[${point('{}')}]`).features).toHaveLength(1);
  });

  it.each([
    ['a coordinate that is not a number', `[${point('{}')},${point('{}').replace('3', 'NaN')}]`, /feature 2, /],
    ['a position with one coordinate', `[${point('{}').replace('3,', '')}]`, /feature 1, geometry/],
    ['broken text, with its line', `[\n${point('{}')},\n{"type":}]`, /not JSON \(line 3\)/],
    ['a quote never closed', '["NaN', /not JSON \(it ends too early\)/],
    ['arrays in arrays without end', '['.repeat(200_000), /not JSON/],
    [
      'depth where a coordinate belongs',
      `[${point('{}').replace('3', `${'['.repeat(5000)}1${']'.repeat(5000)}`)}]`,
      /feature 1/,
    ],
  ])('refuse %s', (_, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'file-invalid', message: expect.stringMatching(message) }),
    );
  });

  it('of a kind to pass over are counted and not read, and do not count towards the bound', () => {
    const cells = Array.from({ length: 200 }, () => '{"properties":{"objectType":"cell"},"geometry":"broken"}');
    const old = '{"id":"PathCellObject"}';
    const text = `[${cells.join(',')},${old},${point('{}')}]`;
    const { features, passedOver } = readGeoJson(text, {
      file: 'a.geojson',
      what: 'a file',
      maximumFeatures: 1,
      passedOver: ['cell'],
    });
    expect([features.map((each) => each.number), passedOver]).toEqual([[202], 201]);
  });

  it('are bounded in number', () => {
    const text = `[${Array.from({ length: 101 }, () => point('{}')).join(',')}]`;
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'limit-exceeded' }));
  });
});
