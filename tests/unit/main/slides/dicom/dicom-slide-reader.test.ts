/** DICOM slides that this test writes, whose pixels are known: each transfer syntax, tiling and offset table. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { slideFingerprint } from '#main/slides/slide-fingerprint.ts';
import { referenceFile } from '#tests/reference-data.ts';
import {
  encapsulatedPixels,
  explicitSyntax,
  implicitSyntax,
  jpeg2000Syntax,
  jpegSyntax,
  nativePixels,
  slideItem,
  writeDicom,
  type Item,
  type OffsetTable,
} from './dicom-writer.ts';

const root = mkdtempSync(join(tmpdir(), 'trefoil-dicom-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
function folder(): string {
  const path = join(root, String(folders++));
  mkdirSync(path);
  return path;
}
function written(file: Buffer, name = 'slide.dcm', to = folder()): string {
  const path = join(to, name);
  writeFileSync(path, file);
  return path;
}

const tile = 16;
/** One colour a frame, so that a frame in the wrong place shows. */
const colours = [0, 1, 2, 3, 4, 5].map((index) => [20 + index * 40, 230 - index * 35, 40 * index] as const);
const flat = (index: number): Buffer => Buffer.alloc(tile * tile * 3, Buffer.from(colours[index]!));
const size = { width: 40, height: 20, tile };

async function colourAt(path: string, x: number, y: number): Promise<number[]> {
  await using reader = await openSlide(path);
  return [...(await reader.readRegion({ level: 0, x, y, width: 1, height: 1 })).data];
}
const centres = [0, 1, 2, 3, 4, 5].map((index) => [(index % 3) * tile + 3, Math.floor(index / 3) * tile + 2] as const);

async function expectFrames(path: string, tolerance: number, present = [0, 1, 2, 3, 4, 5]): Promise<void> {
  for (const [index, [x, y]] of centres.entries()) {
    const expected = present.includes(index) ? colours[index]! : [255, 255, 255];
    const found = await colourAt(path, x, y);
    found.forEach((value, sample) => expect(Math.abs(value - expected[sample]!)).toBeLessThanOrEqual(tolerance));
  }
}

const jpegFrames = (): Promise<Buffer[]> =>
  Promise.all(
    colours.map((_, index) =>
      sharp(flat(index), { raw: { width: tile, height: tile, channels: 3 } })
        .jpeg({ quality: 100 })
        .toBuffer(),
    ),
  );

describe('native frames', () => {
  it.each([
    ['explicit, sequences of defined length', explicitSyntax, {}],
    ['explicit, sequences of undefined length', explicitSyntax, { undefinedLengths: true }],
    ['implicit', implicitSyntax, { implicit: true }],
    ['implicit, sequences of undefined length', implicitSyntax, { implicit: true, undefinedLengths: true }],
  ])('are read exactly: %s', async (_name, syntax, encoding) => {
    const pixels = nativePixels(
      colours.map((_, index) => flat(index)),
      encoding,
    );
    const path = written(writeDicom(syntax, slideItem({ ...size, frames: 6 }), pixels, encoding));
    await expectFrames(path, 0);
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({
      width: 40,
      height: 20,
      vendor: 'dicom',
      objectivePower: 20,
      // Rows come first in PixelSpacing: 0.0005 mm down, 0.00025 mm across.
      mpp: { source: 'file', field: 'dicom.PixelSpacing', x: 0.25, y: 0.5 },
    });
    expect(JSON.stringify(reader.info)).not.toContain('Secret');
  });

  it('of the middle focal plane and the first optical path are shown', async () => {
    const other = Buffer.alloc(tile * tile * 3, 7);
    const planes = [
      ...Array(6).fill(other),
      ...colours.map((_, index) => flat(index)),
      ...Array(12).fill(other),
    ] as Buffer[];
    const item = slideItem({ ...size, frames: 24, more: [[0x00480303, 'UL', 3]] });
    await expectFrames(written(writeDicom(explicitSyntax, item, nativePixels(planes))), 0);
  });

  it('in planes of one colour each', async () => {
    const planar = colours.map((colour) => Buffer.concat(colour.map((value) => Buffer.alloc(tile * tile, value))));
    const item = slideItem({ ...size, frames: 6, more: [[0x00280006, 'US', 1]] });
    await expectFrames(written(writeDicom(explicitSyntax, item, nativePixels(planar))), 0);
  });

  it('of twelve bits of grey are shown over their own range', async () => {
    const frame = Buffer.alloc(tile * tile * 2);
    for (let at = 0; at < frame.length; at += 2) frame.writeUInt16LE(2048, at);
    const more: Item = [
      [0x00280100, 'US', 16],
      [0x00280101, 'US', 12],
    ];
    const item = slideItem({ width: tile, height: tile, tile, frames: 1, photometric: 'MONOCHROME2', more });
    const path = written(writeDicom(explicitSyntax, item, nativePixels([frame])));
    expect(await colourAt(path, 3, 3)).toEqual([128, 128, 128]);
  });

  it('that are not stored are white', async () => {
    const pixels = nativePixels([0, 1, 2, 3].map(flat));
    await expectFrames(written(writeDicom(explicitSyntax, slideItem({ ...size, frames: 4 }), pixels)), 0, [0, 1, 2, 3]);
  });
});

