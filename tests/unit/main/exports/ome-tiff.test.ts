/** Probability maps as OME-TIFF, read back by libtiff, libvips, xmllint and our own reader. Skipped, with the reason, without the tools. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsBigTiff, writeOmeTiff } from '#main/exports/ome-tiff.ts';
import { omeXml, type OmeImage } from '#main/exports/ome-xml.ts';
import { openSlide } from '#main/slides/open-slide.ts';

const has = (tool: string, ...check: string[]): boolean => spawnSync(tool, check).error === undefined;
const hasLibtiff = has('tiffinfo');
const hasVips = has('vips', '--version');
const hasXmllint = has('xmllint', '--version');
const unless = (installed: boolean, name: string): string => (installed ? '' : ` (skipped: ${name} is not installed)`);
const folder = mkdtempSync(join(tmpdir(), 'trefoil-ome-tiff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const about: OmeImage = {
  name: 'core <3> & "more"',
  description: 'Probability of each class.',
  creator: 'Trefoil 1',
  width: 700,
  height: 520,
  pixelUmX: 12.85,
  pixelUmY: 12.825,
  channels: [
    { name: 'Tumour', colour: '#ff0000' },
    { name: 'Stroma & <fat>', colour: '#0072b2' },
  ],
  facts: { level0X: 0, level0Y: 0, level0PerPixel: 257, slide: 'Ä.svs' },
};
/** A hole in the middle, all of row 0 and column 0 there. */
const isThere = (column: number, row: number): boolean => !(column > 300 && column < 340 && row > 200 && row < 260);
const probability = (column: number, row: number): number => Math.fround(((column * 31 + row * 17) % 1000) / 1000);
const tiles = Array.from({ length: about.width * about.height }, (_, at) => ({
  column: at % about.width,
  row: Math.floor(at / about.width),
}))
  .filter(({ column, row }) => isThere(column, row))
  .map(({ column, row }) => {
    const first = probability(column, row);
    return { column, row, probabilities: [first, 1 - first] };
  });

async function write(name: string, bigTiff?: boolean): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, 'w');
  await writeOmeTiff(file, { tiles, about, ...(bigTiff === undefined ? {} : { bigTiff }) });
  await file.close();
  return path;
}

let classic: string;
let big: string;
beforeAll(async () => {
  classic = await write('classic.ome.tiff');
  big = await write('big.ome.tiff', true);
});

describe('the container', () => {
  it.each([
    ['classic TIFF while it fits', () => classic, '49492a00'],
    ['BigTIFF when asked for', () => big, '49492b0008000000'],
  ])('is %s', (_, path, expected) => {
    expect(
      readFileSync(path())
        .subarray(0, expected.length / 2)
        .toString('hex'),
    ).toBe(expected);
  });

  it.each([
    [{ width: 700, height: 520 }, false],
    // Padded to whole tiles 20,224 x 16,128 x 4 bytes x 2 classes, and half as much again to be safe: 3.9 GB.
    [{ width: 20_000, height: 16_000 }, false],
    [{ width: 25_000, height: 16_000 }, true],
  ])('of %j is BigTIFF by itself: %s', (size, expected) => {
    expect(needsBigTiff({ ...about, ...size })).toBe(expected);
  });
});

describe.skipIf(!hasLibtiff)(`libtiff${unless(hasLibtiff, 'libtiff-tools')}`, () => {
  it.each([
    ['classic', () => classic],
    ['BigTIFF', () => big],
  ])('finds one page a class with two reduced copies (%s), and complains of nothing', (_, path) => {
    const { stdout, stderr, status } = spawnSync('tiffinfo', [path()], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.match(/^=== TIFF directory \d+ ===/gm)).toHaveLength(2);
    expect(stdout.match(/Subfile Type: reduced-resolution image/g)).toHaveLength(4);
    expect(stdout.match(/Image Width: 700 Image Length: 520/g)).toHaveLength(2);
    expect(stdout.match(/SubIFD Offsets:\s+\d+\s+\d+\s*$/gm)).toHaveLength(2);
    expect(stdout.match(/Tile Width: 256 Tile Length: 256/g)).toHaveLength(6);
    expect(stdout.match(/Sample Format: IEEE floating point/g)).toHaveLength(6);
    // 10,000 um a centimetre / 12.85 um a pixel.
    expect(stdout).toMatch(/Resolution: 778\.2\d*, 779\.7\d* pixels\/cm/);
  });
});

