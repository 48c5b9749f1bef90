/** Every sample type, compression and colour meaning of a TIFF page against values worked out here, pixel by pixel. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { writePage, type PageSpec } from '#tests/fixtures/tiff/encode-page.ts';
import { TiffFile } from '#tests/fixtures/tiff/tiff-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-layouts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Rgb = readonly [number, number, number];
interface Case {
  readonly name: string;
  readonly spec: Partial<PageSpec>;
  /** What the pixel should look like, from the samples; by default the samples themselves. */
  readonly colour?: (samples: readonly number[]) => Rgb;
  readonly largestDifference?: number;
}

const width = 75;
const height = 51;
const byte = (x: number, y: number, sample: number): number => (x * 7 + y * 13 + sample * 61 + ((x * y) >> 2)) & 255;
/** Black and white of the window are the ends of the range: three samples in a hundred lie on each. */
const deep = (x: number, y: number, sample: number): number => {
  if (x % 33 === 0) return 1000;
  if (x % 33 === 1) return 61_000;
  return 1000 + ((x * 811 + y * 1237 + sample * 7919) % 60_001);
};
const rescaled = (value: number, black: number, white: number): number =>
  Math.floor(((value - black) * 255) / (white - black) + 0.5);
const grey = (value: number): Rgb => [value, value, value];
const clamp = (value: number): number => Math.max(0, Math.min(255, Math.floor(value + 0.5)));
const bt601 = ([luma, blue, red]: readonly number[]): Rgb => [
  clamp(luma! + 1.402 * (red! - 128)),
  clamp(luma! - 0.344136 * (blue! - 128) - 0.714136 * (red! - 128)),
  clamp(luma! + 1.772 * (blue! - 128)),
];
const palette = Array.from({ length: 768 }, (_, index) => ((index * 37) & 255) * 257);
const deepColour = (samples: readonly number[]): Rgb =>
  samples.map((value) => rescaled(value, 1000, 61_000)) as unknown as Rgb;

/** Only these codecs have predictors. */
const withoutStrayPredictors = (compression: string, all: Case[]): Case[] =>
  all.filter(({ spec }) => spec.predictor === undefined || ['lzw', 'deflate', 'zstd'].includes(compression));

