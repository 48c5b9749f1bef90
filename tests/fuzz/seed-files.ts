/** Sound small slides of every format and codec: what the fuzz run damages. Made here, so that nothing is read from disk. */
import { deflateSync, zstdCompressSync } from 'node:zlib';
import sharp from 'sharp';
import { encodeLzw } from '#tests/fixtures/tiff/lzw-encoder.ts';
import { jpeg2000Encoder, jpegTile, lercTile, rgbTile, tilePx, webpTile, withJpegSize } from './coded-samples.ts';
import { ascii, tiffBytes, type Field, type Page } from './tiff-bytes.ts';

export const fuzzReaders = ['tiff', 'svs', 'ome', 'philips', 'ndpi', 'scn', 'bif', 'jpeg', 'png'] as const;
export type FuzzReader = (typeof fuzzReaders)[number];

export interface SeedFile {
  readonly reader: FuzzReader;
  readonly name: string;
  readonly structure: 'tiff' | 'jpeg' | 'png';
  readonly bytes: Buffer;
}

type Encode = (rgb: Buffer) => Buffer | Promise<Buffer>;

const greyOf = (rgb: Buffer): Buffer =>
  Buffer.from(Array.from({ length: rgb.length / 3 }, (_, at) => rgb[at * 3] ?? 0));

/** A page of across x down tiles. */
async function page(
  encode: Encode,
  across: number,
  down: number,
  fields: readonly Field[],
  more: Partial<Page> = {},
): Promise<Page> {
  const data: Buffer[] = [];
  for (let tile = 0; tile < across * down; tile++) data.push(await encode(rgbTile(30 + tile * 11)));
  const given = new Set(fields.map(([tag]) => tag));
  const usual: Field[] = [
    [256, 4, [across * tilePx - 3]],
    [257, 4, [down * tilePx - 5]],
    [258, 3, [8, 8, 8]],
    [262, 3, [2]],
    [277, 3, [3]],
    ...(more.stripped === true
      ? []
      : ([
          [322, 4, [tilePx]],
          [323, 4, [tilePx]],
        ] as Field[])),
  ];
  return { fields: [...usual.filter(([tag]) => !given.has(tag)), ...fields], data, ...more };
}

const text = (tag: number, value: string): Field => [tag, 2, ascii(value)];
const compression = (value: number): Field => [259, 3, [value]];
const resolution: Field[] = [
  [282, 5, [20_000, 1]],
  [283, 5, [20_000, 1]],
  [296, 3, [3]],
];

