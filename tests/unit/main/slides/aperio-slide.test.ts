/** The real Aperio fixture against libvips' own TIFF reader inside sharp: an independent decode of the same file. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { readRegionAtMpp, readScaledRegion } from '#main/slides/read-scaled-region.ts';
import { withMppByHand } from '#main/slides/slide-mpp.ts';
import { slideFingerprint } from '#main/slides/slide-fingerprint.ts';

const path = fileURLToPath(new URL('../../../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let at = 0; at < a.length; at++) largest = Math.max(largest, Math.abs((a[at] as number) - (b[at] as number)));
  return largest;
}

describe('a real Aperio SVS', () => {
  it('tells size, pixel size, power, vendor and associated images', async () => {
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({
      width: 2220,
      height: 2967,
      mpp: { source: 'file', x: 0.499, y: 0.499, field: 'aperio.MPP' },
      objectivePower: 20,
      vendor: 'aperio',
      compression: 'JPEG',
    });
    expect(reader.info.levels).toHaveLength(1);
    expect(reader.info.associatedImages).toEqual([
      { name: 'thumbnail', width: 574, height: 768 },
      { name: 'label', width: 387, height: 463 },
      { name: 'macro', width: 1280, height: 431 },
    ]);
  });

  it.each([
    { left: 0, top: 0, width: 240, height: 240 },
    { left: 701, top: 1303, width: 613, height: 511 },
    { left: 2100, top: 2800, width: 120, height: 167 },
  ])('gives the same pixels as libvips at $left, $top', async ({ left, top, width, height }) => {
    await using reader = await openSlide(path);
    const region = await reader.readRegion({ level: 0, x: left, y: top, width, height });
    const other = await sharp(path, { page: 0 }).extract({ left, top, width, height }).raw().toBuffer();
    expect(largestDifference(region.data, other)).toBeLessThanOrEqual(2);
    expect(new Set(region.data).size).toBeGreaterThan(4);
  });

  it.each([
    ['thumbnail', 1],
    ['label', 2],
    ['macro', 3],
  ])('gives the %s as libvips decodes page %i', async (name, page) => {
    await using reader = await openSlide(path);
    const image = await reader.readAssociatedImage(name);
    expect(largestDifference(image.data, await sharp(path, { page }).raw().toBuffer())).toBeLessThanOrEqual(2);
  });

  it('is white outside the slide', async () => {
    await using reader = await openSlide(path);
    const region = await reader.readRegion({ level: 0, x: 2215, y: -3, width: 10, height: 3 });
    expect(region.data.every((value) => value === 255)).toBe(true);
  });

  it('is read at twice its pixel size with half the pixels, each the mean of four', async () => {
    await using reader = await openSlide(path);
    const full = await reader.readRegion({ level: 0, x: 500, y: 600, width: 128, height: 64 });
    const half = await readRegionAtMpp(reader, { x: 500, y: 600, width: 128, height: 64 }, 0.998);
    expect([half.width, half.height]).toEqual([64, 32]);
    for (let at = 0; at < 64 * 32 * 3; at++) {
      const x = Math.floor(at / 3) % 64;
      const from = (Math.floor(at / 3 / 64) * 2 * 128 + x * 2) * 3 + (at % 3);
      const mean = [0, 3, 384, 387].reduce((sum, step) => sum + (full.data[from + step] as number), 0) / 4;
      expect(half.data[at]).toBe(Math.floor(mean + 0.5));
    }
  });

  it('gives the same scaled pixels whether read whole or in quarters', async () => {
    await using reader = await openSlide(path);
    const whole = await readScaledRegion(reader, { x: 0, y: 0, width: 2220, height: 2960 }, 222, 296);
    const part = await readScaledRegion(reader, { x: 1110, y: 1480, width: 1110, height: 1480 }, 111, 148);
    for (let row = 0; row < 148; row++) {
      const from = ((row + 148) * 222 + 111) * 3;
      expect(whole.data.subarray(from, from + 333)).toEqual(part.data.subarray(row * 333, row * 333 + 333));
    }
  });

  it('refuses an unknown associated image and names those it has', async () => {
    await using reader = await openSlide(path);
    await expect(reader.readAssociatedImage('overview')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('keeps a pixel size set by hand apart from that of the file', async () => {
    await using reader = await openSlide(path);
    expect(withMppByHand(reader.info, 0.25).mpp).toEqual({ source: 'by-hand', x: 0.25, y: 0.25 });
    expect(() => withMppByHand(reader.info, 0)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    expect(await slideFingerprint(path)).toMatch(/^[0-9a-f]{64}$/);
  });
});
