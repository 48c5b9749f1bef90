/** Generated slides of each vendor: sizes, levels, pixel size, associated images and every pixel. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import type { SlideReader } from '#main/slides/slide-reader.ts';
import {
  leicaSlide,
  noisy,
  painted,
  reduced,
  smooth,
  ventanaSlide,
  writeLeica,
  writeNdpi,
  writePhilips,
  writeVentana,
  type NdpiOptions,
} from '#tests/fixtures/tiff/vendor-files.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-vendors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectPixels(
  reader: SlideReader,
  level: number,
  x: number,
  y: number,
  wanted: Uint8Array,
  width: number,
): Promise<void> {
  const { data } = await reader.readRegion({ level, x, y, width, height: wanted.length / 3 / width });
  expect(Buffer.compare(data, wanted)).toBe(0);
}

describe('a Philips TIFF', () => {
  it('has levels without their padding, label and macro', async () => {
    const path = join(folder, 'philips.tiff');
    await writePhilips(path);
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({ width: 192, height: 128, vendor: 'philips', objectivePower: 40 });
    expect(reader.info.levels.map(({ width, height, downsample }) => [width, height, downsample])).toEqual([
      [192, 128, 1],
      [96, 64, 2],
      [48, 32, 4],
    ]);
    expect(reader.info.mpp).toMatchObject({ source: 'file', field: 'philips.DICOM_PIXEL_SPACING', y: 0.25 });
    expect(reader.info.mpp).toMatchObject({ x: expect.closeTo(0.275, 9) });
    expect(reader.info.associatedImages).toEqual([
      { name: 'label', width: 30, height: 20 },
      { name: 'macro', width: 40, height: 24 },
    ]);
    await expectPixels(reader, 0, 0, 0, painted(noisy, 0, 0, 192, 128), 192);
    await expectPixels(reader, 1, 0, 0, painted(reduced(1), 0, 0, 96, 64), 96);
    await expectPixels(reader, 2, 40, 30, white(painted(reduced(2), 40, 30, 10, 4), 10, 8, 2), 10);
    const label = await reader.readAssociatedImage('label');
    expect(Buffer.compare(label.data, painted(reduced(9), 0, 0, 30, 20))).toBe(0);
    const macro = await reader.readAssociatedImage('macro');
    expect([...macro.data.subarray(0, 3)].map((value, at) => Math.abs(value - [0x30, 0x60, 0xa0][at]!) <= 2)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

/** White from column `right` and row `bottom` on. */
function white(data: Uint8Array, width: number, right: number, bottom: number): Uint8Array {
  return data.map((value, at) =>
    Math.floor(at / 3) % width >= right || Math.floor(at / 3 / width) >= bottom ? 255 : value,
  );
}

describe('a Leica SCN', () => {
  it('lays its areas on a white slide at their places', async () => {
    const path = join(folder, 'leica.scn');
    await writeLeica(path);
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({
      width: 400,
      height: 300,
      vendor: 'leica',
      objectivePower: 20,
      mpp: { source: 'file', x: 0.5, y: 0.5 },
      associatedImages: [{ name: 'macro', width: 100, height: 75 }],
    });
    expect(reader.info.mppClaims).toHaveLength(2);
    expect(reader.info.levels.map(({ width, downsample }) => [width, downsample])).toEqual([
      [400, 1],
      [200, 2],
    ]);
    for (const [level, paint] of [noisy, reduced(1)].entries()) {
      const nm = 500 * 2 ** level;
      const [width, height] = [leicaSlide.width / nm, leicaSlide.height / nm];
      const wanted = new Uint8Array(width * height * 3).fill(255);
      for (const area of leicaSlide.areas) {
        const [x, y, w, h] = [area.x / nm, area.y / nm, area.width / nm, area.height / nm];
        const pixels = painted(paint, x, y, w, h);
        for (let row = 0; row < h; row++)
          wanted.set(pixels.subarray(row * w * 3, (row + 1) * w * 3), ((y + row) * width + x) * 3);
      }
      await expectPixels(reader, level, 0, 0, wanted, width);
    }
  });
});