export async function seedFiles(): Promise<SeedFile[]> {
  const files: SeedFile[] = [];
  const add = (reader: FuzzReader, name: string, pages: readonly Page[], big = false): void => {
    files.push({ reader, name, structure: 'tiff', bytes: tiffBytes(pages, big) });
  };
  const encodeJpeg2000 = await jpeg2000Encoder();
  const ycbcr: Field = [262, 3, [6]];
  const grey: Field[] = [
    [258, 3, [8]],
    [262, 3, [1]],
    [277, 3, [1]],
  ];
  const codecs: readonly (readonly [name: string, number: number, encode: Encode, fields?: readonly Field[]])[] = [
    ['none', 1, (rgb) => rgb],
    ['lzw', 5, (rgb) => encodeLzw(rgb)],
    ['jpeg', 7, (rgb) => jpegTile(rgb), [ycbcr, [530, 3, [1, 1]]]],
    ['deflate', 8, (rgb) => deflateSync(rgb), [[317, 3, [2]]]],
    ['packbits', 32_773, (rgb) => packBits(rgb)],
    ['jpeg2000', 33_005, encodeJpeg2000],
    ['zstd', 50_000, (rgb) => zstdCompressSync(rgb)],
    ['webp', 50_001, (rgb) => webpTile(rgb)],
    ['lerc', 34_887, (rgb) => lercTile(rgb), [...grey, [50_674, 4, [2, 0]]]],
  ];
  for (const [name, number, encode, fields = []] of codecs) {
    const levels = [await page(encode, 3, 2, [compression(number), ...fields, ...resolution])];
    levels.push(
      await page(encode, 2, 1, [compression(number), ...fields, [254, 4, [1]], [256, 4, [46]], [257, 4, [29]]]),
    );
    add('tiff', `tiff-${name}`, levels, name === 'deflate' || name === 'zstd');
  }
  const strip: Field[] = [
    [256, 4, [tilePx]],
    [257, 4, [tilePx * 2]],
    [278, 4, [tilePx]],
  ];
  add('tiff', 'tiff-strips', [
    await page((rgb) => encodeLzw(rgb), 1, 2, [compression(5), ...strip], { stripped: true }),
  ]);
  const deep: Field[] = [
    [258, 3, [16]],
    [262, 3, [1]],
    [277, 3, [1]],
    [317, 3, [2]],
  ];
  add('tiff', 'tiff-16-bit', [
    await page((rgb) => deflateSync(rgb.subarray(0, tilePx * tilePx * 2)), 2, 2, [compression(8), ...deep]),
  ]);
  const float: Field[] = [
    [258, 3, [32]],
    [262, 3, [1]],
    [277, 3, [1]],
    [317, 3, [3]],
    [339, 3, [3]],
  ];
  const floats = (rgb: Buffer): Buffer => deflateSync(Buffer.concat([rgb, rgb]).subarray(0, tilePx * tilePx * 4));
  add('tiff', 'tiff-float', [await page(floats, 2, 1, [compression(8), ...float])]);
  const palette: Field[] = [
    [258, 3, [8]],
    [262, 3, [3]],
    [277, 3, [1]],
    [320, 3, Array.from({ length: 768 }, (_, i) => i * 80)],
  ];
  add('tiff', 'tiff-palette', [await page(greyOf, 2, 1, [compression(1), ...palette])]);
  const planar = await page(greyOf, 6, 1, [compression(1), [256, 4, [60]], [284, 3, [2]]]);
  add('tiff', 'tiff-planar', [planar]);

  const aperio =
    'Aperio Image Library v10\r\n93x59 [0,0 93x59] (32x32) JPEG/RGB Q=30|AppMag = 20|MPP = 0.4990|Left = 1.5';
  const jpegFields = [compression(7), [262, 3, [2]]] as Field[];
  const encode: Encode = (rgb) => jpegTile(rgb);
  const label = 'Aperio Image Library v10\r\nlabel 32x32';
  add('svs', 'svs-jpeg', [
    await page(encode, 3, 2, [...jpegFields, ...resolution, text(270, aperio), [34_675, 7, [...Buffer.alloc(160, 7)]]]),
    await page(encode, 1, 1, [...jpegFields, [256, 4, [32]], [257, 4, [32]], [278, 4, [32]]], { stripped: true }),
    await page((rgb) => encodeLzw(rgb), 1, 1, [compression(5), ...strip, [257, 4, [32]], text(270, label)], {
      stripped: true,
    }),
  ]);
  add('svs', 'svs-jpeg2000', [
    await page(encodeJpeg2000, 3, 2, [compression(33_003), [262, 3, [6]], text(270, aperio)]),
  ]);

  const ome =
    '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Instrument ID="Instrument:0"><Objective ID="Objective:0" NominalMagnification="20"/></Instrument><Image ID="Image:0" Name="slide"><ObjectiveSettings ID="Objective:0"/><Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="93" SizeY="59" SizeC="3" SizeZ="1" SizeT="1" PhysicalSizeX="0.5" PhysicalSizeY="0.5" Interleaved="true"><Channel ID="Channel:0:0" SamplesPerPixel="3"/><TiffData IFD="0" PlaneCount="1"/></Pixels></Image><Image ID="Image:1" Name="label"><Pixels ID="Pixels:1" DimensionOrder="XYCZT" Type="uint8" SizeX="29" SizeY="27" SizeC="3" SizeZ="1" SizeT="1"><Channel ID="Channel:1:0" SamplesPerPixel="3"/><TiffData IFD="1" PlaneCount="1"/></Pixels></Image></OME>';
  const reduced = await page((rgb) => deflateSync(rgb), 2, 1, [
    compression(8),
    [254, 4, [1]],
    [256, 4, [46]],
    [257, 4, [29]],
  ]);
  add('ome', 'ome-rgb', [
    await page((rgb) => deflateSync(rgb), 3, 2, [compression(8), text(270, ome)], { subPages: [reduced] }),
    await page((rgb) => deflateSync(rgb), 1, 1, [compression(8)]),
  ]);

  const spacing = (mm: string): string =>
    `<DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING" Group="0x0028" Element="0x0030" PMSVR="IDoubleArray">&quot;${mm}&quot; &quot;${mm}&quot;</Attribute></DataObject>`;
  const macro = (await jpegTile(rgbTile(9))).toString('base64');
  const philips = `<?xml version="1.0"?><DataObject ObjectType="DPUfsImport"><Attribute Name="PIM_DP_SCANNED_IMAGES" PMSVR="IDataObjectArray"><Array><DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE">WSI</Attribute><Attribute Name="DICOM_PIXEL_SPACING">"0.0005" "0.0005"</Attribute><Attribute Name="DICOM_DERIVATION_DESCRIPTION">tiff-useBigTIFF=0-levels=40,10003</Attribute><Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE"><Array>${spacing('0.0005')}${spacing('0.001')}</Array></Attribute></DataObject><DataObject ObjectType="DPScannedImage"><Attribute Name="PIM_DP_IMAGE_TYPE">MACROIMAGE</Attribute><Attribute Name="PIM_DP_IMAGE_DATA">${macro}</Attribute></DataObject></Array></Attribute></DataObject>`;
  const whole: Field[] = [compression(7), ycbcr];
  add('philips', 'philips', [
    await page(encode, 3, 2, [
      ...whole,
      [256, 4, [96]],
      [257, 4, [64]],
      text(305, 'Philips DP v1.0'),
      text(270, philips),
    ]),
    await page(encode, 2, 1, [...whole, [254, 4, [1]], [256, 4, [64]], [257, 4, [32]]]),
    await page(encode, 1, 1, [...whole, ...strip, [257, 4, [32]], text(270, 'Label')], { stripped: true }),
  ]);

  const ndpi = async (width: number, lens: number): Promise<Page> => {
    const { bytes, starts } = await restartJpeg(width / tilePx, 4);
    const fields: Field[] = [
      compression(7),
      ycbcr,
      [256, 4, [width]],
      [257, 4, [32]],
      [278, 4, [32]],
      [65_420, 4, [1]],
      [65_421, 11, [lens]],
      [65_426, 4, starts],
    ];
    const base = await page((rgb) => rgb, 1, 1, [...fields, ...resolution], { stripped: true });
    return { ...base, data: [bytes] };
  };
  add('ndpi', 'ndpi', [await ndpi(64, 20), await ndpi(32, 10), await ndpi(32, -1)]);

  const scnImage = (ifd: number, smaller: number | null, x: number, size: string, view: string): string =>
    `<image name="i"><creationDate>x</creationDate><scanSettings><objectiveSettings><objective>20</objective></objectiveSettings><illuminationSettings><illuminationSource>brightfield</illuminationSource></illuminationSettings></scanSettings><pixels ${size}><dimension ${size} r="0" ifd="${ifd}"/>${smaller === null ? '' : `<dimension sizeX="46" sizeY="29" r="1" ifd="${smaller}"/>`}</pixels><view ${view} offsetX="${x}" offsetY="0"/></image>`;
  const scn = `<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection name="c" sizeX="200000" sizeY="60000"><barcode>b</barcode>${scnImage(0, null, 0, 'sizeX="29" sizeY="27"', 'sizeX="200000" sizeY="60000"')}${scnImage(1, 2, 10_000, 'sizeX="93" sizeY="59"', 'sizeX="46500" sizeY="29500"')}</collection></scn>`;
  add('scn', 'scn', [
    await page(encode, 1, 1, [...whole, text(270, scn)]),
    await page(encode, 3, 2, [...whole, ...resolution]),
    await page(encode, 2, 1, [...whole, [256, 4, [46]], [257, 4, [29]]]),
  ]);

  const joints =
    '<TileJointInfo FlagJoined="1" Confidence="99" Direction="RIGHT" Tile1="1" Tile2="2" OverlapX="4" OverlapY="0"/><TileJointInfo FlagJoined="1" Confidence="99" Direction="UP" Tile1="1" Tile2="4" OverlapX="0" OverlapY="4"/>';
  const stitch = `<EncodeInfo Ver="2"><SlideInfo/><SlideStitchInfo><ImageInfo AOIScanned="1" AOIIndex="0" NumRows="2" NumCols="2" Width="32" Height="32" Pos-X="0" Pos-Y="0">${joints}</ImageInfo></SlideStitchInfo><AoiOrigin><AOI0 OriginX="0" OriginY="0"/></AoiOrigin></EncodeInfo>`;
  const iScan = '<iScan Magnification="20" ScanRes="0.465" Z-layers="1" ScannerModel="x"/>';
  const bytesOf = (value: string): number[] => [...Buffer.from(value)];
  add('bif', 'bif', [
    await page(encode, 1, 1, [...whole, text(270, 'Label Image'), [700, 7, bytesOf(iScan)]]),
    await page(encode, 2, 2, [
      ...whole,
      [256, 4, [64]],
      [257, 4, [64]],
      text(270, 'level=0 mag=20 quality=90'),
      [700, 7, bytesOf(stitch)],
    ]),
    await page(encode, 1, 1, [...whole, [256, 4, [32]], [257, 4, [32]], text(270, 'level=1 mag=10 quality=90')]),
  ]);

  const picture = sharp(rgbTile(3), { raw: { width: tilePx, height: tilePx, channels: 3 } });
  files.push({ reader: 'jpeg', name: 'jpeg', structure: 'jpeg', bytes: await picture.clone().jpeg().toBuffer() });
  const progressive = await picture.clone().jpeg({ progressive: true }).toBuffer();
  files.push({ reader: 'jpeg', name: 'jpeg-progressive', structure: 'jpeg', bytes: progressive });
  for (const [name, options] of [
    ['png', {}],
    ['png-palette', { palette: true }],
  ] as const) {
    files.push({ reader: 'png', name, structure: 'png', bytes: await picture.clone().png(options).toBuffer() });
  }
  return files;
}

