import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointInPolygon } from '#common/geometry.ts';
import {
  classShapesFromGeoJson,
  labelCentres,
  type CentredTile,
  type ClassShape,
} from '#main/labels/labels-geojson.ts';

const square = (x: number, y: number, side: number): [number, number][] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];
const feature = (properties: unknown, geometry: unknown = { type: 'Polygon', coordinates: [square(0, 0, 10)] }) => ({
  type: 'Feature',
  geometry,
  properties,
});
const read = (features: unknown, objects: 'annotations' | 'all' = 'annotations') =>
  classShapesFromGeoJson(JSON.stringify(features), 'a.geojson', objects);

describe('classes of annotations', () => {
  it.each([
    ['name and colour', { name: 'Tumor', color: [200, 0, 10] }, 'Tumor', '#c8000a'],
    ['the one number QuPath wrote before 0.4', { name: 'Tumor', colorRGB: -3_670_006 }, 'Tumor', '#c8000a'],
    ['names of a class and its subclass', { names: ['Tumor', 'Positive'] }, 'Tumor: Positive', undefined],
    ['a colour that is none', { name: 'Tumor', color: [300, 0, 0] }, 'Tumor', undefined],
  ])('are read from %s', (_, classification, name, colour) => {
    const { shapes, colours } = read([feature({ objectType: 'annotation', classification })]);
    expect(shapes.map((shape) => shape.class)).toEqual([name]);
    expect(colours.get(name)).toBe(colour);
  });

  it('leave out, and count, what is no label', () => {
    const classification = { name: 'Tumor' };
    const line = {
      type: 'LineString',
      coordinates: [
        [0, 0],
        [1, 1],
      ],
    };
    const { shapes, skipped } = read([
      feature({ classification }),
      feature({ objectType: 'annotation' }),
      feature({ objectType: 'annotation', classification: { name: 'Ignore*' } }),
      feature({ objectType: 'annotation', classification }, line),
      feature({ objectType: 'annotation', classification }, null),
      ...['detection', 'cell', 'tile', 'tmaCore'].map((objectType) => feature({ objectType, classification })),
    ]);
    expect(shapes.map((shape) => shape.feature)).toEqual([1]);
    expect(skipped).toEqual({ withoutClass: 1, ignoredClass: 1, detections: 4, withoutArea: 2 });
  });

  it('are taken from detections too when asked for', () => {
    const { shapes } = read([feature({ objectType: 'detection', classification: { name: 'Tumor' } })], 'all');
    expect(shapes).toHaveLength(1);
  });
});

/** A grid of 10 x 10 tiles of 10 px. */
const tiles: CentredTile[] = Array.from({ length: 100 }, (_, tile) => ({
  tile,
  x: (tile % 10) * 10 + 5,
  y: Math.floor(tile / 10) * 10 + 5,
}));
const tileAt = (x: number, y: number): number | undefined =>
  x < 0 || y < 0 || x >= 100 || y >= 100 ? undefined : Math.floor(y / 10) * 10 + Math.floor(x / 10);
const shape = (number: number, name: string, ...polygons: [number, number][][][]): ClassShape => ({
  feature: number,
  class: name,
  polygons,
  points: [],
});
const classesOf = (shapes: readonly ClassShape[]) =>
  new Map(labelCentres(shapes, tiles, tileAt).labels.map((label) => [label.tile, label.class]));

describe('labels of tiles', () => {
  it('go to the tiles with their centre inside, and not to those that are only touched', () => {
    // From 4 to 16: the centres 5 and 15 lie inside, of a square from 6 to 14 none does.
    expect([...classesOf([shape(1, 'A', [square(4, 4, 12)])]).keys()]).toEqual([0, 1, 10, 11]);
    expect(labelCentres([shape(1, 'A', [square(6, 6, 8)])], tiles, tileAt)).toEqual({
      labels: [],
      contested: 0,
      withoutTile: [1],
    });
  });

  it('leave holes out and take every part of a MultiPolygon', () => {
    const ring = [square(0, 0, 30), square(10, 10, 10)];
    expect([...classesOf([shape(1, 'A', ring, [square(90, 90, 10)])]).keys()]).toEqual([
      0, 1, 2, 10, 12, 20, 21, 22, 99,
    ]);
  });

  it('follow the smallest annotation, whatever the order in the file', () => {
    const [whole, inner] = [shape(1, 'Stroma', [square(0, 0, 40)]), shape(2, 'Tumor', [square(10, 10, 10)])];
    for (const order of [
      [whole, inner],
      [inner, whole],
    ]) {
      const found = labelCentres(order, tiles, tileAt);
      expect(found.contested).toBe(1);
      expect(found.labels).toHaveLength(16);
      expect(found.labels.find((label) => label.tile === 11)).toMatchObject({ class: 'Tumor', feature: 2 });
    }
  });

  it('put points before areas, at the point itself', () => {
    const marked: ClassShape = {
      feature: 2,
      class: 'Necrosis',
      polygons: [],
      points: [
        [12, 3],
        [500, 3],
      ],
    };
    const { labels } = labelCentres([marked, shape(1, 'A', [square(0, 0, 20)])], tiles, tileAt);
    expect(labels.find((label) => label.tile === 1)).toEqual({ tile: 1, x: 12, y: 3, class: 'Necrosis', feature: 2 });
  });

  it('decide as the even-odd rule does, tile by tile, also for outlines that cross themselves', () => {
    const position = fc.tuple(fc.integer({ min: -20, max: 120 }), fc.integer({ min: -20, max: 120 }));
    const rings = fc.array(fc.array(position, { minLength: 3, maxLength: 12 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(rings, (polygon) => {
        const found = labelCentres([shape(1, 'A', polygon)], tiles, tileAt).labels.map((label) => label.tile);
        // Rings after the first are holes: what lies outside the outer ring's box is never inside.
        const [xs, ys] = [0, 1].map((axis) => polygon[0]!.map((at) => at[axis]!)) as [number[], number[]];
        const expected = tiles.filter(
          ({ x, y }) => x >= Math.min(...xs) && x <= Math.max(...xs) && pointInPolygon(polygon, x, y),
        );
        expect(found).toEqual(expected.map(({ tile }) => tile));
        expect(ys.length).toBeGreaterThan(0);
      }),
    );
  });
});