describe('sparse frames', () => {
  const position = (column: number, row: number): Item => [
    [
      0x0048021a,
      'SQ',
      [
        [
          [0x0048021e, 'SL', column],
          [0x0048021f, 'SL', row],
        ],
      ],
    ],
  ];

  it.each([[{}], [{ undefinedLengths: true }]])(
    'lie where their positions say, others are white (%o)',
    async (encoding) => {
      const groups = [position(33, 1), position(1, 17)];
      const more: Item = [
        [0x00209311, 'CS', 'TILED_SPARSE'],
        [0x52009230, 'SQ', groups],
      ];
      const pixels = nativePixels([flat(2), flat(3)]);
      const path = written(writeDicom(explicitSyntax, slideItem({ ...size, frames: 2, more }), pixels, encoding));
      await expectFrames(path, 0, [2, 3]);
    },
  );

  it('between the cells of the grid are refused with the reason', async () => {
    const more: Item = [
      [0x00209311, 'CS', 'TILED_SPARSE'],
      [0x52009230, 'SQ', [position(5, 1)]],
    ];
    const path = written(writeDicom(explicitSyntax, slideItem({ ...size, frames: 1, more }), nativePixels([flat(0)])));
    const opening = openSlide(path, { library: 'never' });
    await expect(opening).rejects.toMatchObject({ code: 'file-unsupported', message: expect.stringContaining('grid') });
  });
});

describe('JPEG frames', () => {
  it.each<[OffsetTable, number]>([
    ['basic', 1],
    ['basic', 2],
    ['extended', 1],
    ['none', 1],
    ['none', 2],
  ])('are found with the %s offset table in %i fragments', async (table, pieces) => {
    const frames = (await jpegFrames()).map((frame) =>
      pieces === 1 ? [frame] : [frame.subarray(0, 100), frame.subarray(100)],
    );
    const item = slideItem({ ...size, frames: 6, photometric: 'YBR_FULL_422' });
    const path = written(writeDicom(jpegSyntax, item, encapsulatedPixels(frames, table)));
    await expectFrames(path, 2);
    await using reader = await openSlide(path);
    const stored = await reader.readStoredJpegTile!(0, 0, 0);
    const { data } = await sharp(stored!.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(data[0]! - colours[0]![0])).toBeLessThanOrEqual(2);
    // The last column is padded beyond the image.
    expect(await reader.readStoredJpegTile!(0, 2, 0)).toBeNull();
  });

  it('in parts of a concatenation are one level', async () => {
    const frames = (await jpegFrames()).map((frame) => [frame]);
    const to = folder();
    const part = (instance: string, first: number): Buffer =>
      writeDicom(
        jpegSyntax,
        slideItem({
          ...size,
          frames: 3,
          instance,
          photometric: 'YBR_FULL_422',
          more: [
            [0x00209161, 'UI', '1.2.3.77'],
            [0x00209228, 'UL', first],
          ],
        }),
        encapsulatedPixels(frames.slice(first, first + 3), 'basic'),
      );
    const second = written(part('2', 3), 'b.dcm', to);
    written(part('1', 0), 'a.dcm', to);
    await expectFrames(second, 2);
  });
});

const opj = spawnSync('opj_compress', ['-h']).error === undefined;
it.skipIf(!opj)(
  `JPEG 2000 frames${opj ? '' : ' (skipped: opj_compress is not installed)'} are read exactly`,
  async () => {
    const to = folder();
    const frames = colours.map((_, index) => {
      const ppm = join(to, `${index}.ppm`);
      writeFileSync(ppm, Buffer.concat([Buffer.from(`P6\n${tile} ${tile}\n255\n`), flat(index)]));
      execFileSync('opj_compress', ['-i', ppm, '-o', join(to, `${index}.j2k`), '-n', '3'], { stdio: 'ignore' });
      return [readFileSync(join(to, `${index}.j2k`))];
    });
    const item = slideItem({ ...size, frames: 6, photometric: 'YBR_RCT' });
    const path = written(writeDicom(jpeg2000Syntax, item, encapsulatedPixels(frames, 'basic')), 'slide.dcm', to);
    await expectFrames(path, 0);
  },
);

