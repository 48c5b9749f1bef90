/** What the reader does around pixels: odd pages, sub-images that loop, stored JPEG tiles, colour profiles, claims. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { writePage, type PageSpec } from '#tests/fixtures/tiff/encode-page.ts';
import { ascii, TiffFile, type Container, type Directory, type Field } from '#tests/fixtures/tiff/tiff-file.ts';
import {
  noisy,
  painted,
  reduced,
  smooth,
  writeLeica,
  writeNdpi,
  writeVentana,
} from '#tests/fixtures/tiff/vendor-files.ts';
import { matrixProfile, scannerProfile } from '#tests/support/icc-profiles.ts';

const aperio = fileURLToPath(new URL('../../../../../resources/demo/CMU-1-Small-Region.svs', import.meta.url));
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-reader-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(
  name: string,
  specs: readonly (Omit<PageSpec, 'value'> & Partial<PageSpec>)[],
  container: Container = {},
): Promise<string> {
  const path = join(folder, name);
  const file = await TiffFile.create(path, container);
  const pages: Directory[] = [];
  for (const spec of specs) pages.push({ fields: await writePage(file, { value: noisy, ...spec }) });
  await file.finish(pages);
  return path;
}

const size = { width: 100, height: 80 };
const described = (text: string): Field => [270, 2, ascii(text)];

describe('an odd page', () => {
  const slide = { ...size, fields: [described('Aperio x\ny|AppMag = 20|MPP = 0.5')] };

  it('of unknown compression is left out, with a note where an image is missing', async () => {
    const label = {
      width: 20,
      height: 20,
      stripped: true,
      compressionNumber: 34661,
      fields: [described('Aperio\nlabel 20x20')],
    };
    const thumbnail = { width: 30, height: 20, stripped: true, fields: [described('Aperio\n-> 30x20')] };
    const levelOfOddKind = { width: 50, height: 40, compressionNumber: 34934, fields: [described('Aperio x')] };
    await using reader = await openSlide(await write('odd.svs', [slide, thumbnail, label, levelOfOddKind]));
    expect(reader.info.levels).toHaveLength(1);
    expect(reader.info.associatedImages).toEqual([{ name: 'thumbnail', width: 30, height: 20 }]);
    expect(reader.info.notes).toEqual([expect.stringMatching(/^Left out: the label\. .*JBIG/)]);
    const { data } = await reader.readRegion({ level: 0, x: 0, y: 0, ...size });
    expect(Buffer.compare(data, painted(noisy, 0, 0, 100, 80))).toBe(0);
  });

  it('whose directory makes no sense is left out too', async () => {
    const broken = { width: 20, height: 20, fields: [[322, 4, [7]] as Field] };
    await using reader = await openSlide(await write('broken.tif', [size, broken]));
    expect(reader.info.notes).toEqual([expect.stringMatching(/^Left out: page 2\./)]);
  });

  it('that is the slide itself fails, whether first or largest', async () => {
    const broken = { width: 200, height: 160, fields: [[322, 4, [7]] as Field] };
    for (const specs of [
      [broken, size],
      [size, broken],
    ]) {
      await expect(openSlide(await write('main.tif', specs))).rejects.toMatchObject({ code: 'file-invalid' });
    }
    const unknown = await write('unknown.tif', [{ ...size, compressionNumber: 34712, samples: 2, photometric: 1 }]);
    await expect(openSlide(unknown)).rejects.toMatchObject({
      code: 'file-unsupported',
      details: { vendor: 'generic-tiff' },
    });
  });
});

it('knows Aperio’s label and macro by their subfile type where they have no description', async () => {
  const plain = (subfileType: number, side: number) => ({
    width: side,
    height: side,
    stripped: true,
    fields: [[254, 4, [subfileType]] as Field],
  });
  const slide = { ...size, fields: [described('Aperio x\ny|MPP = 0.5')] };
  await using reader = await openSlide(await write('gt.svs', [slide, plain(0, 30), plain(1, 20), plain(9, 25)]));
  expect(reader.info.associatedImages.map(({ name, width }) => [name, width])).toEqual([
    ['thumbnail', 30],
    ['label', 20],
    ['macro', 25],
  ]);
});

it('refuses the overlapping tiles of a Trestle slide, which would lie at wrong places', async () => {
  const trestle = (overlaps: string) => ({
    ...size,
    fields: [[305, 2, ascii('MedScan')] as Field, described(`Objective Power=20;OverlapsXY= ${overlaps};`)],
  });
  const overlapping = await write('trestle.tif', [trestle('8 8 4 4')]);
  await expect(openSlide(overlapping)).rejects.toMatchObject({
    code: 'file-unsupported',
    details: { vendor: 'trestle' },
  });
  await using reader = await openSlide(await write('plain.tif', [trestle('0 0 0 0')]));
  expect(reader.info.width).toBe(100);
});

it('does not multiply one long tag by pages that all point at it', async () => {
  const path = join(folder, 'echo.tif');
  const file = await TiffFile.create(path, {});
  const page = await writePage(file, { ...size, value: noisy });
  await file.finish(
    Array.from({ length: 40 }, () => ({ fields: [...page, [270, 2, [...Buffer.alloc(9, 65)]] as Field] })),
  );
  const bytes = await readFile(path);
  const textAt = bytes.length;
  // Every description now claims the same four megabytes at the end.
  for (let at = bytes.readUInt32LE(4); at !== 0;) {
    const entries = bytes.readUInt16LE(at);
    for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12) {
      if (bytes.readUInt16LE(entry) !== 270) continue;
      bytes.writeUInt32LE(4 * 1024 * 1024, entry + 4);
      bytes.writeUInt32LE(textAt, entry + 8);
    }
    at = bytes.readUInt32LE(at + 2 + entries * 12);
  }
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(4 * 1024 * 1024, 65)]));
  await using reader = await openSlide(path);
  // 16 of them fill what all pages may hold together.
  expect(reader.info.notes).toHaveLength(40 - 16);
  expect(reader.info.notes?.[0]).toContain('bytes of text');
});

describe('sub-images', () => {
  const subFields = async (path: string, container: Container): Promise<void> => {
    const file = await TiffFile.create(path, container);
    const sub = await writePage(file, {
      width: 50,
      height: 40,
      value: reduced(1),
      bigEndian: container.bigEndian ?? false,
    });
    const fields = await writePage(file, { ...size, value: noisy, bigEndian: container.bigEndian ?? false });
    await file.finish([{ fields, subDirectories: [sub] }]);
  };

  it.each([{}, { bigTiff: true }, { bigEndian: true }])('are levels of a plain TIFF in %j', async (container) => {
    const path = join(folder, 'sub.tif');
    await subFields(path, container);
    await using reader = await openSlide(path);
    expect(reader.info.levels.map(({ downsample }) => downsample)).toEqual([1, 2]);
    const { data } = await reader.readRegion({ level: 1, x: 0, y: 0, width: 50, height: 40 });
    expect(Buffer.compare(data, painted(reduced(1), 0, 0, 50, 40))).toBe(0);
  });

  it('that point back to their page are refused', async () => {
    const path = join(folder, 'loop.tif');
    await subFields(path, {});
    const bytes = await readFile(path);
    const first = bytes.readUInt32LE(4);
    for (let entry = first + 2; entry < first + 2 + bytes.readUInt16LE(first) * 12; entry += 12) {
      if (bytes.readUInt16LE(entry) === 330) bytes.writeUInt32LE(first, entry + 8);
    }
    await writeFile(path, bytes);
    await expect(openSlide(path)).rejects.toMatchObject({
      code: 'file-invalid',
      message: expect.stringContaining('linked twice'),
    });
  });
});

describe('a stored JPEG tile', () => {
  it('of the real slide shows by itself what the region shows, without a colour marker in the file', async () => {
    await using reader = await openSlide(aperio);
    for (const [column, row] of [
      [0, 0],
      [3, 5],
      [8, 11],
    ] as const) {
      const tile = await reader.readStoredJpegTile!(0, column, row);
      expect(tile).toMatchObject({ width: 240, height: 240 });
      const shown = await sharp(tile!.bytes).raw().toBuffer();
      const { data } = await reader.readRegion({ level: 0, x: column * 240, y: row * 240, width: 240, height: 240 });
      expect(Buffer.compare(data, shown)).toBe(0);
    }
    // The slide is 2220 x 2967 px: tile column 9 and row 12 reach beyond it.
    for (const [column, row] of [
      [9, 0],
      [0, 12],
      [10, 0],
      [-1, 0],
      [0, 99],
    ] as const) {
      expect(await reader.readStoredJpegTile!(0, column, row)).toBeNull();
    }
    expect(await reader.readStoredJpegTile!(1, 0, 0)).toBeNull();
  });

  it.each([
    ['YCbCr 4:4:4', { compression: 'jpeg' }, true],
    ['YCbCr 4:2:0', { compression: 'jpeg', chroma: [2, 2] }, true],
    ['grey', { compression: 'jpeg', samples: 1 }, true],
    ['planes', { compression: 'jpeg', planar: true, photometric: 2 }, false],
    ['deflate', { compression: 'deflate' }, false],
  ] as const)('exists for %s: see whether it should', async (_, layout, stored) => {
    const path = await write('stored.tif', [{ ...size, value: smooth, ...layout }]);
    await using reader = await openSlide(path);
    const tile = await reader.readStoredJpegTile!(0, 1, 1);
    expect(tile !== null).toBe(stored);
    if (!tile) return;
    const shown = await sharp(tile.bytes).toColourspace('srgb').raw().toBuffer();
    const { data } = await reader.readRegion({ level: 0, x: 32, y: 32, width: 32, height: 32 });
    expect(Buffer.compare(data, shown)).toBe(0);
  });

  it('is never given where tiles are not where the grid says', async () => {
    const paths = ['v.bif', 'l.scn', 'h.ndpi'].map((name) => join(folder, name));
    await writeVentana(paths[0]!);
    await writeLeica(paths[1]!);
    await writeNdpi(paths[2]!);
    for (const path of paths) {
      await using reader = await openSlide(path);
      expect(await reader.readStoredJpegTile!(0, 0, 0)).toBeNull();
    }
  });
});

describe('a colour profile', () => {
  it('is described and given as stored', async () => {
    const profile = matrixProfile({ ...scannerProfile, name: 'ScanScope test' });
    const path = await write('icc.tif', [{ ...size, fields: [[34675, 7, [...profile]]] }]);
    await using reader = await openSlide(path);
    expect(reader.info.colourProfile).toEqual({ name: 'ScanScope test', byteLength: profile.length });
    expect(Buffer.from((await reader.readColourProfile!())!).equals(profile)).toBe(true);
  });

  it('is none when there is none, or when its bytes are no profile', async () => {
    for (const fields of [[], [[34675, 7, Array(300).fill(7)] as Field]]) {
      await using reader = await openSlide(await write('no-icc.tif', [{ ...size, fields }]));
      expect(reader.info.colourProfile).toBeNull();
    }
  });
});

it('keeps every stated pixel size, the vendor’s own first', async () => {
  const perCentimetre = (mpp: number): number[] => [Math.round(1e7 / mpp), 1000];
  const resolution: Field[] = [
    [282, 5, perCentimetre(0.3)],
    [283, 5, perCentimetre(0.3)],
    [296, 3, [3]],
  ];
  const path = await write('claims.svs', [
    { ...size, fields: [described('Aperio x\ny|AppMag = 20|MPP = 0.5'), ...resolution] },
  ]);
  await using reader = await openSlide(path);
  expect(reader.info.mpp).toMatchObject({ source: 'file', x: 0.5, field: 'aperio.MPP' });
  expect(reader.info.mppClaims?.map(({ field }) => field)).toEqual(['aperio.MPP', 'tiff.XResolution/ResolutionUnit']);
});

it('reads a BigTIFF whose pixels and directories lie beyond 4 GB', async () => {
  const path = await write('far.tif', [{ ...size, compression: 'lzw' }], { bigTiff: true, firstByte: 5_000_000_000 });
  await using reader = await openSlide(path);
  const { data } = await reader.readRegion({ level: 0, x: 0, y: 0, ...size });
  expect(Buffer.compare(data, painted(noisy, 0, 0, 100, 80))).toBe(0);
});