const lossless = ['none', 'lzw', 'deflate', 'packbits', 'zstd'] as const;
const cases: readonly Case[] = [
  ...lossless.flatMap((compression): Case[] =>
    withoutStrayPredictors(compression, [
      { name: `${compression}, 8 bits`, spec: { compression } },
      { name: `${compression}, strips`, spec: { compression, stripped: true } },
      { name: `${compression}, planes`, spec: { compression, planar: true } },
      { name: `${compression}, differences`, spec: { compression, predictor: 2 } },
      { name: `${compression}, 16 bits`, spec: { compression, bits: 16, value: deep }, colour: deepColour },
      {
        name: `${compression}, 16 bits, differences`,
        spec: { compression, bits: 16, value: deep, predictor: 2 },
        colour: deepColour,
      },
      {
        name: `${compression}, 16 bits, planes, strips`,
        spec: { compression, bits: 16, value: deep, planar: true, stripped: true },
        colour: deepColour,
      },
      {
        name: `${compression}, 32 bits, differences`,
        spec: { compression, bits: 32, value: (x, y, s) => deep(x, y, s) * 65_537, predictor: 2 },
        colour: (samples) => deepColour(samples.map((value) => value / 65_537)),
      },
      {
        name: `${compression}, float`,
        spec: { compression, bits: 32, format: 'float', value: (x, y, s) => Math.fround(deep(x, y, s) / 1024) },
        colour: (samples) => deepColour(samples.map((value) => value * 1024)),
      },
      {
        name: `${compression}, float, floating point predictor`,
        spec: {
          compression,
          bits: 32,
          format: 'float',
          predictor: 3,
          value: (x, y, s) => Math.fround(deep(x, y, s) / 1024),
        },
        colour: (samples) => deepColour(samples.map((value) => value * 1024)),
      },
    ]),
  ),
  {
    name: 'signed 16 bits',
    spec: { bits: 16, format: 'signed', value: (x, y, s) => deep(x, y, s) - 32_000 },
    colour: (samples) => deepColour(samples.map((value) => value + 32_000)),
  },
  { name: 'grey', spec: { samples: 1 }, colour: ([value]) => grey(value!) },
  { name: 'inverted grey', spec: { samples: 1, photometric: 0 }, colour: ([value]) => grey(255 - value!) },
  {
    name: '16 bits, grey, inverted',
    spec: { samples: 1, photometric: 0, bits: 16, value: deep },
    colour: ([value]) => grey(255 - rescaled(value!, 1000, 61_000)),
  },
  {
    name: 'a palette',
    spec: { samples: 1, photometric: 3, fields: [[320, 3, palette]] },
    colour: ([index]) => [0, 256, 512].map((start) => palette[start + index!]! >> 8) as unknown as Rgb,
  },
  {
    name: 'CMYK',
    spec: { samples: 4, photometric: 5 },
    colour: ([cyan, magenta, yellow, black]) =>
      [cyan!, magenta!, yellow!].map((ink) => Math.round(((255 - ink) * (255 - black!)) / 255)) as unknown as Rgb,
  },
  {
    name: 'straight alpha',
    spec: { samples: 4, extraSamples: [2] },
    colour: ([red, green, blue, alpha]) =>
      [red!, green!, blue!].map((value) => Math.round((value * alpha!) / 255 + 255 - alpha!)) as unknown as Rgb,
  },
  {
    name: 'premultiplied alpha',
    spec: { samples: 4, extraSamples: [1], value: (x, y, s) => (s === 3 ? 200 : byte(x, y, s) % 200) },
    colour: ([red, green, blue]) => [red! + 55, green! + 55, blue! + 55],
  },
  {
    name: 'a fourth sample of unknown meaning',
    spec: { samples: 4, extraSamples: [0] },
    colour: ([r, g, b]) => [r!, g!, b!],
  },
  {
    name: 'grey with alpha',
    spec: { samples: 2, photometric: 1, extraSamples: [2] },
    colour: ([value, alpha]) => grey(Math.round((value! * alpha!) / 255 + 255 - alpha!)),
  },
  { name: 'YCbCr', spec: { photometric: 6, chroma: [1, 1] }, colour: bt601 },
  ...(
    [
      [2, 1],
      [2, 2],
      [1, 2],
      [4, 1],
    ] as const
  ).flatMap((chroma): Case[] =>
    [false, true].map((stripped) => ({
      name: `YCbCr, chroma ${chroma.join(' x ')}${stripped ? ', strips' : ''}`,
      spec: {
        photometric: 6,
        chroma,
        stripped,
        compression: stripped ? 'lzw' : 'none',
        value: (x, y, s) =>
          s === 0 ? byte(x, y, 0) : byte(Math.floor(x / chroma[0]) * 3, Math.floor(y / chroma[1]) * 5, s),
      },
      colour: bt601,
    })),
  ),
  { name: 'WebP', spec: { compression: 'webp' } },
  { name: 'WebP, strips', spec: { compression: 'webp', stripped: true } },
  {
    name: 'WebP with alpha',
    spec: { compression: 'webp', samples: 4, extraSamples: [2] },
    colour: ([red, green, blue, alpha]) =>
      [red!, green!, blue!].map((value) => Math.round((value * alpha!) / 255 + 255 - alpha!)) as unknown as Rgb,
  },
  ...[34712, 33005].map((compressionNumber): Case => ({
    name: `JPEG 2000 as ${compressionNumber}`,
    spec: { compression: 'jpeg2000', compressionNumber },
  })),
  {
    name: 'JPEG 2000 as 33004 from OpenJPEG, YCbCr',
    spec: { compression: 'jpeg2000', compressionNumber: 33004 },
    colour: bt601,
  },
  { name: 'JPEG 2000 as 33003, YCbCr', spec: { compression: 'jpeg2000', compressionNumber: 33003 }, colour: bt601 },
  { name: 'JPEG 2000, strips', spec: { compression: 'jpeg2000', stripped: true } },
  { name: 'JPEG 2000, planes', spec: { compression: 'jpeg2000', planar: true } },
  { name: 'JPEG 2000, grey', spec: { compression: 'jpeg2000', samples: 1 }, colour: ([value]) => grey(value!) },
  {
    name: 'JPEG 2000, grey, 16 bits',
    spec: { compression: 'jpeg2000', samples: 1, bits: 16, value: deep },
    colour: ([value]) => grey(rescaled(value!, 1000, 61_000)),
  },
  {
    name: 'JPEG, grey',
    spec: { compression: 'jpeg', samples: 1, value: (x, y) => 40 + x + y },
    colour: ([value]) => grey(value!),
    largestDifference: 6,
  },
  {
    name: 'JPEG, YCbCr 4:4:4',
    spec: { compression: 'jpeg', value: (x, y, s) => 40 + x + y + s * 30 },
    largestDifference: 8,
  },
  {
    name: 'JPEG, strips, 4:2:0',
    spec: { compression: 'jpeg', stripped: true, tilePx: 16, chroma: [2, 2], value: (x, y, s) => 40 + x + y + s * 30 },
    largestDifference: 10,
  },
  {
    name: 'JPEG, planes',
    spec: { compression: 'jpeg', planar: true, photometric: 2, value: (x, y, s) => 40 + x + y + s * 30 },
    largestDifference: 6,
  },
];

