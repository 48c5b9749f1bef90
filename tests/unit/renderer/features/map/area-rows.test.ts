/** Areas as rows, and files of an export summed up. */
import { describe, expect, it } from 'vitest';
import type { MapAreas } from '#common/contract/maps.ts';
import { areaRows, regionRows } from '../../../../../renderer/features/map/area-rows.ts';
import { groupFiles } from '../../../../../renderer/features/map/export-groups.ts';

const area = (tiles: number, percent: number) => ({ tiles, areaMm2: tiles / 100, percent });
const slide: MapAreas = {
  slide: 's',
  name: 'A.svs',
  mpp: 0.5,
  mppSource: 'file',
  classes: [
    { name: 'Tumour', colour: '#0072b2', ...area(30, 75) },
    { name: 'Stroma', colour: '#e69f00', ...area(10, 25) },
  ],
  unclassified: area(5, 0),
  noTissue: { tiles: 20, areaMm2: 0.2, reasons: { blur: 20 } },
  regions: [{ region: 'r', name: 'Region 1', classes: [area(3, 60), area(2, 40)], unclassified: area(0, 0) }],
};

describe('the area table', () => {
  it('keeps what is not classified and what is no tissue apart, without a share of the tissue', () => {
    expect(areaRows(slide).map(({ kind, percent }) => [kind, percent])).toEqual([
      ['class', 75],
      ['class', 25],
      ['unclassified', null],
      ['no-tissue', null],
    ]);
  });
  it('names the classes of a region as those of its slide and knows nothing of what is no tissue there', () => {
    const [region] = slide.regions;
    const rows = region === undefined ? [] : regionRows(slide, region);
    expect(rows.map(({ name, colour, kind }) => [kind, name, colour])).toEqual([
      ['class', 'Tumour', '#0072b2'],
      ['class', 'Stroma', '#e69f00'],
      ['unclassified', '', null],
    ]);
  });
});

it('files are summed up by kind, and a size that is only partly known is not called the whole', () => {
  const file = (kind: 'geojson' | 'report', rows: number | null, byteLength: number | null) => ({
    name: `${kind}.x`,
    kind,
    rows,
    byteLength,
    firstLines: [],
  });
  const groups = groupFiles([file('geojson', 2, null), file('geojson', 8, 100), file('report', null, null)]);
  expect(groups.map(({ kind, rows, byteLength, isAtLeast }) => ({ kind, rows, byteLength, isAtLeast }))).toEqual([
    { kind: 'geojson', rows: 10, byteLength: 100, isAtLeast: true },
    { kind: 'report', rows: null, byteLength: null, isAtLeast: true },
  ]);
});
