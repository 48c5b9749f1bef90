/** Our SVS reader against OpenSlide's own command line tools, an independent decoder. Skipped, with the reason, without them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';

const slide = fileURLToPath(new URL('../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));
const isInstalled = spawnSync('openslide-write-png', ['--version']).error === undefined;
const folder = mkdtempSync(join(tmpdir(), 'trefoil-openslide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!isInstalled)(
  `the SVS reader against OpenSlide${isInstalled ? '' : ' (skipped: openslide-tools is not installed)'}`,
  () => {
    it.each([
      [0, 0, 300, 200],
      [700, 1100, 513, 421],
      [2000, 2700, 220, 267],
    ])('gives the same pixels at %i, %i, %i x %i', async (x, y, width, height) => {
      const png = join(folder, `${x}-${y}.png`);
      execFileSync('openslide-write-png', [slide, String(x), String(y), '0', String(width), String(height), png]);
      const expected = await sharp(png).removeAlpha().raw().toBuffer();
      await using reader = await openSlide(slide);
      const { data } = await reader.readRegion({ level: 0, x, y, width, height });
      const largest = data.reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] ?? 0))), 0);
      // Two JPEG decoders may round the colour conversion differently by a grey level or two, never more.
      expect(largest).toBeLessThanOrEqual(2);
      expect(new Set(expected).size).toBeGreaterThan(20);
    });

    it('reads the same properties', async () => {
      const text = execFileSync('openslide-show-properties', [slide], { encoding: 'utf8' });
      const properties = new Map(Array.from(text.matchAll(/^(.*): '(.*)'$/gm), ([, name, value]) => [name, value]));
      const property = (name: string) => properties.get(name);
      await using reader = await openSlide(slide);
      const { info } = reader;
      expect([info.width, info.height].map(String)).toEqual([
        property('openslide.level[0].width'),
        property('openslide.level[0].height'),
      ]);
      expect(info.vendor).toBe(property('openslide.vendor'));
      expect(String(info.objectivePower)).toBe(property('openslide.objective-power'));
      expect(info.mpp).toMatchObject({ source: 'file', x: Number(property('openslide.mpp-x')) });
    });
  },
);