async function readBack(spec: PageSpec, container: { bigTiff?: boolean; bigEndian?: boolean }) {
  const path = join(folder, 'layout.tif');
  const file = await TiffFile.create(path, container);
  await file.finish([{ fields: await writePage(file, { ...spec, bigEndian: container.bigEndian ?? false }) }]);
  await using reader = await openSlide(path);
  const region = await reader.readRegion({ level: 0, x: 0, y: 0, width, height });
  return { data: region.data, info: reader.info };
}

function expected(spec: PageSpec, colour: Case['colour']): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const samples = Array.from({ length: spec.samples ?? 3 }, (_, sample) => spec.value(x, y, sample));
      for (const value of colour?.(samples) ?? samples) data[at++] = value;
    }
  }
  return data;
}

const containers = [{}, { bigTiff: true }, { bigEndian: true }, { bigTiff: true, bigEndian: true }] as const;

describe.each(containers.map((container) => [JSON.stringify(container), container] as const))(
  'in a container %s',
  (_, container) => {
    it.each(cases.map((each) => [each.name, each] as const))('%s gives the right pixels', async (__, each) => {
      const spec: PageSpec = { width, height, value: byte, ...each.spec };
      const { data, info } = await readBack(spec, container);
      const wanted = expected(spec, each.colour);
      let largest = 0;
      for (let at = 0; at < wanted.length; at++) largest = Math.max(largest, Math.abs(wanted[at]! - data[at]!));
      expect(largest).toBeLessThanOrEqual(each.largestDifference ?? 0);
      expect(new Set(data).size).toBeGreaterThan(20);
      if ((spec.bits ?? 8) > 8) expect(info.notes?.join()).toContain('are shown as black to white');
    });
  },
);

it('takes JPEG 2000 as 33004 from another encoder for RGB', async () => {
  const spec: PageSpec = { width, height, value: byte, compression: 'jpeg2000', compressionNumber: 33004 };
  const path = join(folder, 'other-encoder.tif');
  const file = await TiffFile.create(path, {});
  await file.finish([{ fields: await writePage(file, spec) }]);
  const bytes = await readFile(path);
  for (let at = bytes.indexOf('OpenJPEG'); at >= 0; at = bytes.indexOf('OpenJPEG', at)) bytes.write('JAI-JPEG', at);
  await writeFile(path, bytes);
  await using reader = await openSlide(path);
  const { data } = await reader.readRegion({ level: 0, x: 0, y: 0, width, height });
  expect(Buffer.compare(data, expected(spec, undefined))).toBe(0);
});

it('leaves tiles white that are not stored', async () => {
  const spec: PageSpec = {
    width,
    height,
    value: byte,
    compression: 'deflate',
    missing: (column, row) => column === 1 && row === 0,
  };
  const { data } = await readBack(spec, {});
  const wanted = expected(spec, undefined);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let sample = 0; sample < 3; sample++, at++) {
        expect(data[at]).toBe(x >= 32 && x < 64 && y < 32 ? 255 : wanted[at]);
      }
    }
  }
});
