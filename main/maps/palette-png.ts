/**
 * PNG with a palette and an alpha per colour, written exactly: one byte a pixel in, the same byte out. Image libraries choose a
 * palette of their own, which would change colours on a map. Format: W3C PNG (Third Edition), colour type 3, no filter.
 */
import { crc32, deflateSync } from 'node:zlib';

/** Red, green, blue, alpha 0..255, at most 256. */
export type Palette = readonly (readonly [number, number, number, number])[];

export function palettePng(pixels: Uint8Array, width: number, height: number, palette: Palette): Buffer {
  if (pixels.length !== width * height || palette.length === 0 || palette.length > 256) {
    throw new RangeError(`${pixels.length} pixels for ${width} x ${height}, ${palette.length} colours`);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits a pixel, palette.
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(([red, green, blue]) => [red, green, blue]))),
    chunk('tRNS', Buffer.from(palette.map(([, , , alpha]) => alpha))),
    chunk('IDAT', deflateSync(rows, { level: 6 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
