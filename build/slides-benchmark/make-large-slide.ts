/**
 * A slide of any size for benchmarks, made from the demo slide: its stored JPEG tiles are repeated as level 0, unchanged, and two
 * reduced levels (4x, 16x) are encoded from them, as scanners do. Equal tiles are stored once, so the file is small and always in
 * the system's memory: what is measured is decoding, not the disk.
 */
import sharp from 'sharp';
import { openSlide } from '../../main/slides/open-slide.ts';
import { ascii, TiffFile, type Directory, type Field } from '../../tests/fixtures/tiff/tiff-file.ts';

export interface LargeSlide {
  readonly width: number;
  readonly height: number;
  readonly mpp: number;
  readonly tilePx: number;
}

const mpp = 0.499;
const reducedLevels = [4, 16];

/** At least `width` x `height` pixels. */
export async function makeLargeSlide(source: string, path: string, width: number, height: number): Promise<LargeSlide> {
  await using reader = await openSlide(source);
  const [stored] = reader.info.levels;
  if (stored === undefined || reader.readStoredJpegTile === undefined) throw new Error(`${source} has no stored tiles`);
  const { tileWidth: tilePx } = stored;
  // Whole tiles only; the reduced levels repeat after three of them.
  const across = Math.floor(stored.width / tilePx / 3) * 3;
  const down = Math.floor(stored.height / tilePx / 3) * 3;
  const tiles: Uint8Array[] = [];
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const tile = await reader.readStoredJpegTile(0, column, row);
      if (tile === null) throw new Error(`${source} has a tile that is no JPEG of its own`);
      tiles.push(tile.bytes);
    }
  }
  const field = await reader.readRegion({ level: 0, x: 0, y: 0, width: across * tilePx, height: down * tilePx });
  const columns = Math.ceil(width / tilePx);
  const rows = Math.ceil(height / tilePx);
  const file = await TiffFile.create(path, { bigTiff: true });
  const pages: Directory[] = [];
  const isRgb = hasAdobeRgb(tiles[0] as Uint8Array);
  pages.push(await page(file, { columns, rows, tilePx, isRgb }, { tiles, across, down }));
  for (const scale of reducedLevels) {
    const reduced = await reducedTiles(field.data, field.width, field.height, scale, tilePx);
    const grid = { columns: Math.ceil(columns / scale), rows: Math.ceil(rows / scale), tilePx, isRgb: false };
    pages.push(
      await page(file, { ...grid, width: (columns * tilePx) / scale, height: (rows * tilePx) / scale }, reduced),
    );
  }
  await file.finish(pages);
  return { width: columns * tilePx, height: rows * tilePx, mpp, tilePx };
}

interface Pattern {
  readonly tiles: readonly Uint8Array[];
  readonly across: number;
  readonly down: number;
}

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly tilePx: number;
  readonly isRgb: boolean;
  readonly width?: number;
  readonly height?: number;
}

async function page(file: TiffFile, grid: Grid, { tiles, across, down }: Pattern): Promise<Directory> {
  const { columns, rows, tilePx, isRgb } = grid;
  const width = Math.floor(grid.width ?? columns * tilePx);
  const height = Math.floor(grid.height ?? rows * tilePx);
  const positions: number[] = [];
  for (const tile of tiles) positions.push(await file.append(tile));
  const offsets: number[] = [];
  const byteCounts: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const index = (row % down) * across + (column % across);
      offsets.push(positions[index] as number);
      byteCounts.push((tiles[index] as Uint8Array).length);
    }
  }
  const description = `Aperio Image Library v11\r\n${width}x${height} [0,0 ${width}x${height}] (${tilePx}x${tilePx}) JPEG|MPP = ${mpp}|AppMag = 20`;
  const fields: Field[] = [
    [254, 4, [0]],
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, [8, 8, 8]],
    [259, 3, [7]],
    [262, 3, [isRgb ? 2 : 6]],
    [270, 2, ascii(description)],
    [277, 3, [3]],
    [284, 3, [1]],
    [322, 4, [tilePx]],
    [323, 4, [tilePx]],
    [324, 16, offsets],
    [325, 4, byteCounts],
    ...(isRgb ? [] : ([[530, 3, [1, 1]]] as const)),
  ];
  return { fields };
}

/** The field repeats, and so do the tiles of its reduced image: as many as one repetition of both needs. */
async function reducedTiles(
  rgb: Uint8Array,
  width: number,
  height: number,
  scale: number,
  tilePx: number,
): Promise<Pattern> {
  const small = { width: Math.floor(width / scale), height: Math.floor(height / scale) };
  const data = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ ...small, kernel: 'linear', fit: 'fill' })
    .raw()
    .toBuffer();
  const across = repetition(small.width, tilePx);
  const down = repetition(small.height, tilePx);
  const tiles: Uint8Array[] = [];
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      const tile = new Uint8Array(tilePx * tilePx * 3);
      for (let y = 0; y < tilePx; y += 1) {
        for (let x = 0; x < tilePx; x += 1) {
          const from = (((row * tilePx + y) % small.height) * small.width + ((column * tilePx + x) % small.width)) * 3;
          tile.set(data.subarray(from, from + 3), (y * tilePx + x) * 3);
        }
      }
      const raw = { width: tilePx, height: tilePx, channels: 3 } as const;
      tiles.push(await sharp(tile, { raw }).jpeg({ quality: 70, chromaSubsampling: '4:4:4' }).toBuffer());
    }
  }
  return { tiles, across, down };
}

/** Tiles until image and tile grid meet again, at most 12: from there on a seam is visible, which changes no time. */
function repetition(imagePx: number, tilePx: number): number {
  let count = 1;
  while ((count * tilePx) % imagePx !== 0 && count < 12) count += 1;
  return count;
}

function hasAdobeRgb(jpeg: Uint8Array): boolean {
  const at = Buffer.from(jpeg).indexOf('Adobe', 0, 'latin1');
  return at >= 0 && jpeg[at + 11] === 0;
}