describe('a series in a folder', () => {
  function series(): { to: string; paths: string[] } {
    const to = folder();
    const image = (facts: Partial<Parameters<typeof slideItem>[0]>, name: string): string => {
      const item = slideItem({ width: 16, height: 16, tile, frames: 1, ...facts });
      return written(
        writeDicom(explicitSyntax, item, nativePixels(Array.from({ length: 6 }, (_, i) => flat(i)))),
        name,
        to,
      );
    };
    const paths = [
      image({ instance: '1', width: 40, height: 20, frames: 6 }, '1.2.3.1.dcm'),
      image({ instance: '2', width: 20, height: 10, frames: 2 }, 'low.dcm'),
      image({ instance: '3', flavour: 'LABEL' }, 'label'),
      image({ instance: '4', flavour: 'OVERVIEW' }, 'overview.dcm'),
    ];
    image({ instance: '5', series: '1.2.3.999' }, 'other-series.dcm');
    writeFileSync(join(to, 'broken.dcm'), Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(40, 9)]));
    return { to, paths };
  }

  it('is one slide, whichever of its files is opened', async () => {
    const { paths } = series();
    for (const path of paths) {
      await using reader = await openSlide(path);
      expect(reader.info.levels.map(({ width, downsample }) => [width, downsample])).toEqual([
        [40, 1],
        [20, 2],
      ]);
      expect(reader.info.associatedImages.map(({ name }) => name)).toEqual(['label', 'macro']);
    }
  });

  it('has one fingerprint, which a changed file of it changes', async () => {
    const { paths, to } = series();
    const prints = new Set<string>();
    for (const path of paths) prints.add(await slideFingerprint(path));
    expect(prints.size).toBe(1);
    expect(await slideFingerprint(join(to, 'other-series.dcm'))).not.toBe([...prints][0]);
    const label = readFileSync(paths[2]!);
    label[label.length - 1]! ^= 1;
    writeFileSync(paths[2]!, label);
    expect(prints.has(await slideFingerprint(paths[0]!))).toBe(false);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['1.2.840.10008.1.2.2', 'big-endian'],
    ['1.2.840.10008.1.2.1.99', 'deflated'],
    ['1.2.840.10008.1.2.4.80', 'JPEG-LS'],
  ])('is named: transfer syntax %s', async (syntax, reason) => {
    const path = written(writeDicom(syntax, slideItem({ ...size, frames: 1 }), nativePixels([flat(0)])));
    const opening = openSlide(path, { library: 'never' });
    await expect(opening).rejects.toMatchObject({ code: 'file-unsupported', message: expect.stringContaining(reason) });
  });

  it('ends typed wherever the file is cut', async () => {
    const whole = writeDicom(
      explicitSyntax,
      slideItem({ ...size, frames: 6 }),
      nativePixels([0, 1, 2, 3, 4, 5].map(flat)),
      {
        undefinedLengths: true,
      },
    );
    for (let length = 133; length < whole.length; length += 37) {
      const opening = openSlide(written(whole.subarray(0, length)), { library: 'never' });
      await expect(opening).rejects.toMatchObject({
        code: expect.stringMatching(/^file-(truncated|invalid|unsupported)$/),
      });
    }
  });
});

/** pydicom finds a frame, Pillow decodes it: neither shares code with the reader. */
const decodeFrame = `
import io, sys
from pydicom import dcmread
from pydicom.encaps import generate_pixel_data_frame
from PIL import Image
slide = dcmread(sys.argv[1])
frames = generate_pixel_data_frame(slide.PixelData, int(slide.NumberOfFrames))
wanted = [frame for index, frame in enumerate(frames) if index == int(sys.argv[2])][0]
sys.stdout.buffer.write(Image.open(io.BytesIO(wanted)).convert('RGB').tobytes())
`;
const isPydicom = spawnSync('/usr/bin/python3', ['-c', 'import pydicom, PIL']).status === 0;
describe.each([
  ['pathml_small_dicom.dcm', [17, 24, 41]],
  ['dicom-wsi/1.2.826.0.1.3680043.8.498.48407760015771729984593744789552618416.dcm', [33, 64, 129]],
] as const)('%s', (name, frames) => {
  const { path, skipped } = referenceFile(`slides/${name}`);
  const reason = skipped || (isPydicom ? '' : ' (skipped: python3-pydicom and python3-pil are not installed)');
  it.skipIf(reason !== '')(`gives its own frames as pydicom and Pillow read them${reason}`, async () => {
    await using reader = await openSlide(path!);
    const [level] = reader.info.levels;
    const [width, height] = [level!.tileWidth, level!.tileHeight];
    const across = Math.ceil(level!.width / width);
    const seen = new Set<number>();
    for (const frame of frames) {
      const expected = execFileSync('/usr/bin/python3', ['-c', decodeFrame, path!, String(frame)], {
        maxBuffer: 64 * 1024 * 1024,
      });
      const x = (frame % across) * width;
      const y = Math.floor(frame / across) * height;
      const { data } = await reader.readRegion({ level: 0, x, y, width, height });
      let largest = 0;
      for (let row = 0; row < Math.min(height, level!.height - y); row++) {
        for (let at = row * width * 3; at < (row * width + Math.min(width, level!.width - x)) * 3; at++) {
          largest = Math.max(largest, Math.abs(data[at]! - expected[at]!));
        }
      }
      expect([frame, largest <= 2]).toEqual([frame, true]);
      for (const value of data) seen.add(value);
    }
    expect(seen.size).toBeGreaterThan(100);
  });
});
