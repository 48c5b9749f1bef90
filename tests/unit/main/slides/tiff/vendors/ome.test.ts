/** OME-TIFF: sub-image pyramids, several images, separate channels, stacks, units; and what cannot be read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlide } from '#main/slides/open-slide.ts';
import { writePage, type PageSpec } from '#tests/fixtures/tiff/encode-page.ts';
import { ascii, TiffFile, type Container, type Field } from '#tests/fixtures/tiff/tiff-file.ts';
import { noisy, painted, reduced, type Paint } from '#tests/fixtures/tiff/vendor-files.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trefoil-ome-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const xml = (images: string, root = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?><!-- a comment --><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" ${root}>` +
  `<Instrument ID="Instrument:0"><Objective ID="Objective:0" NominalMagnification="40.0"/></Instrument>${images}</OME>`;

interface OmePage {
  readonly spec: Omit<PageSpec, 'value'> & { readonly value?: Paint };
  readonly subSpecs?: readonly PageSpec[];
}

async function write(
  name: string,
  description: string,
  pages: readonly OmePage[],
  container: Container = {},
): Promise<string> {
  const path = join(folder, name);
  const file = await TiffFile.create(path, container);
  const directories = [];
  for (const [index, { spec, subSpecs = [] }] of pages.entries()) {
    const subDirectories: Field[][] = [];
    for (const sub of subSpecs)
      subDirectories.push(await writePage(file, { bigEndian: container.bigEndian ?? false, ...sub }));
    const fields = await writePage(file, { value: noisy, bigEndian: container.bigEndian ?? false, ...spec });
    directories.push({
      fields: index === 0 ? [...fields, [270, 2, ascii(description)] as Field] : fields,
      subDirectories,
    });
  }
  await file.finish(directories);
  return path;
}

const image = (index: number, name: string, pixels: string, inside: string): string =>
  `<Image ID="Image:${index}" Name="${name}"><ObjectiveSettings ID="Objective:0"/><Pixels ID="Pixels:${index}" DimensionOrder="XYCZT" Type="uint8" ${pixels}>${inside}</Pixels></Image>`;
const rgb = '<Channel ID="Channel:0:0" SamplesPerPixel="3"/>';

describe('an OME-TIFF', () => {
  it.each([{}, { bigTiff: true }, { bigEndian: true }])('with sub-images and a label in %j', async (container) => {
    const description = xml(
      image(0, 'label image', 'SizeX="40" SizeY="30" SizeC="3" SizeZ="1" SizeT="1"', `${rgb}<TiffData IFD="1"/>`) +
        image(
          1,
          'slide &amp; more',
          'SizeX="160" SizeY="96" SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="250" PhysicalSizeXUnit="nm" PhysicalSizeY="0.00025" PhysicalSizeYUnit="mm"',
          `${rgb}<TiffData IFD="0" PlaneCount="1"/>`,
        ) +
        image(2, 'other', 'SizeX="20" SizeY="20" SizeC="3" SizeZ="1" SizeT="1"', `${rgb}<TiffData IFD="2"/>`),
    );
    const level = (width: number, height: number, index: number): PageSpec => ({
      width,
      height,
      compression: 'deflate',
      value: reduced(index),
      fields: [[254, 4, [1]]],
    });
    const path = await write(
      'pyramid.ome.tif',
      description,
      [
        { spec: { width: 160, height: 96, compression: 'lzw' }, subSpecs: [level(80, 48, 1), level(40, 24, 2)] },
        { spec: { width: 40, height: 30, value: reduced(5) } },
        { spec: { width: 20, height: 20, value: reduced(6) } },
      ],
      container,
    );
    await using reader = await openSlide(path);
    expect(reader.info).toMatchObject({
      width: 160,
      height: 96,
      vendor: 'ome-tiff',
      objectivePower: 40,
      mpp: { source: 'file', x: 0.25, y: 0.25, field: 'ome.PhysicalSizeX' },
      associatedImages: [
        { name: 'label', width: 40, height: 30 },
        { name: 'series 3', width: 20, height: 20 },
      ],
    });
    expect(reader.info.levels.map(({ downsample }) => downsample)).toEqual([1, 2, 4]);
    for (const [index, { width, height }] of reader.info.levels.entries()) {
      const { data } = await reader.readRegion({ level: index, x: 0, y: 0, width, height });
      expect(Buffer.compare(data, painted(index === 0 ? noisy : reduced(index), 0, 0, width, height))).toBe(0);
    }
    const label = await reader.readAssociatedImage('label');
    expect(Buffer.compare(label.data, painted(reduced(5), 0, 0, 40, 30))).toBe(0);
  });

  it('shows three separately stored channels as red, green and blue, and the first of several planes', async () => {
    const size = 'SizeX="70" SizeY="50" SizeC="3" SizeZ="2" SizeT="1"';
    const channels = '<Channel ID="c0"/><Channel ID="c1"/><Channel ID="c2"/>';
    // Focal planes before channels: pages 0, 2 and 4 hold the first plane of each channel.
    const description = xml(image(0, 's', size, `${channels}<TiffData/>`)).replace('XYCZT', 'XYZCT');
    const page = (channel: number, plane: number, level: number, width: number, height: number): PageSpec => ({
      width,
      height,
      samples: 1,
      compression: 'zstd',
      value: (x, y) => (plane === 0 ? (level === 0 ? noisy : reduced(level)) : reduced(9))(x, y, channel),
    });
    const pages = [0, 1, 2].flatMap((channel) =>
      [0, 1].map((plane) => ({ spec: page(channel, plane, 0, 70, 50), subSpecs: [page(channel, plane, 1, 35, 25)] })),
    );
    await using reader = await openSlide(await write('channels.ome.tif', description, pages));
    expect(reader.info.notes?.join(' ')).toMatch(/2 focal planes.*three channels are shown as red, green and blue/);
    for (const [level, paint] of [noisy, reduced(1)].entries()) {
      const [width, height] = [70 / 2 ** level, 50 / 2 ** level];
      const { data } = await reader.readRegion({ level, x: 0, y: 0, width, height });
      expect(Buffer.compare(data, painted(paint, 0, 0, width, height))).toBe(0);
    }
  });

  it('shows the first of two channels and says so', async () => {
    const channels = '<Channel ID="c0" Name="DAPI"/><Channel ID="c1"/>';
    const description = xml(
      image(0, 's', 'SizeX="40" SizeY="40" SizeC="2" SizeZ="1" SizeT="1"', `${channels}<TiffData/>`),
    );
    const page = (channel: number): OmePage => ({
      spec: { width: 40, height: 40, samples: 1, value: (x, y) => noisy(x, y, channel) },
    });
    await using reader = await openSlide(await write('two.ome.tif', description, [page(0), page(1)]));
    expect(reader.info.notes).toEqual(['Of 2 channels the first ("DAPI") is shown.']);
    const { data } = await reader.readRegion({ level: 0, x: 3, y: 4, width: 1, height: 1 });
    expect([...data]).toEqual(Array(3).fill(noisy(3, 4, 0)));
  });

  it('keeps reduced copies that older writers list as images of the same name', async () => {
    const one = (index: number, width: number, height: number): string =>
      image(
        index,
        's',
        `SizeX="${width}" SizeY="${height}" SizeC="3" SizeZ="1" SizeT="1"`,
        `${rgb}<TiffData IFD="${index}"/>`,
      );
    const path = await write('older.ome.tif', xml(one(0, 80, 60) + one(1, 40, 30)), [
      { spec: { width: 80, height: 60 } },
      { spec: { width: 40, height: 30 } },
    ]);
    await using reader = await openSlide(path);
    expect(reader.info.levels.map(({ width }) => width)).toEqual([80, 40]);
    expect(reader.info.associatedImages).toEqual([]);
  });

  it('is refused, with the reason, when its pixels are in other files', async () => {
    const elsewhere = '<TiffData IFD="0"><UUID FileName="b.ome.tif">urn:uuid:2</UUID></TiffData>';
    const size = 'SizeX="40" SizeY="40" SizeC="3" SizeZ="1" SizeT="1"';
    const path = await write('a.ome.tif', xml(image(0, 's', size, rgb + elsewhere), 'UUID="urn:uuid:1"'), [
      { spec: { width: 40, height: 40 } },
    ]);
    await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-unsupported', details: { vendor: 'ome-tiff' } });
  });

  it('is damaged when its XML is, or when it defines entities', async () => {
    const bomb = '<!DOCTYPE OME [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
    for (const text of ['<OME><Image></OME>', `${bomb}<OME>&b;</OME>`]) {
      const path = await write('bad.ome.tif', text, [{ spec: { width: 40, height: 40 } }]);
      await expect(openSlide(path)).rejects.toMatchObject({ code: 'file-invalid' });
    }
  });
});
