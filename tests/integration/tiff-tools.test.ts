/**
 * Generated TIFFs against the tools of other libraries: libtiff reads what we read, and writes LERC for us to read;
 * libvips writes pyramids; OpenJPEG writes subsampled JPEG 2000. Skipped, with the reason, without the tools.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { writePage, type PageSpec } from '#tests/fixtures/tiff/encode-page.ts';
import { TiffFile } from '#tests/fixtures/tiff/tiff-file.ts';
import { noisy, painted } from '#tests/fixtures/tiff/vendor-files.ts';

const has = (tool: string, ...check: string[]): boolean => spawnSync(tool, check).error === undefined;
const hasLibtiff = has('tiff2rgba') && has('tiffcp');
const hasVips = has('vips', '--version');
const hasOpenJpeg = has('opj_compress', '-h');
const folder = mkdtempSync(join(tmpdir(), 'trefoil-tiff-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const unless = (installed: boolean, name: string): string => (installed ? '' : ` (skipped: ${name} is not installed)`);

async function write(name: string, spec: PageSpec): Promise<string> {
  const path = join(folder, name);
  const file = await TiffFile.create(path, {});
  await file.finish([{ fields: await writePage(file, spec) }]);
  return path;
}

async function readWhole(path: string, level = 0): Promise<Uint8Array> {
  await using reader = await openSlide(path);
  const { width, height } = reader.info.levels[level]!;
  return (await reader.readRegion({ level, x: 0, y: 0, width, height })).data;
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
}

const base = { width: 90, height: 70, value: noisy } as const;
const palette = Array.from({ length: 768 }, (_, index) => ((index * 37) & 255) * 257);

describe.skipIf(!hasLibtiff)(`libtiff${unless(hasLibtiff, 'libtiff-tools')}`, () => {
  const layouts: readonly (readonly [string, Partial<PageSpec>, number])[] = [
    ...(['none', 'lzw', 'deflate', 'packbits', 'zstd'] as const).flatMap((compression) => [
      [`${compression}, tiles`, { compression }, 0] as const,
      [`${compression}, strips`, { compression, stripped: true }, 0] as const,
      [`${compression}, planes`, { compression, planar: true }, 0] as const,
    ]),
    ...(['lzw', 'deflate', 'zstd'] as const).map(
      (compression) =>
        [`${compression}, differences`, { compression, stripped: true, predictor: 2 as const }, 0] as const,
    ),
    ['uncompressed, with a predictor left behind', { fields: [[317, 3, [2]]] }, 0],
    ['WebP', { compression: 'webp' }, 0],
    ['a palette', { samples: 1, photometric: 3, fields: [[320, 3, palette]] }, 0],
    ['inverted grey', { samples: 1, photometric: 0 }, 0],
    ['CMYK', { samples: 4, photometric: 5, fields: [[332, 3, [1]]] }, 1],
    ['YCbCr 4:2:2', { photometric: 6, chroma: [2, 1], stripped: true }, 2],
    ['YCbCr 4:2:0', { photometric: 6, chroma: [2, 2], stripped: true }, 2],
  ];
  it.each(layouts)('shows the same pixels of %s', async (_, layout, allowed) => {
    const path = await write('layout.tif', { ...base, ...layout });
    const rgba = join(folder, 'rgba.tif');
    execFileSync('tiff2rgba', ['-c', 'none', path, rgba], { stdio: 'pipe' });
    const expected = await sharp(rgba).removeAlpha().raw().toBuffer();
    expect(largestDifference(await readWhole(path), expected)).toBeLessThanOrEqual(allowed);
  });

  it.each([
    ['grey', 'jpeg:95', { samples: 1 }],
    ['colour', 'jpeg:95', {}],
    ['RGB without conversion', 'jpeg:r:95', {}],
    ['CMYK', 'jpeg:95', { samples: 4, photometric: 5, fields: [[332, 3, [1]]] }],
  ] as readonly (readonly [string, string, Partial<PageSpec>])[])(
    'writes JPEG of %s that we show as it does',
    async (_, option, layout) => {
      const smooth = (x: number, y: number, sample: number): number => 30 + x + y + sample * 20;
      const plain = await write('plain.tif', { ...base, value: smooth, stripped: true, tilePx: 16, ...layout });
      const coded = join(folder, 'jpeg.tif');
      const rgba = join(folder, 'rgba.tif');
      execFileSync('tiffcp', ['-c', option, plain, coded], { stdio: 'pipe' });
      execFileSync('tiff2rgba', ['-c', 'none', coded, rgba], { stdio: 'pipe' });
      const expected = await sharp(rgba).removeAlpha().raw().toBuffer();
      expect(largestDifference(await readWhole(coded), expected)).toBeLessThanOrEqual(2);
    },
  );

  const deep = (x: number, y: number): number => (x === 0 ? 0 : x === 1 ? 65_535 : (x * 811 + y * 1237) & 65_535);
  const lerc: readonly (readonly [string, string, Partial<PageSpec>])[] = [
    ['grey', 'lerc', { samples: 1 }],
    ['colour', 'lerc', {}],
    ['colour in planes', 'lerc', { planar: true }],
    ['colour, deflated', 'lerc:s1', {}],
    ['colour, Zstandard', 'lerc:s2', {}],
    ['16 bits', 'lerc', { samples: 1, bits: 16, value: deep }],
    ['float', 'lerc:s2', { samples: 1, bits: 32, format: 'float', value: (x, y) => Math.fround(deep(x, y) / 7) }],
  ];
  it.each(lerc)('writes LERC of %s that we read as before', async (_, option, layout) => {
    const plain = await write('plain.tif', { ...base, ...layout });
    const coded = join(folder, 'lerc.tif');
    execFileSync('tiffcp', ['-c', option, plain, coded], { stdio: 'pipe' });
    await using reader = await openSlide(coded);
    expect(reader.info.compression).toBe('LERC');
    expect(Buffer.compare(await readWhole(coded), await readWhole(plain))).toBe(0);
  });
});

describe.skipIf(!hasVips)(`libvips${unless(hasVips, 'libvips-tools')}`, () => {
  it.each([
    ['zstd', ['--bigtiff'], 0],
    ['webp', ['--lossless'], 0],
    ['jp2k', ['--Q=90'], 2],
    ['jpeg', ['--Q=90'], 2],
    ['lzw', ['--predictor=horizontal', '--subifd'], 0],
    ['deflate', ['--depth=onetile', '--bigtiff', '--subifd'], 0],
  ] as const)('writes a pyramid in %s with %j that we read as libvips does', async (compression, options, allowed) => {
    const png = join(folder, 'source.png');
    const [width, height] = [300, 200];
    const smooth = painted((x, y, sample) => (x + y * (sample + 1)) & 255, 0, 0, width, height);
    await sharp(smooth, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(png);
    const path = join(folder, `${compression}.tif`);
    const layout = ['--tile', '--pyramid', '--tile-width=64', '--tile-height=64', `--compression=${compression}`];
    execFileSync('vips', ['tiffsave', png, path, ...layout, ...options], { stdio: 'pipe' });
    await using reader = await openSlide(path);
    expect(reader.info.levels.length).toBeGreaterThanOrEqual(2);
    const subImages = (options as readonly string[]).includes('--subifd');
    for (const [level, { width: w, height: h }] of reader.info.levels.entries()) {
      const out = join(folder, 'level.png');
      const which = subImages ? (level === 0 ? '' : `[subifd=${level - 1}]`) : `[page=${level}]`;
      execFileSync('vips', ['copy', `${path}${which}`, out], { stdio: 'pipe' });
      const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([w, h]);
      expect(largestDifference(await readWhole(path, level), data)).toBeLessThanOrEqual(allowed);
    }
    if (allowed === 0) expect(Buffer.compare(await readWhole(path), smooth)).toBe(0);
  });
});

describe.skipIf(!hasOpenJpeg)(`OpenJPEG${unless(hasOpenJpeg, 'libopenjp2-tools')}`, () => {
  it.each([
    ['4:2:2', [2, 1]],
    ['4:2:0', [2, 2]],
  ] as const)('writes JPEG 2000 in YCbCr %s as scanners do (33003)', async (_, [across, down]) => {
    const side = 64;
    const luma = Buffer.from(
      Array.from({ length: side * side }, (__, at) => 60 + (((at % side) + Math.floor(at / side)) % 120)),
    );
    const chromaWidth = side / across;
    const chroma = (offset: number): Buffer =>
      Buffer.from(Array.from({ length: chromaWidth * (side / down) }, (__, at) => offset + ((at % chromaWidth) % 40)));
    const raw = join(folder, 'tile.raw');
    const coded = join(folder, 'tile.j2k');
    writeFileSync(raw, Buffer.concat([luma, chroma(100), chroma(130)]));
    const format = `${side},${side},3,8,u@1x1:${across}x${down}:${across}x${down}`;
    execFileSync('opj_compress', ['-i', raw, '-o', coded, '-F', format, '-mct', '0'], { stdio: 'pipe' });
    const path = join(folder, 'subsampled.svs');
    const file = await TiffFile.create(path, {});
    const stored = readFileSync(coded);
    const offset = await file.append(stored);
    await file.finish([
      {
        fields: [
          [256, 4, [side]],
          [257, 4, [side]],
          [258, 3, [8, 8, 8]],
          [259, 3, [33003]],
          [262, 3, [6]],
          [277, 3, [3]],
          [322, 4, [side]],
          [323, 4, [side]],
          [324, 4, [offset]],
          [325, 4, [stored.length]],
        ],
      },
    ]);
    const data = await readWhole(path);
    let largest = 0;
    for (let y = 0, at = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const light = luma[y * side + x]!;
        const [blue, red] = [100, 130].map((start) => start + (Math.floor(x / across) % 40) - 128) as [number, number];
        const wanted = [light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue];
        for (const value of wanted)
          largest = Math.max(largest, Math.abs(data[at++]! - Math.max(0, Math.min(255, value))));
      }
    }
    // The package's own conversion cuts fractions off.
    expect(largest).toBeLessThan(2);
  });
});
