/** Plain PNG and JPEG images as slides of one level, and the bounded cache of decoded tiles. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { readRegionAtMpp } from '#main/slides/read-scaled-region.ts';
import { TileCache } from '#main/slides/tile-cache.ts';

let folder = '';
const rgb = Buffer.from(Array.from({ length: 50 * 40 * 3 }, (_, at) => (at * 37) & 255));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-image-'));
  const image = sharp(rgb, { raw: { width: 50, height: 40, channels: 3 } });
  await image.clone().png().toFile(join(folder, 'Präparat 1.png'));
  await image.clone().jpeg().withMetadata({ density: 300 }).toFile(join(folder, 'field.jpg'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a plain image', () => {
  it('gives its pixels, white outside, with the pixel size missing', async () => {
    await using reader = await openSlide(join(folder, 'Präparat 1.png'));
    expect(reader.info).toMatchObject({ width: 50, height: 40, vendor: 'image', mpp: { source: 'missing' } });
    const whole = await reader.readRegion({ level: 0, x: 0, y: 0, width: 50, height: 40 });
    expect(Buffer.compare(whole.data, rgb)).toBe(0);
    const corner = await reader.readRegion({ level: 0, x: 49, y: 39, width: 2, height: 2 });
    expect([...corner.data]).toEqual([...rgb.subarray(-3), ...Array.from({ length: 9 }, () => 255)]);
  });

  it('does not take a print density for a pixel size', async () => {
    await using reader = await openSlide(join(folder, 'field.jpg'));
    expect(reader.info.mpp).toEqual({ source: 'missing' });
    const read = readRegionAtMpp(reader, { x: 0, y: 0, width: 10, height: 10 }, 1);
    await expect(read).rejects.toMatchObject({ code: 'mpp-missing' });
  });

  it('that was cut short gives a typed error', async () => {
    const path = join(folder, 'cut.jpg');
    const whole = await readFile(join(folder, 'field.jpg'));
    await writeFile(path, whole.subarray(0, Math.floor(whole.length * 0.8)));
    await using reader = await openSlide(path);
    const read = reader.readRegion({ level: 0, x: 0, y: 0, width: 50, height: 40 });
    await expect(read).rejects.toMatchObject({ code: 'file-invalid' });
  });
});

describe('the tile cache', () => {
  it('decodes a tile once and drops the least recently used above its bound', async () => {
    const cache = new TileCache(250);
    const get = (key: string): Promise<Uint8Array> => cache.get(key, async () => new Uint8Array(100));
    await Promise.all([get('a'), get('a'), get('b')]);
    expect(cache.decodedCount).toBe(2);
    await get('a');
    await get('c');
    expect(cache.byteLength).toBe(200);
    await get('a');
    expect(cache.decodedCount).toBe(3);
    await get('b');
    expect(cache.decodedCount).toBe(4);
  });
});
