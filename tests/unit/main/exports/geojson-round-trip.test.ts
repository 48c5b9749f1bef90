/** A hundred thousand tiles out as GeoJSON and in again as labels: every tile comes back with its class. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { classAnnotations, tileDetections, type ExportTile } from '#main/exports/geojson.ts';
import { writeTextStream } from '#main/files/text-stream.ts';
import { classShapesFromGeoJson, labelCentres } from '#main/labels/labels-geojson.ts';

const folder = mkdtempSync(join(tmpdir(), 'trefoil-round-trip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const columns = 400;
const count = 100_000;
const classes = ['A', 'B', 'C'].map((name, index) => ({ name, colour: `#00000${index}` }));
/** Patches of a few tiles each, so that outlines have thousands of rings. */
const classOf = (tile: number): number => (((tile % columns) >> 2) * 7 + (Math.floor(tile / columns) >> 1) * 5) % 3;
const tile = (at: number): ExportTile => ({
  column: at % columns,
  row: Math.floor(at / columns),
  x: (at % columns) * 250,
  y: Math.floor(at / columns) * 250,
  width: 250,
  height: 250,
  classIndex: classOf(at),
  probabilities: classes.map((_, index) => (index === classOf(at) ? 0.8 : 0.1)),
});
const tiles = Array.from({ length: count }, (_, at) => tile(at));
const centres = tiles.map(({ x, y }, at) => ({ tile: at, x: x + 125, y: y + 125 }));
const grid = { level: 0, columns, rows: count / columns, downsample: 1, sizePx: 250, stridePx: 250 };

it.each([
  ['an object a tile', 'all', () => tileDetections(tiles, classes)],
  ['an outline a class', 'annotations', () => classAnnotations(tiles, classes, grid)],
] as const)('%s', async (_, objects, pieces) => {
  const path = join(folder, `${objects}.geojson.gz`);
  await writeTextStream(path, pieces(), { gzip: true });
  const { shapes, colours } = classShapesFromGeoJson(gunzipSync(readFileSync(path)).toString(), path, objects);
  expect(shapes).toHaveLength(objects === 'all' ? count : classes.length);
  expect([...colours].sort()).toEqual(classes.map(({ name, colour }) => [name, colour]));
  const { labels, contested } = labelCentres(shapes, centres, () => undefined);
  expect([labels.length, contested]).toEqual([count, 0]);
  expect(labels.filter((label) => label.class !== classes[classOf(label.tile)]!.name)).toEqual([]);
});