function packBits(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 128) {
    const piece = bytes.subarray(at, at + 128);
    parts.push(Buffer.of(piece.length - 1), piece);
  }
  return Buffer.concat(parts);
}

/** A JPEG of `across` x 1 tiles' width and `rows` MCU rows, a restart marker after each row; `starts` are relative to it. */
async function restartJpeg(across: number, rows: number): Promise<{ bytes: Buffer; starts: number[] }> {
  const width = across * tilePx;
  const strips: Buffer[] = [];
  for (let row = 0; row < rows; row++) {
    const rgb = Buffer.alloc(width * 8 * 3, 90 + row * 20);
    const image = sharp(rgb, { raw: { width, height: 8, channels: 3 } });
    strips.push(await image.jpeg({ chromaSubsampling: '4:4:4', optimiseCoding: false }).toBuffer());
  }
  const scanAt = (jpeg: Buffer): number => {
    let at = 2;
    while (jpeg[at + 1] !== 0xda) at += 2 + jpeg.readUInt16BE(at + 2);
    return at;
  };
  const [first] = strips as [Buffer];
  const scan = scanAt(first);
  const head = withJpegSize(first, width, rows * 8).subarray(0, scan);
  const scanHead = first.subarray(scan, scan + 2 + first.readUInt16BE(scan + 2));
  const parts: Buffer[] = [head, Buffer.of(0xff, 0xdd, 0, 4, 0, width / 8), scanHead];
  const starts: number[] = [];
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  strips.forEach((strip, row) => {
    const from = scanAt(strip);
    const coded = strip.subarray(from + scanHead.length, strip.length - 2);
    starts.push(length);
    const end = row + 1 < rows ? Buffer.of(0xff, 0xd0 + (row % 8)) : Buffer.of(0xff, 0xd9);
    parts.push(coded, end);
    length += coded.length + 2;
  });
  return { bytes: Buffer.concat(parts), starts };
}