describe('a Ventana BIF', () => {
  const { tile, areas } = ventanaSlide;

  it('joins overlapping tiles and lays its areas at their places, on every level', async () => {
    const path = join(folder, 'ventana.bif');
    await writeVentana(path);
    await using reader = await openSlide(path);
    const size = ({ columns, rows }: { columns: number; rows: number }): [number, number] => [
      (columns - 1) * (tile - 6) + tile,
      (rows - 1) * (tile - 4) + tile,
    ];
    expect(reader.info).toMatchObject({
      width: 280,
      height: 424,
      vendor: 'ventana',
      objectivePower: 20,
      mpp: { source: 'file', x: 0.465, field: 'ventana.ScanRes' },
      associatedImages: [{ name: 'macro', width: 50, height: 30 }],
    });
    for (const [level, paint] of [noisy, reduced(1)].entries()) {
      const scale = 2 ** level;
      const [width, height] = [280 / scale, 424 / scale];
      const wanted = new Uint8Array(width * height * 3).fill(255);
      for (const area of areas) {
        const [w, h] = size(area).map((side) => side / scale) as [number, number];
        const [x, y] = [area.x / scale, area.y / scale];
        const pixels = painted(paint, x, y, w, h);
        for (let row = 0; row < h; row++)
          wanted.set(pixels.subarray(row * w * 3, (row + 1) * w * 3), ((y + row) * width + x) * 3);
      }
      await expectPixels(reader, level, 0, 0, wanted, width);
    }
  });

  it('is a plain pyramid when no joints are described', async () => {
    const path = join(folder, 'plain.bif');
    await writeVentana(path, { plain: true });
    await using reader = await openSlide(path);
    expect(reader.info.levels.map(({ width, height }) => [width, height])).toEqual([
      [192, 384],
      [96, 192],
    ]);
    await expectPixels(reader, 0, 0, 0, painted(noisy, 0, 0, 192, 384), 192);
  });

  it('is refused when its joints are not between neighbours', async () => {
    const path = join(folder, 'odd.bif');
    await writeVentana(path, {
      joint: '<TileJointInfo Confidence="90" Direction="RIGHT" Tile1="1" Tile2="9" OverlapX="1" OverlapY="0"/>',
    });
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-unsupported', details: { vendor: 'ventana' } });
  });
});

describe('a Hamamatsu NDPI', () => {
  const far = 4_400_000_000;
  const variants: readonly (readonly [string, NdpiOptions])[] = [
    ['runs named by tags', {}],
    ['runs found by searching', { starts: 'none' }],
    ['tags that point elsewhere', { starts: 'wrong' }],
    ['one run a row', { interval: 32 }],
    ['no restart markers', { interval: 0 }],
    ['a JPEG header that says 0', { jpegSize: [0, 0] }],
    ['many rows', { height: 800, interval: 8 }],
    ['everything beyond 4 GB', { container: { firstByte: far } }],
    ['directories beyond 4 GB, level 0 before', { directoriesAt: far }],
    ['level 0 beyond 4 GB', { levelAt: far }],
    ['wider than a JPEG can be', { width: 66_048, height: 16, interval: 129, jpegSize: [0, 16] }],
  ];
  it.each(variants)('with %s gives the pixels of its JPEG', async (_, options) => {
    const path = join(folder, 'slide.ndpi');
    const jpeg = await writeNdpi(path, options);
    const { width = 256, height = 80 } = options;
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({
      width,
      height,
      vendor: 'hamamatsu',
      objectivePower: 20,
      compression: 'JPEG',
      mpp: { source: 'file', x: 0.5, y: 0.5 },
    });
    expect(reader.info.levels.map(({ downsample }) => downsample)).toEqual([1, 2]);
    expect(reader.info.associatedImages).toEqual([{ name: 'macro', width: width / 4, height: height / 4 }]);
    const part = { x: Math.max(0, width - 250), y: 3, width: 250, height: height - 3 };
    const { data } = await reader.readRegion({ level: 0, ...part });
    const wanted =
      width > 65_535
        ? Buffer.from(painted(smooth, part.x, part.y, part.width, part.height))
        : await sharp(jpeg)
            .extract({ left: part.x, top: part.y, width: part.width, height: part.height })
            .raw()
            .toBuffer();
    let largest = 0;
    for (let at = 0; at < wanted.length; at++) largest = Math.max(largest, Math.abs(wanted[at]! - data[at]!));
    expect(largest).toBeLessThanOrEqual(width > 65_535 ? 12 : 0);
    expect(await reader.readStoredJpegTile?.(0, 0, 0)).toBeNull();
    expect((await reader.readAssociatedImage('macro')).width).toBe(width / 4);
  });
});
