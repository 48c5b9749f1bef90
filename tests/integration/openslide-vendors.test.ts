/**
 * Generated slides of vendors' TIFF kinds, read by OpenSlide's own tools and by our readers: the same sizes, levels, pixel
 * size, power, associated images and pixels. Skipped, with the reason, without the tools.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { writeAperio, writeLeica, writeNdpi, writePhilips, writeVentana } from '#tests/fixtures/tiff/vendor-files.ts';

const isInstalled = spawnSync('openslide-write-png', ['--version']).error === undefined;
const folder = mkdtempSync(join(tmpdir(), 'trefoil-openslide-vendors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly name: string;
  readonly file: string;
  readonly write: (path: string) => Promise<unknown>;
  /** Two JPEG decoders round differently. */
  readonly largestDifference?: number;
  /** Places (level 0) of 30 x 20 px. */
  readonly places: readonly (readonly [x: number, y: number])[];
}

const cases: readonly Case[] = [
  {
    name: 'Aperio, JPEG 2000 as 33005',
    file: 'a.svs',
    write: (path) => writeAperio(path, 33005),
    places: [
      [0, 0],
      [50, 41],
    ],
  },
  {
    name: 'Aperio, JPEG 2000 as 33003',
    file: 'b.svs',
    write: (path) => writeAperio(path, 33003),
    places: [
      [0, 0],
      [50, 41],
    ],
    largestDifference: 2,
  },
  {
    name: 'Philips',
    file: 'p.tiff',
    write: writePhilips,
    places: [
      [0, 0],
      [64, 50],
      [161, 107],
    ],
  },
  {
    name: 'Leica',
    file: 'l.scn',
    write: writeLeica,
    places: [
      [30, 50],
      [120, 120],
      [225, 130],
      [330, 220],
    ],
  },
  {
    name: 'Ventana',
    file: 'v.bif',
    write: writeVentana,
    places: [
      [100, 0],
      [150, 50],
      [210, 170],
      [20, 300],
      [70, 350],
      [110, 400],
    ],
  },
  {
    name: 'Ventana without overlap',
    file: 'w.bif',
    write: (path) => writeVentana(path, { overlapX: 0, overlapY: 0 }),
    places: [
      [100, 0],
      [60, 320],
    ],
  },
  {
    name: 'Ventana without joints',
    file: 'x.bif',
    write: (path) => writeVentana(path, { plain: true }),
    places: [
      [0, 0],
      [64, 200],
    ],
  },
  {
    name: 'NDPI',
    file: 'h.ndpi',
    write: (path) => writeNdpi(path, {}),
    places: [
      [0, 0],
      [60, 30],
      [220, 60],
    ],
    largestDifference: 3,
  },
];

describe.skipIf(!isInstalled)(
  `vendors' slides against OpenSlide${isInstalled ? '' : ' (skipped: openslide-tools is not installed)'}`,
  () => {
    it.each(cases.map((each) => [each.name, each] as const))(
      '%s: what it says and shows is the same',
      async (_, each) => {
        const path = join(folder, each.file);
        await each.write(path);
        const text = execFileSync('openslide-show-properties', [path], { encoding: 'utf8' });
        const properties = new Map(Array.from(text.matchAll(/^(.*): '(.*)'$/gm), ([, name, value]) => [name, value]));
        const number = (name: string): number => Number(properties.get(name) ?? Number.NaN);
        await using reader = await openSlide(path);
        const { info } = reader;
        expect(info.vendor).toBe(properties.get('openslide.vendor'));
        // OpenSlide adds levels that it makes by reducing JPEGs while it decodes them.
        if (info.vendor === 'hamamatsu') expect(number('openslide.level-count')).toBeGreaterThan(info.levels.length);
        else expect(info.levels).toHaveLength(number('openslide.level-count'));
        for (const [level, { width, height, downsample }] of info.levels.entries()) {
          expect([width, height]).toEqual([
            number(`openslide.level[${level}].width`),
            number(`openslide.level[${level}].height`),
          ]);
          expect(downsample).toBeCloseTo(number(`openslide.level[${level}].downsample`), 1);
        }
        const { mpp } = info;
        if (mpp.source === 'file') {
          expect(mpp.x).toBeCloseTo(number('openslide.mpp-x'), 6);
          expect(mpp.y).toBeCloseTo(number('openslide.mpp-y'), 6);
        }
        if (properties.has('openslide.objective-power'))
          expect(info.objectivePower).toBe(number('openslide.objective-power'));

        for (const [x, y] of each.places) {
          for (const [level, { downsample }] of info.levels.entries()) {
            const png = join(folder, 'region.png');
            // The place is in level-0 pixels: whole pixels of every level.
            const step = Math.round(downsample);
            const [x0, y0] = [x - (x % step), y - (y % step)];
            const [width, height] = [Math.ceil(30 / step), Math.ceil(20 / step)];
            execFileSync('openslide-write-png', [path, ...[x0, y0, level, width, height].map(String), png]);
            const expected = await sharp(png).flatten({ background: '#ffffff' }).raw().toBuffer();
            const { data } = await reader.readRegion({ level, x: x0 / step, y: y0 / step, width, height });
            const largest = data.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? 0))), 0);
            expect(largest, `level ${level} at ${x}, ${y}`).toBeLessThanOrEqual(each.largestDifference ?? 0);
          }
        }
      },
    );
  },
);