describe.skipIf(!hasVips)(`libvips${unless(hasVips, 'libvips-tools')}`, () => {
  const read = (path: string, option: string): { width: number; height: number; values: Float32Array } => {
    const size = ['width', 'height'].map((field) =>
      Number(execFileSync('vipsheader', ['-f', field, `${path}[${option}]`], { encoding: 'utf8' })),
    );
    const raw = join(folder, 'plane.raw');
    execFileSync('vips', ['rawsave', `${path}[${option}]`, raw]);
    const bytes = readFileSync(raw);
    const [width = 0, height = 0] = size;
    expect(bytes.byteLength).toBe(width * height * 4);
    return { width, height, values: new Float32Array(bytes.buffer, bytes.byteOffset, width * height) };
  };

  it.each([
    ['classic', () => classic],
    ['BigTIFF', () => big],
  ])('reads every probability of every class bit by bit, and 0 where there is no tile (%s)', (_, path) => {
    for (const channel of [0, 1]) {
      const { width, height, values } = read(path(), `page=${channel}`);
      expect([width, height]).toEqual([700, 520]);
      const expected = new Float32Array(700 * 520);
      for (const { column, row, probabilities } of tiles) expected[row * 700 + column] = probabilities[channel]!;
      expect(Buffer.from(values).equals(Buffer.from(expected))).toBe(true);
    }
  });

  it('reads reduced copies that are means of the tiles there, the empty left out', () => {
    const half = read(classic, 'page=0,subifd=0');
    const quarter = read(classic, 'page=0,subifd=1');
    expect([half.width, half.height, quarter.width, quarter.height]).toEqual([350, 260, 175, 130]);
    const meanOf = (x: number, y: number, side: number): number => {
      const under: number[] = [];
      for (let row = y * side; row < (y + 1) * side; row += 1) {
        for (let column = x * side; column < (x + 1) * side; column += 1) {
          if (isThere(column, row)) under.push(probability(column, row));
        }
      }
      return under.length === 0 ? 0 : under.reduce((sum, value) => sum + value, 0) / under.length;
    };
    // 150 and 170 lie half on the hole's edges, 160 in it.
    for (const [x, y] of [
      [0, 0],
      [7, 9],
      [150, 110],
      [160, 115],
      [169, 129],
      [349, 259],
    ] as const) {
      expect(half.values[y * 350 + x]).toBeCloseTo(meanOf(x, y, 2), 6);
    }
    for (const [x, y] of [
      [0, 0],
      [75, 50],
      [80, 57],
      [84, 64],
      [174, 129],
    ] as const) {
      expect(quarter.values[y * 175 + x]).toBeCloseTo(meanOf(x, y, 4), 6);
    }
  });
});

describe('our own reader', () => {
  it('opens it as OME-TIFF with its size, scale and levels', async () => {
    await using reader = await openSlide(classic);
    const { info } = reader;
    expect(info).toMatchObject({ vendor: 'ome-tiff', width: 700, height: 520 });
    expect(info.mpp).toMatchObject({ source: 'file', field: 'ome.PhysicalSizeX', x: 12.85, y: 12.825 });
    expect(info.levels.map(({ width, height }) => [width, height])).toEqual([
      [700, 520],
      [350, 260],
      [175, 130],
    ]);
    expect(info.associatedImages).toEqual([]);
  });
});

describe.skipIf(!hasXmllint)(`OME-XML by xmllint${unless(hasXmllint, 'libxml2-utils')}`, () => {
  const schema = join(import.meta.dirname, '../../../fixtures/ome/ome-subset.xsd');
  const check = (xml: string) => {
    const path = join(folder, 'about.xml');
    writeFileSync(path, xml);
    return spawnSync('xmllint', ['--noout', '--nonet', '--schema', schema, path], { encoding: 'utf8' });
  };

  it('keeps to the documented structure, with any name', () => {
    expect(check(omeXml(about)).stderr).toMatch(/validates/);
    const odd = { ...about, name: '\u0000\u000b]]> \ud800 "&', channels: [{ name: '<!--\u0007', colour: '#12345z' }] };
    expect(check(omeXml(odd)).stderr).toMatch(/validates/);
  });

  it('would be refused without a channel, so the check can fail', () => {
    expect(check(omeXml({ ...about, channels: [] })).stderr).toMatch(/fails to validate/);
  });

  it('says class, colour and place on the slide', () => {
    const value = (path: string): string => {
      writeFileSync(join(folder, 'about.xml'), omeXml(about));
      const named = path.replaceAll(/\b([A-Z]\w*)\b(?=\[|\/|$)/g, "*[local-name()='$1']");
      return execFileSync('xmllint', ['--xpath', `string(${named})`, join(folder, 'about.xml')], {
        encoding: 'utf8',
      }).trim();
    };
    expect(value('//Channel[2]/@Name')).toBe('Stroma & <fat>');
    // Red, opaque: 255 * 2^24 + 255 as a signed number.
    expect(value('//Channel[1]/@Color')).toBe('-16776961');
    expect(value("//M[@K='level0PerPixel']")).toBe('257');
    expect(value('//Image/@Name')).toBe('core <3> & "more"');
  });
});
