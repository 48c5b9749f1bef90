/** Every layout and compression of generated TIFFs against the pixels they were made from, and the failures of bad ones. */
import { mkdtemp, readFile, rm, truncate, unlink, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { paint, writePyramidTiff, type PyramidTiffOptions } from '#tests/fixtures/tiff/write-tiff.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-tiff-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noisy: PyramidTiffOptions['pixel'] = (x, y) => [(x * 7 + y * 3) & 255, (x ^ y) & 255, ((x * y) >> 3) & 255];
const smooth: PyramidTiffOptions['pixel'] = (x, y) => [100 + ((x / 4) & 127), 60 + ((y / 4) & 127), 170];
const base = { width: 301, height: 203, tilePx: 64, levels: 3, pixel: noisy, mpp: 0.5 } as const;

const variants: readonly Partial<PyramidTiffOptions>[] = (['none', 'lzw', 'deflate'] as const).flatMap((compression) =>
  [
    {},
    { stripped: true },
    { predictor: true },
    { planar: true },
    { samples: 1 as const },
    { samples: 4 as const },
  ].flatMap((layout) =>
    [{}, { bigTiff: true }, { bigEndian: true }]
      .filter(() => !('predictor' in layout) || compression !== 'none')
      .map((container) => ({ compression, ...layout, ...container })),
  ),
);

describe('lossless layouts', () => {
  it.each(variants.map((variant) => [JSON.stringify(variant), variant] as const))(
    '%s gives back every pixel of every level',
    async (_, variant) => {
      const path = join(folder, 'variant.tif');
      const options = { compression: 'none', ...base, ...variant } as PyramidTiffOptions;
      await writePyramidTiff(path, options);
      await using reader = await openSlide(path);
      expect(reader.info.levels.map((level) => level.downsample)).toEqual([1, 2, 4]);
      expect(reader.info.mpp).toMatchObject({ source: 'file', x: 0.5, y: 0.5 });
      for (const [level, { width, height }] of reader.info.levels.entries()) {
        const region = await reader.readRegion({ level, x: 0, y: 0, width, height });
        expect(Buffer.compare(region.data, paint(options, level, 0, 0, width, height))).toBe(0);
      }
    },
  );
});

it('reads Deflate under its old number 32946 too', async () => {
  const path = join(folder, 'old-deflate.tif');
  const options = { ...base, compression: 'deflate', compressionNumber: 32946 } as const;
  await writePyramidTiff(path, options);
  await using reader = await openSlide(path);
  const region = await reader.readRegion({ level: 0, x: 0, y: 0, width: 301, height: 203 });
  expect(Buffer.compare(region.data, paint(options, 0, 0, 0, 301, 203))).toBe(0);
});

describe('JPEG tiles', () => {
  it.each([{}, { sharedJpegTables: false }, { bigTiff: true }, { samples: 1 as const }])(
    '%j decode as libvips decodes them',
    async (variant) => {
      const path = join(folder, 'jpeg.tif');
      await writePyramidTiff(path, { ...base, compression: 'jpeg', pixel: smooth, ...variant });
      await using reader = await openSlide(path);
      const region = await reader.readRegion({ level: 0, x: 0, y: 0, width: 301, height: 203 });
      const other = await sharp(path, { page: 0 }).toColourspace('srgb').raw().toBuffer();
      let largest = 0;
      for (let at = 0; at < other.length; at++) {
        largest = Math.max(largest, Math.abs((region.data[at] as number) - (other[at] as number)));
      }
      expect(largest).toBeLessThanOrEqual(2);
    },
  );
});

describe('files that cannot be read', () => {
  const write = async (name: string, options: Partial<PyramidTiffOptions> = {}): Promise<string> => {
    const path = join(folder, name);
    await writePyramidTiff(path, { ...base, compression: 'none', ...options });
    return path;
  };

  it.each([2, 34661, 34925, 34934, 50002])('names compression %i as unsupported', async (compressionNumber) => {
    const path = await write('other.tif', { compressionNumber, description: 'Aperio test' });
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-unsupported', details: { vendor: 'aperio' } });
  });

  it('tells a truncated file, with pixels or with directories missing', async () => {
    const path = await write('cut.tif');
    await truncate(path, 5000);
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-truncated' });
  });

  it('tells a directory chain that loops', async () => {
    const path = await write('loop.tif', { levels: 1 });
    const bytes = await readFile(path);
    // The last four bytes of a file with one page are the link to the next page, up to padding.
    const first = bytes.readUInt32LE(4);
    bytes.writeUInt32LE(first, first + 2 + bytes.readUInt16LE(first) * 12);
    await writeFile(path, bytes);
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-invalid' });
  });

  it('refuses a decompression bomb', async () => {
    const path = await write('bomb.tif', {
      levels: 1,
      compression: 'deflate',
      width: 512,
      height: 512,
      tilePx: 512,
      pixel: () => [1, 1, 1],
    });
    const bytes = await readFile(path);
    const first = bytes.readUInt32LE(4);
    for (let at = first + 2; at < first + 2 + bytes.readUInt16LE(first) * 12; at += 12) {
      if ([256, 257, 322, 323].includes(bytes.readUInt16LE(at))) bytes.writeUInt32LE(16, at + 8);
    }
    await writeFile(path, bytes);
    await using reader = await openSlide(path);
    const read = reader.readRegion({ level: 0, x: 0, y: 0, width: 16, height: 16 });
    await expect(read).rejects.toMatchObject({ code: 'file-invalid' });
  });

  it('notices a file that changes or is deleted while it is open', async () => {
    const path = await write('changing.tif');
    await using reader = await openSlide(path);
    await appendFile(path, 'more');
    const region = { level: 0, x: 0, y: 0, width: 8, height: 8 };
    await expect(reader.readRegion(region)).rejects.toMatchObject({ code: 'file-changed' });
    await using other = await openSlide(path);
    await unlink(path);
    await expect(other.readRegion(region)).rejects.toMatchObject({ code: 'file-changed' });
  });

  it.each([
    ['missing.tif', null, 'file-not-found'],
    ['empty.tif', '', 'file-invalid'],
    ['text.svs', 'These are my notes about the slide.', 'file-invalid'],
    ['cut.png', '\x89PNG\r\n\x1a\n....', 'file-invalid'],
    ['scan.dcm', `${'\0'.repeat(128)}DICM`, 'file-unsupported'],
  ])('%s gives a typed error', async (name, content, code) => {
    const path = join(folder, name);
    if (content !== null) await writeFile(path, content, 'latin1');
    await expect(openSlide(path)).rejects.toMatchObject({ code });
  });

  it('a folder gives a typed error', async () => {
    await expect(openSlide(folder)).rejects.toMatchObject({ code: 'file-unreadable' });
  });

  it('refuses regions that are too large or not there', async () => {
    await using reader = await openSlide(await write('good.tif'));
    const region = { x: 0, y: 0, width: 10_000, height: 10_000 };
    await expect(reader.readRegion({ ...region, level: 0 })).rejects.toMatchObject({ code: 'limit-exceeded' });
    await expect(reader.readRegion({ ...region, level: 9 })).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
