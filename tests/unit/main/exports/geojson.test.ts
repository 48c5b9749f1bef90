import { describe, expect, it } from 'vitest';
import * as geojson from '#main/exports/geojson.ts';
import type { ExportTile } from '#main/exports/geojson.ts';

const classAnnotations = (...given: Parameters<typeof geojson.classAnnotations>): string =>
  [...geojson.classAnnotations(...given)].join('');
const tileDetections = (...given: Parameters<typeof geojson.tileDetections>): string =>
  [...geojson.tileDetections(...given)].join('');

const classes = [
  { name: 'Viable', colour: '#0072B2' },
  { name: 'Stroma "A"', colour: '#E69F00' },
];
const tile = (column: number, row: number, classIndex: number): ExportTile => ({
  column,
  row,
  x: column * 256,
  y: row * 256,
  width: 256,
  height: 256,
  classIndex,
  probabilities: classIndex === 0 ? [0.75, 0.25] : [0.1, 0.9],
});
const grid = { level: 0, columns: 8, rows: 8, downsample: 2, sizePx: 128, stridePx: 128 };

describe('class annotations', () => {
  const tiles = [tile(0, 0, 0), tile(1, 0, 0), tile(3, 0, 0), tile(1, 1, 1)];
  const { type, features } = JSON.parse(classAnnotations(tiles, classes, grid));

  it('are one QuPath annotation a class, with its name and colour', () => {
    expect(type).toBe('FeatureCollection');
    expect(features.map((feature: { properties: object }) => feature.properties)).toEqual([
      {
        objectType: 'annotation',
        name: 'Viable',
        classification: { name: 'Viable', color: [0, 114, 178] },
        isLocked: true,
      },
      {
        objectType: 'annotation',
        name: 'Stroma "A"',
        classification: { name: 'Stroma "A"', color: [230, 159, 0] },
        isLocked: true,
      },
    ]);
  });

  it('lie in level-0 pixels, several places as a MultiPolygon', () => {
    expect(features[0].geometry.type).toBe('MultiPolygon');
    expect(features[1].geometry.type).toBe('Polygon');
    const corners = features[1].geometry.coordinates[0].map(String);
    expect(new Set(corners)).toEqual(new Set(['256,256', '512,256', '512,512', '256,512']));
    expect(corners.at(-1)).toBe(corners[0]);
  });

  it('take the stride cell in the middle of overlapping tiles, so that classes do not overlap', () => {
    const overlapping = { ...grid, stridePx: 64 };
    const { features: cells } = JSON.parse(classAnnotations([tile(0, 0, 0), tile(1, 0, 1)], classes, overlapping));
    const xs = cells.map((cell: { geometry: { coordinates: number[][][] } }) => {
      const positions = cell.geometry.coordinates[0]!.map(([x]) => x!);
      return [Math.min(...positions), Math.max(...positions)];
    });
    expect(xs).toEqual([
      [64, 192],
      [192, 320],
    ]);
  });

  it('claim nothing about the gaps when the stride is larger than a tile', () => {
    const gaps = { ...grid, stridePx: 256 };
    const { features: squares } = JSON.parse(classAnnotations([tile(0, 0, 0), tile(2, 0, 0)], classes, gaps));
    expect(squares[0].geometry.coordinates.map((polygon: number[][][]) => polygon[0]![0])).toEqual([
      [0, 0],
      [512, 0],
    ]);
  });

  it('leave out a class without tiles', () => {
    expect(JSON.parse(classAnnotations([tile(0, 0, 1)], classes, grid)).features).toHaveLength(1);
  });
});

describe('tile detections', () => {
  it('carry class and probabilities of every tile', () => {
    const { features } = JSON.parse(tileDetections([tile(1, 0, 0)], classes));
    expect(features[0].properties).toEqual({
      objectType: 'detection',
      classification: { name: 'Viable', color: [0, 114, 178] },
      measurements: { 'p(Viable)': 0.75, 'p(Stroma "A")': 0.25 },
    });
    expect(features[0].geometry.coordinates[0]).toEqual([
      [256, 0],
      [512, 0],
      [512, 256],
      [256, 256],
      [256, 0],
    ]);
  });

  it('of no tile are an empty collection, still valid JSON', () => {
    expect(JSON.parse([...tileDetections([], classes)].join('')).features).toEqual([]);
  });
});
