/** Real slides that are not part of the project, against independent decoders; see tests/reference-data.ts. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { referenceFile } from '#tests/reference-data.ts';

const tcga = referenceFile('slides/tcga-cr-7395-01a-01-ts1.svs');
const cytomine = referenceFile('slides/cytomine_pims_test-image.tiff');
const hasOpenSlide = spawnSync('openslide-write-png', ['--version']).error === undefined;
const folder = mkdtempSync(join(tmpdir(), 'trefoil-reference-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
}

const why = tcga.skipped || (hasOpenSlide ? '' : ' (skipped: openslide-tools is not installed)');

describe.skipIf(tcga.path === null || !hasOpenSlide)(`a real Aperio slide in JPEG 2000${why}`, () => {
  const path = tcga.path ?? '';

  it('says of itself what OpenSlide says', async () => {
    const text = execFileSync('openslide-show-properties', [path], { encoding: 'utf8' });
    const property = (name: string): number => Number(new RegExp(`^${name}: '(.*)'$`, 'm').exec(text)?.[1]);
    await using reader = await openSlide(path);
    const { info } = reader;
    expect(info).toMatchObject({ vendor: 'aperio', compression: 'JPEG 2000 (RGB)', mpp: { source: 'missing' } });
    expect(info.levels).toHaveLength(property('openslide\\.level-count'));
    for (const [level, { width, height }] of info.levels.entries()) {
      expect([width, height]).toEqual(
        ['width', 'height'].map((side) => property(`openslide\\.level\\[${level}\\]\\.${side}`)),
      );
    }
    expect(info.colourProfile).toMatchObject({ name: expect.stringContaining('sRGB'), byteLength: 3144 });
    expect((await reader.readColourProfile?.())?.length).toBe(3144);
    expect(text).not.toContain('openslide.mpp-x');
  });

  it.each([
    [0, 250, 1200, 300, 200],
    [0, 1700, 1100, 513, 421],
    [0, 4100, 3300, 343, 267],
  ])('gives the same pixels on level %i at %i, %i, %i x %i', async (level, x, y, width, height) => {
    const png = join(folder, 'region.png');
    execFileSync('openslide-write-png', [path, ...[x, y, level, width, height].map(String), png]);
    const expected = await sharp(png).removeAlpha().raw().toBuffer();
    await using reader = await openSlide(path);
    const { data } = await reader.readRegion({ level, x, y, width, height });
    expect(largestDifference(data, expected)).toBeLessThanOrEqual(1);
    expect(new Set(data).size).toBeGreaterThan(20);
  });
});

describe.skipIf(tcga.path === null || !hasOpenSlide)(`its reduced level${why}`, () => {
  it('lies where OpenSlide has it, up to the fraction of a pixel by which OpenSlide shifts and blends', async () => {
    const png = join(folder, 'reduced.png');
    // Its level 1 is 2.0005 times smaller: here are tissue and places that are nearly whole pixels on both levels.
    const [x, y, width, height] = [1978, 1690, 200, 80];
    const downsample = (4443 / 2221 + 3567 / 1783) / 2;
    const place = [x, y].map((side) => Math.round(side * downsample));
    execFileSync('openslide-write-png', [tcga.path ?? '', ...[...place, 1, width, height].map(String), png]);
    const expected = await sharp(png).removeAlpha().raw().toBuffer();
    await using reader = await openSlide(tcga.path ?? '');
    const differenceAt = async (shiftX: number, shiftY: number): Promise<number> => {
      const { data } = await reader.readRegion({ level: 1, x: x + shiftX, y: y + shiftY, width, height });
      return data.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / data.length;
    };
    const here = await differenceAt(0, 0);
    expect(here).toBeLessThan(2);
    for (const [shiftX, shiftY] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      expect(await differenceAt(shiftX, shiftY)).toBeGreaterThan(here * 1.2);
    }
  });
});

describe.skipIf(cytomine.path === null)(`a real plain TIFF${cytomine.skipped}`, () => {
  it('gives every pixel as libvips does', async () => {
    await using reader = await openSlide(cytomine.path ?? '');
    const { width, height } = reader.info;
    expect([width, height, reader.info.compression]).toEqual([896, 862, 'none']);
    const { data } = await reader.readRegion({ level: 0, x: 0, y: 0, width, height });
    expect(
      Buffer.compare(
        data,
        await sharp(cytomine.path ?? '')
          .raw()
          .toBuffer(),
      ),
    ).toBe(0);
  });
});
